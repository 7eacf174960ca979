/** Findings of what was recorded and what the source said nothing about. */
import { createHash } from "node:crypto";
import type { Finding, Fix, Place, Severity } from "../model/finding.ts";
import { distinctBy, groupBy } from "../model/group-by.ts";
import type { Frame, LoopCluster, Occurrence, Recording, RowCluster } from "../model/recording.ts";
import type { QueryShape, ShapePredicate } from "../model/shape.ts";
import type { PlaceRole } from "../model/span.ts";
import { blamedFrame, hasTestCode, isBlamable } from "../recording/user-code.ts";
import { predicatesOn } from "../sql/compare-shapes.ts";
import { addOccurrences, alternativeOccurrences, withEvidence } from "./recorded-evidence.ts";
import { firstTable } from "./relation-tables.ts";

/** A statement is sent again and again from this often on: twice is also two lines of a helper's callers. */
export const LEAST_ROUNDS = 3;

interface Draft {
  readonly rule: string;
  readonly chapter: string;
  readonly severity: Severity;
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  readonly model?: string;
  readonly relation?: string;
  readonly places: readonly Place[];
  readonly key: readonly string[];
  readonly isAdvised: boolean;
}

export type ReadLine = (file: string, line: number) => string;

/** Where a cluster's rows were fetched and read, when both are code that a finding may blame. */
export function blameOfRows(cluster: RowCluster): { readonly fetch: Frame; readonly access: Frame } | null {
  const fetch = blamedFrame(cluster.fetch);
  const access = blamedFrame(cluster.access);
  return fetch !== null && access !== null ? { fetch, access } : null;
}

interface Blamed {
  readonly cluster: RowCluster;
  readonly fetch: Frame;
  readonly access: Frame;
}

export interface RowWords {
  readonly readLine: ReadLine;
  readonly shapeOf?: ((sql: string) => QueryShape | null) | undefined;
}

/** What one queryset would have to load is one finding, whoever reads it. */
export function findingsOfMissedRows(clusters: readonly RowCluster[], recording: Recording, words: RowWords): Finding[] {
  const blamed = clusters.flatMap((cluster): Blamed[] => {
    const blame = blameOfRows(cluster);
    return blame === null ? [] : [{ cluster, ...blame }];
  });
  const groups = groupBy(blamed, ({ cluster, fetch }) => [...keyOfRows(cluster, fetch), cluster.owner, fetch.line].join("\n"));
  return [...groups.values()].map((all) => {
    const readers = readersOf(all);
    const occurrences = alternativeOccurrences(readers.map(({ occurrences: own }) => own));
    const ordered = readers.flatMap((one) => one.all);
    const [first] = ordered;
    const draft = rowDraft(ordered, words);
    return withEvidence(toFinding(draft, occurrences), { occurrences, cause: first?.cluster.cause ?? null, growth: null }, recording);
  });
}

interface Reader {
  readonly all: readonly Blamed[];
  readonly occurrences: readonly Occurrence[];
}

/** By the function or template that reads, the dearest first: the lines of one are read in the same scopes, those of several need not be. */
function readersOf(all: readonly Blamed[]): Reader[] {
  const time = ({ occurrences }: Pick<Reader, "occurrences">): number => occurrences.reduce((sum, { microseconds }) => sum + microseconds, 0);
  return [...groupBy(all, ({ access }) => `${access.file}\n${access.name}`).values()]
    .map((own) => {
      const byLine = [...groupBy(own, ({ access }) => access.line).values()].map((same) =>
        alternativeOccurrences(same.map(({ cluster }) => cluster.occurrences)),
      );
      return { all: own, occurrences: addOccurrences(byLine) };
    })
    .toSorted((a, b) => time(b) - time(a));
}

const keyOfRows = (cluster: RowCluster, fetch: Frame): readonly string[] => [ruleOfRows(cluster).rule, fetch.file, fetch.name, cluster.model, cluster.path];

function rowDraft(all: readonly Blamed[], { readLine, shapeOf }: RowWords): Draft {
  const [{ cluster, fetch }] = all as readonly [Blamed, ...Blamed[]];
  const { model, path, field } = cluster;
  const rule = ruleOfRows(cluster);
  const what = isOfJoined(cluster) ? `${nameOfModel(cluster.owner)}.${path}` : path.replaceAll("__", ".");
  const readers = [...new Set(all.map(({ access }) => `\`${nameOf(access)}\``))];
  const verb = rule.rule === "aggregate-in-loop" ? "asks the database about" : "loads";
  return {
    ...rule,
    severity: "warning",
    claim: `${subjectOf(readers, verb)} \`${what}\` separately for each \`${nameOfModel(model)}\` that \`${nameOf(fetch)}\` fetches.`,
    reason: "The recorder saw it for several rows of one queryset.",
    remedy: remedyOf(cluster, shapeOf),
    model,
    relation: path,
    places: eachOnce([
      place(fetch, fetch.kind === "python" ? "queryset" : "loop", "the rows are fetched here", readLine),
      ...all.flatMap((one) => [...callsBetween(one.cluster, fetch, one.access, readLine), place(one.access, "access", "one query a row", readLine, field)]),
    ]),
    key: keyOfRows(cluster, fetch),
    isAdvised: cluster.cause !== "refresh",
  };
}

