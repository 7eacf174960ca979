/** For each table with findings about its indexes, or hot: which way in its statements want, and which index gives it. */
import { addition } from "../advisors/indexes/index-maps.ts";
import type { Fix } from "../model/finding.ts";
import type { Index, QueryShape, Statement, Table } from "../model/index.ts";
import type { Plot } from "../model/plot.ts";
import { formatCount, formatNumber } from "../model/numbers.ts";
import { describeShape } from "../sql/describe-shape.ts";
import type { Work } from "./input.ts";

type IndexMap = Extract<Plot, { kind: "index-map" }>;

const MOST_MAPS = 6;
const MOST_STATEMENTS = 8;
const MOST_COLUMNS = 12;
/** A table without findings is drawn when its statements take this share of all time. Ours. */
const HOT = 0.05;

export function indexMaps(work: Work): readonly Plot[] {
  const { database } = work.evidence;
  if (database === null) return [];
  const found = new Map<string, number>();
  for (const { chapter, places } of work.report.findings) {
    if (chapter !== "1.2") continue;
    for (const name of new Set(places.flatMap(({ role, object }) => (role === "table" && object !== undefined ? [object] : []))))
      found.set(name, (found.get(name) ?? 0) + 1);
  }
  const ranked = database.tables
    .map((table) => ({
      table,
      findings: found.get(`${table.schema}.${table.name}`) ?? 0,
      share: database.statementsOn(table).reduce((sum, one) => sum + one.share, 0),
    }))
    .filter(({ findings, share }) => findings > 0 || share >= HOT)
    .toSorted((a, b) => Number(b.findings > 0) - Number(a.findings > 0) || b.share - a.share || (a.table.name < b.table.name ? -1 : 1));
  return ranked.slice(0, MOST_MAPS).flatMap(({ table }) => mapOf(table, work) ?? []);
}

