import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Column, Database, DatabaseDraft, QueryShape, Rule, Statement, Table, Unjudged } from "../../model/index.ts";
import { isTable, ownTables as tablesIn, predicatesOn, shapesIn } from "../../sql/compare-shapes.ts";
import { rowsOf } from "../database/columns.ts";
import { catalogEvidence, counterEvidence, gapIn, NEEDS_STATEMENTS } from "../database/evidence.ts";
import { declarationSpots, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { hindrances } from "./hindrances.ts";

export const rule: Rule = {
  meta: {
    id: "partition-candidate",
    chapter: "1.4",
    summary: "A table is read and emptied by one column, and would gain from partitions",
    severity: "info",
    confidence: "possible",
    fix: "never",
    stage: "preview",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const tables = database.tables.filter(({ kind, partitionOf }) => kind === "table" && partitionOf === null);
    const verdicts = tables.map((table) => judgeTable(database, table, thresholds));
    const unjudged = database.workload.statements.length === 0 && tables.length > 0 ? [unseen(database)] : verdicts.flatMap(({ unknown }) => unknown ?? []);
    return { drafts: verdicts.flatMap(({ draft }) => draft ?? []), unjudged, examined: `${tables.length} tables` };
  },
};

/** Of calls and of time that name the key: ours, for pruning has to serve nearly all. */
const CALLS_COVERED = 0.9;
const TIME_COVERED = 0.95;
/** From here on size alone speaks for it (pgdoctor begins at 10 million rows, which is too eager); ours. */
const LARGE_BYTES = 100_000_000_000;
const LARGE_ROWS = 50_000_000;
/** Nobody partitions less: ours. */
const LEAST_ROWS = 10_000;
/** Of all writes that insert, and order of the heap by the key: ours. */
const APPENDED = 0.8;
const ORDERED = 0.9;
/** Deleted rows for each inserted one, from which rows are taken out as a matter of course: ours. */
const PURGED = 0.2;
const MOST_LISTED = 100;

const unseen = (database: Database): Unjudged => gapIn(database, "statements") ?? { object: "", why: NEEDS_STATEMENTS };

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

/** What speaks for it, beside the statements. */
interface Signs {
  readonly isLarge: boolean;
  readonly isAppended: boolean;
  readonly isPurged: boolean;
}

function judgeTable(database: Database, table: Table, thresholds: Readonly<Record<string, number>>): Verdict {
  const rows = rowsOf(database, table);
  const counters = database.tableCounters(table);
  if (rows === null || counters === null || rows < (thresholds["partition-candidate"] ?? LEAST_ROWS)) return {};
  const writes = counters.inserted + counters.updated + counters.deleted;
  const isLarge = rows >= LARGE_ROWS || (table.bytes ?? 0) + (table.indexBytes ?? 0) >= LARGE_BYTES;
  const isAppended = writes > 0 && counters.updated <= (1 - APPENDED) * writes;
  const statements = database.statementsOn(table).filter(({ shape }) => shape !== null && !isLoad(shape, table));
  if (statements.length === 0)
    return isLarge ? { unknown: { object: `table ${table.schema}.${table.name}`, why: "needs statements that read it: none was seen" } } : {};
  for (const column of table.columns) {
    const isPurged =
      statements.some(({ shape }) => shape !== null && purges(shape, table, column)) ||
      (isTime(column) && counters.deleted >= PURGED * Math.max(1, counters.inserted));
    const candidate = judgeColumn(
      table,
      column,
      { statements, timeCovered: thresholds["partition-candidate.time"] ?? TIME_COVERED },
      { isLarge, isAppended: isAppended && isOrdered(column), isPurged },
    );
    if (candidate !== null) return { draft: toDraft(database, table, candidate, rows) };
  }
  return {};
}

/** Rows of VALUES find their partition by themselves. */
function isLoad(shape: QueryShape, table: Table): boolean {
  return (
    shape.kind === "insert" && shape.base?.name === table.name && shape.subqueries.every((one) => !tablesIn(one.shape).some(({ name }) => name === table.name))
  );
}

const TIMES: ReadonlySet<string> = new Set(["timestamptz", "timestamp", "date"]);
const isTime = ({ typeName }: Column): boolean => TIMES.has(typeName);
const isOrdered = (column: Column): boolean => isTime(column) && Math.abs(column.statistics?.correlation ?? 0) >= ORDERED;

function purges(shape: QueryShape, table: Table, column: Column): boolean {
  return (
    shape.kind === "delete" &&
    shape.base?.name === table.name &&
    predicatesOn({ ...shape, subqueries: [] }, table.name).some(
      (one) => one.column.name === column.name && (one.predicate.operator === "<" || one.predicate.operator === "<="),
    )
  );
}

interface Candidate extends Signs {
  readonly column: Column;
  readonly strategy: "range" | "list" | "hash";
  readonly calls: number;
  readonly time: number;
  readonly named: readonly Statement[];
}

interface Asked {
  readonly statements: readonly Statement[];
  /** The least share of their time that names the key. */
  readonly timeCovered: number;
}

function judgeColumn(table: Table, column: Column, { statements, timeCovered }: Asked, signs: Signs): Candidate | null {
  const strategy = strategyOf(column);
  const speaks = [signs.isLarge, signs.isAppended, signs.isPurged].filter(Boolean).length;
  // By time two of three; by value, where nothing is taken out, size alone makes it worth the trouble.
  if (strategy === null || (strategy === "range" ? speaks < 2 : !signs.isLarge)) return null;
  const named = statements.filter(({ shape }) => shape !== null && names(shape, table, column, strategy));
  const [calls, time] = [share(named, statements, (one) => one.calls), share(named, statements, (one) => one.totalMs)];
  return calls >= CALLS_COVERED && time >= timeCovered ? { ...signs, column, strategy, calls, time, named } : null;
}

/** Time by range; few values by list; many by hash, where they are asked for one by one. */
function strategyOf(column: Column): Candidate["strategy"] | null {
  if (isTime(column)) return "range";
  const distinct = column.statistics?.distinct ?? 0;
  if (distinct > 1 && distinct <= MOST_LISTED) return "list";
  return distinct < 0 || distinct > MOST_LISTED ? "hash" : null;
}

const RANGED: ReadonlySet<string> = new Set(["=", "in", "<", "<=", ">", ">=", "between"]);
const EQUAL: ReadonlySet<string> = new Set(["=", "in"]);

/** In each scope that has the table. */
function names(shape: QueryShape, table: Table, column: Column, strategy: Candidate["strategy"]): boolean {
  const operators = strategy === "range" ? RANGED : EQUAL;
  const scopes = shapesIn(shape).filter((one) => tablesIn(one).some((found) => isTable(found, table.name)));
  return scopes.every((one) =>
    predicatesOn({ ...one, subqueries: [] }, table.name).some(
      (found) => found.column.name === column.name && found.predicate.any === null && operators.has(found.predicate.operator),
    ),
  );
}

function share(part: readonly Statement[], all: readonly Statement[], figure: (one: Statement) => number): number {
  const sum = (some: readonly Statement[]): number => some.reduce((total, one) => total + figure(one), 0);
  return sum(all) === 0 ? 0 : sum(part) / sum(all);
}

function toDraft(database: Database, table: Table, candidate: Candidate, rows: number): DatabaseDraft {
  const { column, strategy, calls, time, isLarge, named } = candidate;
  const model = modelLabel(database, table);
  const bytes = (table.bytes ?? 0) + (table.indexBytes ?? 0);
  return {
    key: [shortName(table), column.name],
    severity: isLarge ? "warning" : "info",
    confidence: "likely",
    claim: `\`${shortName(table)}\`, ${formatNumber(Math.round(rows))} rows, ${formatBytes(bytes)}: ${percent(calls)} % of its calls and ${percent(time)} % of their time name \`${column.name}\`${signWords(candidate)}.`,
    reason: reasonOf(candidate),
    remedy: `Partition by ${strategy} of \`${column.name}\`${strategy === "range" ? `, ${intervalOf(column, rows, bytes)}` : strategy === "hash" ? ", 8 to 64 partitions" : ""}: a partitioned twin beside it, the old table attached as its first partition, names swapped in one transaction. ${hindrances(database, table, column)}`,
    doubt: isLarge
      ? "pruning is read from the conditions of the statements; no plan was made"
      : "at this size the table works as it is: the gain is that old rows go by DROP instead of DELETE",
    ...(model === undefined ? {} : { model }),
    places: [
      tableSpot(table, formatBytes(bytes)),
      ...named.slice(0, 3).map((one) => ({ role: "statement" as const, object: one.id })),
      ...declarationSpots(database.declarationOfColumn(table, column.name), "the key"),
    ],
    evidence: [
      counterEvidence(database, {
        calls: named.reduce((sum, one) => sum + one.calls, 0),
        shareOfCalls: Number(calls.toFixed(3)),
        shareOfTime: Number(time.toFixed(3)),
      }),
      catalogEvidence(database, { rows: Math.round(rows), bytes }),
    ],
    fixes: [],
  };
}

const percent = (part: number): number => Math.floor(part * 100);

function signWords({ isAppended, isPurged }: Candidate): string {
  return isPurged ? ", and old rows are deleted by it" : isAppended ? ", and rows are only added" : "";
}

function reasonOf({ isPurged, strategy }: Candidate): string {
  if (isPurged)
    return "A DELETE of old rows leaves them dead in the table and in each index for VACUUM to find; dropping a partition takes an instant and leaves nothing.";
  return strategy === "range"
    ? "Statements would read the partitions of their time alone, and each partition's indexes fit the cache."
    : "Statements would read one partition, with indexes of its size.";
}

const DAY = 86_400_000;
/** A partition is vacuumed and indexed whole: ours. */
const MOST_BYTES = 15_000_000_000;

/** By month, unless that is too large or the table holds many years of little. */
function intervalOf(column: Column, rows: number, bytes: number): string {
  const bounds = column.statistics?.histogram ?? [];
  const [first, last] = [Date.parse(bounds[0] ?? ""), Date.parse(bounds.at(-1) ?? "")];
  const months = (last - first) / (DAY * 30);
  if (!Number.isFinite(months) || months <= 0 || rows === 0) return "one a month";
  if (bytes / months > MOST_BYTES) return bytes / months / 30 > MOST_BYTES ? "less than a day each" : "one a day";
  return months > 120 ? "one a year" : "one a month";
}