const eachOnce = (places: readonly Place[]): readonly Place[] => distinctBy(places, (one) => JSON.stringify(one));

/** `a` loads, `a` and `b` load, `a` and 2 more places load. */
function subjectOf([first = "", ...others]: readonly string[], verb: string): string {
  if (others.length === 0) return `${first} ${verb}`;
  return `${first} and ${others.length === 1 ? others[0] : `${others.length} more places`} ${verb.replace(/^(\w+)s\b/, "$1")}`;
}

function ruleOfRows({ cause, sql }: RowCluster): { readonly rule: string; readonly chapter: string } {
  if (cause === "deferred" || cause === "refresh") return { rule: "deferred-field-load", chapter: "2.5" };
  if (cause === "generic") return { rule: "generic-foreign-key-lazy", chapter: "2.5" };
  return isAggregate(sql) ? { rule: "aggregate-in-loop", chapter: "2.4" } : { rule: "n-plus-one", chapter: "2.4" };
}

/** `.count()` and `.exists()` as Django writes them. */
function isAggregate(sql: string): boolean {
  return /^SELECT (?:COUNT\(|\(?1\)? AS "a"|SUM\(|MAX\(|MIN\(|AVG\()/.test(sql);
}

const nameOfModel = (label: string): string => label.split(".").at(-1) ?? label;

/** The row that asked came with the queryset's own, by a join: which relation led to it, no line says. */
const isOfJoined = ({ model, owner, path }: RowCluster): boolean => owner !== model && !path.includes("__");

function remedyOf(cluster: RowCluster, shapeOf: RowWords["shapeOf"]): string {
  const { cause, path, sql } = cluster;
  const narrowed = cause === "manager" && !isAggregate(sql) ? narrowedBy(sql, shapeOf) : "";
  const how = narrowed === "" ? "" : `: as \`Prefetch(…, to_attr=…)\` if it is this code that narrows them by ${narrowed}`;
  if (cause === "deferred" || cause === "refresh") return `Load \`${path.split("__").at(-1) ?? path}\` with the rows.`;
  if (isAggregate(sql)) return "Annotate the queryset with it.";
  if (isOfJoined(cluster)) return `Load \`${path}\` of each \`${nameOfModel(cluster.owner)}\` with the queryset${how}.`;
  // Of a longer path it is not known whether each step leads to one row, as select_related() wants; prefetch_related() takes any.
  if (cause === "generic" || cause === "manager" || cause === "prefetch" || path.includes("__"))
    return `Add \`prefetch_related("${path}")\` to the queryset${how}.`;
  return `Add \`select_related("${path}")\` to the queryset.`;
}

/** More columns would fill the line. */
const MOST_COLUMNS = 2;

/** Columns of the loaded rows that the statement asks for, besides their key to the row: `filter()` on a relation is not answered by what was prefetched. */
function narrowedBy(sql: string, shapeOf: RowWords["shapeOf"]): string {
  const shape = shapeOf?.(sql) ?? null;
  if (shape?.base == null) return "";
  const { name } = shape.base;
  const isKey = ({ operator, any, right }: ShapePredicate): boolean => operator === "=" && any === null && right?.kind === "value";
  const columns = new Set(predicatesOn(shape, name).flatMap(({ predicate, column }) => (isKey(predicate) ? [] : [`\`${column.name}\``])));
  return [...columns].slice(0, MOST_COLUMNS).join(" and ");
}

/** Project frames of the access above it, up to the function that fetched. */
function callsBetween({ access: stack }: RowCluster, fetch: Frame, access: Frame, readLine: ReadLine): Place[] {
  const own = stack.filter((frame) => isBlamable(frame) && frame !== access);
  const end = own.findIndex((frame) => frame.file === fetch.file && frame.name === fetch.name);
  const between = end < 0 ? [] : own.slice(0, end);
  return between
    .slice(0, MOST_CALLS)
    .toReversed()
    .map((frame) => place(frame, "call", undefined, readLine));
}

const MOST_CALLS = 4;

/** Explicit statements of one place, in a loop that no test holds. */
export function isMissedLoop({ cause, stack, sql, occurrences }: LoopCluster): boolean {
  if (cause !== null || blamedFrame(stack) === null || hasTestCode(stack) || loopRule(sql) === null) return false;
  return occurrences.some(({ kind, statements }) => kind !== "test" && statements.max >= LEAST_ROUNDS);
}

export function findingsOfMissedLoops(clusters: readonly LoopCluster[], recording: Recording, readLine: ReadLine): Finding[] {
  const groups = new Map<string, { readonly draft: Draft; readonly all: LoopCluster[] }>();
  for (const cluster of clusters) {
    const frame = blamedFrame(cluster.stack);
    const rule = loopRule(cluster.sql);
    if (frame === null || rule === null) continue;
    const draft = loopDraft(cluster, frame, rule, readLine);
    const key = [...draft.key, frame.line].join("\n");
    const known = groups.get(key);
    if (known) known.all.push(cluster);
    else groups.set(key, { draft, all: [cluster] });
  }
  return [...groups.values()].map(({ draft, all }) => {
    const occurrences = alternativeOccurrences(all.map((one) => one.occurrences)).filter(({ kind }) => kind !== "test");
    return withEvidence(toFinding(draft, occurrences), { occurrences, cause: null, growth: null }, recording);
  });
}

/** Transaction control and settings of the connection are no queries of a loop's. */
function loopRule(sql: string): { readonly rule: string; readonly verb: string } | null {
  const [verb = ""] = sql.split(" ", 1);
  if (verb === "SELECT" || verb === "WITH" || verb === "(SELECT") return { rule: "query-in-loop", verb: "queries" };
  if (verb === "INSERT" || verb === "UPDATE") return { rule: "save-in-loop", verb: "writes" };
  return verb === "DELETE" ? { rule: "delete-in-loop", verb: "deletes" } : null;
}

function loopDraft({ stack, sql }: LoopCluster, frame: Frame, { rule, verb }: { readonly rule: string; readonly verb: string }, readLine: ReadLine): Draft {
  const table = firstTable(sql);
  const callers = stack
    .filter((one) => isBlamable(one) && one !== frame)
    .slice(0, MOST_CALLS)
    .toReversed();
  return {
    rule,
    chapter: "2.2",
    severity: "warning",
    claim: `\`${nameOf(frame)}\` ${verb}${table === null ? "" : ` \`${table}\``} from one line, again and again with the same callers.`,
    reason: "The recorder saw the same statement from the same stack several times.",
    remedy: rule === "query-in-loop" ? "Fetch what all rounds need before the loop." : "Do it for all rows at once.",
    places: [
      ...callers.map((one) => place(one, "call", undefined, readLine)),
      place(frame, rule === "query-in-loop" ? "access" : "write", "one statement a round", readLine),
    ],
    key: [rule, table ?? "", frame.file, frame.name, ...callers.map(({ file, name }) => `${file} ${name}`)],
    isAdvised: true,
  };
}

// ---------------------------------------------------------------------------------------------- findings

const seenIds = (draft: Draft): string =>
  createHash("sha256")
    .update(["recorded", ...draft.key].join("\0"))
    .digest("hex")
    .slice(0, 16);

function toFinding(draft: Draft, occurrences: readonly Occurrence[]): Finding {
  const { rule, chapter, severity, claim, reason, remedy, model, relation, places, isAdvised } = draft;
  const advice: Fix = { title: remedy.replace(/\.$/, ""), kind: "edit", safety: "advice", edits: [] };
  return {
    id: seenIds(draft),
    rule,
    chapter,
    severity,
    confidence: "certain",
    message: [claim, reason, remedy].join(" "),
    claim,
    doubt: doubtOf(occurrences),
    ...(model === undefined ? {} : { model }),
    ...(relation === undefined ? {} : { relation }),
    places,
    evidence: [],
    impact: {},
    fixes: isAdvised ? [advice] : [],
  };
}

function doubtOf(occurrences: readonly Occurrence[]): string {
  const isTested = occurrences.every(({ kind, inTests, scopes }) => kind === "test" || inTests === scopes);
  return isTested ? "only tests were recorded: what real pages hold is not known" : "a page with one row saves one query";
}

/** `_row.html` for a template, the function's name for Python. */
function nameOf({ kind, file, name }: Frame): string {
  return kind === "python" ? name.split(".").slice(-2).join(".") : (file.split("/").at(-1) ?? file);
}

/** The field's name on the line where it stands there, else the whole line. */
function place({ file, line }: Frame, role: PlaceRole, label: string | undefined, readLine: ReadLine, field = ""): Place {
  const text = readLine(file, line);
  const start = text.length - text.trimStart().length;
  const at = field === "" ? null : new RegExp(String.raw`\b${escaped(field)}\b`).exec(text);
  const column = at === null ? start + 1 : at.index + 1;
  const endColumn = at === null ? text.trimEnd().length + 1 : column + field.length;
  return { role, file, line, column, endLine: line, endColumn: Math.max(column, endColumn), ...(label === undefined ? {} : { label }) };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