function mapOf(table: Table, work: Work): Plot | null {
  const { database } = work.evidence;
  if (database === null) return null;
  const statements = database
    .statementsOn(table)
    .map((statement) => ({ statement, marks: marksOf(statement, table) }))
    .filter(({ marks }) => marks.length > 0)
    .slice(0, MOST_STATEMENTS);
  const verdicts = verdictsOn(table, work);
  const there = database.indexesOf(table).map((index) => indexRow(index, verdicts, work));
  const added = (database.study?.added ?? []).filter((one) => one.table.oid === table.oid).map(addition);
  const indexes = [...there, ...added];
  const used = new Set([
    ...statements.flatMap(({ marks }) => marks.map(({ column }) => column)),
    ...indexes.flatMap(({ positions }) => positions.map(({ column }) => column)),
  ]);
  const columns = [
    ...table.columns.map(({ name }) => name).filter((name) => used.has(name)),
    ...[...used].filter((name) => !table.columns.some((one) => one.name === name)),
  ].slice(0, MOST_COLUMNS);
  if (indexes.length === 0 || columns.length === 0) return null;
  const dropped = indexes.filter(({ verdict }) => verdict === "drop").length;
  const unjudged = indexes.filter(({ verdict }) => verdict === "unjudged").length;
  const name = table.schema === "public" ? table.name : `${table.schema}.${table.name}`;
  return {
    kind: "index-map",
    question: `${name}: has each way in an index, and each index a use?`,
    answer: `${statements.length === 0 ? "No statement with a condition was seen" : `${formatCount(statements.length, "kind")} of statements ${statements.length === 1 ? "looks" : "look"} into \`${name}\``}; of ${formatCount(there.length, "index", "indexes")} ${dropped === 0 ? "none has to go" : `${formatNumber(dropped)} can go`}${unjudged === 0 ? "" : `, ${formatNumber(unjudged)} not judged`}${added.length === 0 ? "" : `; ${formatNumber(added.length)} to add`}.`,
    source: `catalog and counters of ${database.catalog.database.name}, ${database.snapshot.takenAt.slice(0, 10)}`,
    table: name,
    columns,
    statements: statements.map(({ statement, marks }) => ({ id: statement.id, label: labelOf(statement, work), share: statement.share, marks })),
    indexes,
  };
}

/** The line that sends it; where several do or none is known, what it asks: a number of a statement tells a reader nothing. */
function labelOf(statement: Statement, { timed, sentFrom }: Work): string {
  const one = timed.find(({ id }) => id === statement.id);
  const places = new Set(one === undefined ? [] : sentFrom(one).map(({ file, line }) => `${file}:${line}`));
  const [only] = places;
  if (only !== undefined && places.size === 1) return only;
  return statement.shape === null ? oneLine(statement.sql) : describeShape(statement.shape);
}

const oneLine = (sql: string): string => sql.replaceAll(/\s+/g, " ").trim();

type Mark = IndexMap["statements"][number]["marks"][number];

const EQUAL: ReadonlySet<string> = new Set(["=", "in", "is null", "true"]);
const RANGE: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "between", "like"]);

/** Conditions and order of a statement on one table. */
function marksOf({ shape }: Statement, table: Table): readonly Mark[] {
  if (shape === null) return [];
  const at = positionsOf(shape, table);
  const marks = new Map<string, Mark>();
  for (const { left, right, operator, negated, clause } of shape.predicates) {
    if (left.kind !== "column" || !at.has(left.table) || right?.kind === "column" || negated || clause === "having") continue;
    const mark = EQUAL.has(operator) ? "=" : RANGE.has(operator) ? "<" : null;
    if (mark !== null && !marks.has(left.name)) marks.set(left.name, { column: left.name, mark });
  }
  for (const { what } of shape.orderBy)
    if (what.kind === "column" && at.has(what.table) && !marks.has(what.name)) marks.set(what.name, { column: what.name, mark: "↓" });
  for (const { on, table: joined } of shape.joins) {
    for (const { left, right } of on)
      for (const end of [left, right])
        if (at.has(end.table) && joined.position === end.table && !marks.has(end.name)) marks.set(end.name, { column: end.name, mark: "=" });
  }
  return [...marks.values()];
}

function positionsOf({ base, joins }: QueryShape, { name }: Table): ReadonlySet<number> {
  return new Set([base, ...joins.map((one) => one.table)].flatMap((one) => (one !== null && one.name === name ? [one.position] : [])));
}

const DROPS: ReadonlySet<string> = new Set([
  "unused-index",
  "redundant-index",
  "duplicate-index",
  "invalid-index",
  "constant-column-index",
  "useless-like-index",
  "null-heavy-index",
]);

/** The same change makes another index. */
const isReplaced = (fix: Fix | undefined): boolean =>
  [...(fix?.sql?.forward ?? []), ...(fix?.edits ?? []).map(({ text }) => text)].some((text) => /\bAddIndex|CREATE (?:UNIQUE )?INDEX\b/.test(text));

type Verdicts = ReadonlyMap<string, { readonly verdict: "drop" | "unjudged"; readonly why: string }>;

function verdictsOn(table: Table, { report }: Work): Verdicts {
  const verdicts = new Map<string, { readonly verdict: "drop" | "unjudged"; readonly why: string }>();
  for (const { rule, object, why } of report.coverage.unknown) {
    const name = object?.startsWith("index ") ? object.slice("index ".length) : undefined;
    if (name !== undefined && DROPS.has(rule)) verdicts.set(name, { verdict: "unjudged", why });
  }
  for (const { rule, places, claim, fixes } of report.findings) {
    const [first] = places;
    const isHere = places.some(({ role, object }) => role === "table" && object === `${table.schema}.${table.name}`);
    if (DROPS.has(rule) && isHere && first?.role === "index" && first.object !== undefined)
      verdicts.set(first.object, { verdict: "drop", why: isReplaced(fixes[0]) ? `${claim} A smaller one takes its place.` : claim });
  }
  return verdicts;
}

function indexRow(index: Index, verdicts: Verdicts, { evidence: { database } }: Work): IndexMap["indexes"][number] {
  const scans = database?.indexCounters(index)?.scans ?? null;
  const known = verdicts.get(`${index.schema}.${index.name}`);
  const keys = index.keys.map(({ column, expression }, position) => ({ column: column ?? expression ?? "?", position: position + 1 }));
  return {
    name: index.name,
    positions: [...keys, ...index.include.map((column) => ({ column, position: "include" as const }))],
    verdict: known?.verdict ?? "keep",
    bytes: index.bytes,
    scans,
    why:
      known?.why ?? (index.primary ? "primary key" : index.constraint !== null || index.unique ? "unique" : scans === null ? "" : formatCount(scans, "scan")),
  };
}
