/** Rules' drafts to findings: places in lines and columns, edits in bytes, ids that survive unrelated edits. */
import { createHash } from "node:crypto";
import type { Edit, Finding, FindingDraft, Fix, FixDraft, Place, Rule, RuleInput, Span, Spot } from "./model/index.ts";

/** `markLength`: bytes of a file's byte order mark, which the texts are without and the edits count. */
export function toFindings(rules: readonly Rule[], input: RuleInput, markLength: (file: string) => number = () => 0): Finding[] {
  const seen = new Map<string, number>();
  const packages = packageFiles(input);
  const heads = packages.size === 0 ? new Set<string>() : classHeads(input);
  const isOwn = (draft: FindingDraft): boolean => packages.size === 0 || !isOfPackage(draft, packages, heads);
  const findings = rules.flatMap((rule) =>
    rule
      .check(input)
      .filter(isOwn)
      .map((draft) => toFinding(rule, draft, { ...input, markLength }, seen)),
  );
  return doubtGeneric(findings);
}

/** What is wrong within a package is not the project's to mend: neither seen there, nor whole behind one of the project's calls. */
function isOfPackage({ places }: FindingDraft, packages: ReadonlySet<string>, heads: ReadonlySet<string>): boolean {
  const [first] = places;
  if (first === undefined) return false;
  const isOneCall = places.length > 1 && places.every(({ span }) => span.file === first.span.file && span.start === first.span.start && span.end === first.span.end);
  return (isOneCall && !heads.has(placeKey(first.span))) || places.some((spot) => packages.has(spot.span.file));
}

/** Classes of the project, which have querysets of their own where a base class asks for them. */
function classHeads({ program }: RuleInput): ReadonlySet<string> {
  return new Set(program.classes.flatMap(({ module, def }) => (module.origin === "project" ? [placeKey({ file: module.ir.file, start: def.start, end: def.headEnd })] : [])));
}

const placeKey = (span: Span): string => `${span.file}:${span.start}:${span.end}`;

function packageFiles({ program }: RuleInput): ReadonlySet<string> {
  return new Set([...program.modules.values()].flatMap((module) => (module.origin === "installed" ? [module.ir.file] : [])));
}

/** One expression that makes the querysets of so many models belongs to no view in particular. */
const GENERIC_MODELS = 5;

function doubtGeneric(findings: readonly Finding[]): Finding[] {
  const models = new Map<string, Set<string>>();
  for (const finding of findings) {
    const key = firstPlace(finding);
    models.set(key, (models.get(key) ?? new Set()).add(finding.model ?? ""));
  }
  return findings.map((finding) => {
    const count = models.get(firstPlace(finding))?.size ?? 0;
    if (count < GENERIC_MODELS) return finding;
    return { ...finding, confidence: "possible", doubt: `this line makes the querysets of ${count} models; which of them get here is not known` };
  });
}

function firstPlace({ places: [first] }: Finding): string {
  return first === undefined ? "" : `${first.file}:${first.line}:${first.column}:${first.endLine}:${first.endColumn}`;
}

type Source = RuleInput & { readonly markLength: (file: string) => number };

function toFinding(rule: Rule, draft: FindingDraft, input: Source, seen: Map<string, number>): Finding {
  const { meta } = rule;
  return {
    id: stableId([meta.id, ...draft.key], seen),
    rule: meta.id,
    chapter: meta.chapter,
    severity: draft.severity ?? meta.severity,
    confidence: draft.confidence ?? meta.confidence,
    message: [draft.claim, draft.reason, draft.remedy].filter((one) => one !== "").join(" "),
    claim: draft.claim,
    doubt: draft.doubt,
    ...(draft.model === undefined ? {} : { model: draft.model }),
    ...(draft.relation === undefined ? {} : { relation: draft.relation }),
    places: draft.places.map((spot) => toPlace(spot, input)),
    evidence: [{ kind: "inferred", note: "source only: nothing was recorded yet" }],
    impact: draft.impact ?? {},
    fixes: draft.fixes.map((fix) => toFix(fix, input)),
  };
}

/** Equal keys are told apart by their order, the only part of an id that an edit nearby can change. */
function stableId(parts: readonly string[], seen: Map<string, number>): string {
  const key = parts.join("\0");
  const repeat = seen.get(key) ?? 0;
  seen.set(key, repeat + 1);
  return createHash("sha256").update(repeat === 0 ? key : `${key}\0${repeat}`).digest("hex").slice(0, 16);
}

function toPlace(spot: Spot, input: RuleInput): Place {
  const text = input.text(spot.span.file);
  const start = positionOf(text, spot.span.start);
  const end = positionOf(text, spot.span.end);
  return {
    role: spot.role,
    file: spot.span.file,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(spot.label === undefined ? {} : { label: spot.label }),
  };
}

function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const starts = lineStartsOf(text);
  let line = 0;
  for (let above = starts.length; above - line > 1; ) {
    const middle = (line + above) >> 1;
    if ((starts[middle] ?? 0) <= offset) line = middle;
    else above = middle;
  }
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
}

/** One run's texts are few, and each is asked for many times. */
const startsOfTexts = new Map<string, readonly number[]>();

function lineStartsOf(text: string): readonly number[] {
  const known = startsOfTexts.get(text);
  if (known !== undefined) return known;
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (end) => end.index + end[0].length)];
  startsOfTexts.set(text, starts);
  return starts;
}

function toFix(fix: FixDraft, input: Source): Fix {
  return { title: fix.title, kind: "edit", safety: fix.safety, edits: fix.edits.map((edit) => toEdit(edit.span, edit.text, input)) };
}

function toEdit(span: Span, replacement: string, input: Source): Edit {
  const text = input.text(span.file);
  const start = input.markLength(span.file) + Buffer.byteLength(text.slice(0, span.start));
  const expected = text.slice(span.start, span.end);
  return { file: span.file, start, end: start + Buffer.byteLength(expected), expected, text: replacement };
}
