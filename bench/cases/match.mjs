// Decides whether a finding of the JSON report is the one a case asks for. Pure functions; no file is read here.
import { createHash } from "node:crypto";

const CONFIDENCE = { possible: 0, likely: 1, certain: 2 };
const GRADE = { lenient: 1, strict: 2 };

const FIX_SLACK = 5;
const IMPLICIT_QUERYSET_REACH = 40;
const MUTATION_ACCESS_SLACK = 4;
const MUTATION_QUERYSET_SLACK = 5;
const NEGATIVE_SLACK = 2;
const OPEN_SLACK = 5;

/** Relations that are no relation path: the case is a query, or a column, read once per row. */
const NOT_A_RELATION = new Set(["query", "count", "exists", "prefetch_bypass", "deferred_field"]);

export const isAtLeast = (confidence, floor) => (CONFIDENCE[confidence] ?? -1) >= CONFIDENCE[floor];

/** Whether one of the `--select` entries (rule ids, chapters, short finding ids) asks for this finding. */
export const isSelected = (finding, selection) =>
  selection.some((entry) => entry === finding.rule || entry === finding.id || entry === finding.chapter || finding.chapter?.startsWith(`${entry}.`));

/** `group,user__project` to its alternatives; none for `-`, which stands for any relation. */
export const pathAlternatives = (path) => (!path || path === "-" ? [] : path.split(/[,/]/).map((part) => part.trim()));

/** "strict": equal, or one is a `__` prefix of the other. "lenient": they end in the same segment. */
export function gradeRelation(path, relation) {
  const alternatives = pathAlternatives(path);
  if (alternatives.length === 0) return "strict";
  if (!relation) return undefined;
  return best(alternatives.map((alternative) => gradePair(alternative, relation)));
}

function gradePair(wanted, found) {
  if (wanted === found || found.startsWith(`${wanted}__`) || wanted.startsWith(`${found}__`)) return "strict";
  return lastSegment(wanted) === lastSegment(found) ? "lenient" : undefined;
}

const lastSegment = (path) => path.split("__").at(-1);

export const best = (grades) => grades.reduce((a, b) => ((GRADE[b] ?? 0) > (GRADE[a] ?? 0) ? b : a), undefined);

/** Whether the place lies in the lines; a queryset or an access may span several, other roles count by their first. */
export function isWithin(place, file, from, to) {
  if (place.file !== file) return false;
  const spans = place.role === "queryset" || place.role === "access";
  const end = spans ? Math.max(place.line, place.endLine ?? place.line) : place.line;
  return place.line <= to && end >= from;
}

const isAround = (place, file, line, slack) => isWithin(place, file, line - slack, line + slack);

const hasPlace = (finding, test) => (finding.places ?? []).some(test);

/**
 * A row of fixes.jsonl. `implicit`: the row's queryset line is a class line, so the real one may lie below it.
 * Returns the grade and which ends of the case the finding names.
 */
export function matchFix(row, finding, { implicit = false } = {}) {
  const access = hasPlace(finding, (place) => isAround(place, row.access_file, row.access_line, FIX_SLACK));
  const reach = implicit ? IMPLICIT_QUERYSET_REACH : FIX_SLACK;
  const queryset = hasPlace(
    finding,
    (place) => place.role === "queryset" && isWithin(place, row.queryset_file, row.queryset_line - FIX_SLACK, row.queryset_line + reach),
  );
  if (!access && !queryset) return undefined;
  const grade = access && NOT_A_RELATION.has(row.relation) ? "strict" : gradeRelation(row.path, finding.relation);
  const isFromFurther = grade === "lenient" && access && namesLine(finding, row.queryset_file, row.queryset_line) && endsAlike(row.path, finding.relation);
  return grade && { grade: isFromFurther ? "strict" : grade, access, queryset };
}

const namesLine = (finding, file, line) => hasPlace(finding, (place) => isAround(place, file, line, FIX_SLACK));

/** `user` of `order.lines` is `lines__user` of the orders: the same read, told from a queryset further up. */
const endsAlike = (path, relation) => pathAlternatives(path).some((one) => relation?.endsWith(`__${one}`));

/** A row of mutations.jsonl. `classLine`: the line of the class around the mutated call, for implicit querysets. */
export function matchMutation(row, finding, { classLine } = {}) {
  const access = hasPlace(finding, (place) => isAround(place, row.access_file, row.access_line, MUTATION_ACCESS_SLACK));
  const first = row.start_line - MUTATION_QUERYSET_SLACK;
  const last = (row.end_line ?? row.start_line) + MUTATION_QUERYSET_SLACK;
  const queryset = hasPlace(
    finding,
    (place) => isWithin(place, row.file, first, last) || (place.role === "queryset" && place.file === row.file && place.line === classLine),
  );
  if (!access && !queryset) return undefined;
  const grade = gradeRelation(row.path, finding.relation);
  return grade && { grade, access, queryset };
}

/**
 * Whether a finding says, before anything was taken away, that the mutated path is not loaded. One that goes beyond the
 * path says so of the next step alone; one whose querysets all stand outside of `block`, the class or function at the left
 * margin that holds the mutated call, says so of other rows that come to the same line.
 */
export function matchUnmutated(row, finding, { block, ...where }) {
  const found = matchMutation(row, finding, where);
  const isBeyond = pathAlternatives(row.path).some((path) => finding.relation?.startsWith(`${path}__`));
  const querysets = (finding.places ?? []).filter(({ role }) => role === "queryset" || role === "definition");
  const isOfOthers = block !== undefined && querysets.length > 0 && !querysets.some((place) => isWithin(place, row.file, block.from, block.to));
  return isBeyond || isOfOthers ? undefined : found;
}

/**
 * A row of negatives.jsonl: true when the finding speaks about the loop that is none. A loop in Python is on the row's line: a
 * finding that names other loops alone speaks about those. A row whose note says which queryset covers the read is about that
 * queryset; the rows of others may be read at the same place, uncovered.
 */
export function matchNegative(row, finding) {
  const isNear = (place) => Math.abs(place.line - row.line) <= NEGATIVE_SLACK && place.file === row.file;
  const loops = (finding.places ?? []).filter(({ role }) => role === "loop");
  if (row.site === "py_loop" && loops.length > 0) return loops.some(isNear);
  const isThere = hasPlace(finding, (place) => ["access", "loop", "queryset"].includes(place.role) && isNear(place));
  const [, file, line] = /covered by .* at (\S+):(\d+)/.exec(row.note ?? "") ?? [];
  if (!isThere || file === undefined) return isThere;
  return hasPlace(finding, (place) => place.role === "queryset" && isAround(place, file, Number(line), OPEN_SLACK));
}

/** A row of open_positives.jsonl; strict when the relation's last segment is named in the row's access path. */
export function matchOpen(row, finding) {
  const lines = [row.line, ...linesNamed(row.access_path), ...linesNamed(row.note)];
  if (!hasPlace(finding, (place) => lines.some((line) => isAround(place, row.file, line, OPEN_SLACK)))) return undefined;
  const words = new Set(row.access_path?.match(/\w+/g));
  const isNamed = !finding.relation || finding.relation.split("__").some((segment) => words.has(segment));
  return { grade: isNamed ? "strict" : "lenient", access: true, queryset: false };
}

const linesNamed = (text = "") => [...text.matchAll(/\blines? (\d+)/g)].map((match) => Number(match[1]));

/** A tree's queryset line that declares a class (or decorates one) stands for the querysets the class implies. */
export const isImplicit = (lineText = "") => /^\s*(class\s|@)/.test(lineText);

/** The line, counted from 1, of the class statement that encloses `line`; undefined at module level. */
export function enclosingClassLine(source, line) {
  const lines = source.split("\n");
  let indent = indentOf(lines[line - 1] ?? "");
  for (let at = line - 2; at >= 0 && indent > 0; at -= 1) {
    if (lines[at].trim() === "" || indentOf(lines[at]) >= indent) continue;
    indent = indentOf(lines[at]);
    if (/^\s*class\s/.test(lines[at])) return at + 1;
  }
  return undefined;
}

/** The lines, counted from 1, of the statement at the left margin that holds `line`. */
export function enclosingBlock(source, line) {
  const lines = source.split("\n");
  const isStart = (text) => /^[^\s#)\]}]/.test(text);
  let from = line;
  while (from > 1 && !isStart(lines[from - 1] ?? "")) from -= 1;
  let to = line;
  while (to < lines.length && !isStart(lines[to])) to += 1;
  return { from, to };
}

const indentOf = (line) => line.length - line.trimStart().length;

/** Applies a mutation's byte edits to the file's original bytes, after checking that they are the ones it was made for. */
export function applyMutation(row, original) {
  const span = original.subarray(row.byte_start, row.byte_end);
  if (createHash("sha1").update(span).digest("hex") !== row.span_sha1) {
    throw new Error(`${row.file} is not the file mutation ${row.id} was made for`);
  }
  return [...row.edits]
    .toSorted((a, b) => b[0] - a[0])
    .reduce((bytes, [start, end, text]) => Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)]), original);
}
