/** What an index costs those who write. */
import type { Database, Index, Statement, Table } from "../../model/index.ts";
import type { Candidate } from "./candidates.ts";

/**
 * What one entry costs in memory, in the planner's units. Measured on PostgreSQL 15: 9 to 10 µs an entry in no order where many rows are written at once (bench/advisor/write-cost.mjs), 13 to 17 µs
 * where each statement writes one (bench/advisor/pgbench.mjs), also of updates that are not HOT any more. A unit of reads is worth 0.1 µs (a row by its key) to 5.4 µs (a scan of a table), 1.1 µs in the
 * geometric mean. Entries in the order of their keys cost less than the noise, and are reckoned as the others.
 */
const PER_ENTRY = 16;
/** Share of leaves that are not in memory when an entry is added. Ours: an index that is written to is mostly cached, a large one is not. */
const MISSES = { small: 0.02, large: 0.25 } as const;
/** From which size on an index counts as large against shared_buffers. */
const LARGE_SHARE = 0.25;

/** For all writes in the time of the statements, in the planner's units. */
export function upkeepOf({ table, spec }: Candidate, bytes: number, database: Database): number {
  const columns = carriedColumns(spec);
  const share = spec.condition === undefined ? 1 : PARTIAL_SHARE;
  return entriesAdded(writesOf(table, database), table, columns, database) * share * entryCost(bytes, database);
}

interface Writes {
  readonly inserted: number;
  readonly updated: number;
  readonly hotUpdated: number;
}

/**
 * In the time of the statements. What they say themselves of rows goes before the table's counters, which began at another time and hold what was loaded at once, a restored dump
 * perhaps. A table that is written by no statement of its own, by triggers or COPY, has its counters alone.
 */
function writesOf(table: Table, database: Database): Writes {
  const counters = database.tableCounters(table);
  const time = inTimeOfStatements(database);
  if (time === 0 || counters === null) return { inserted: 0, updated: 0, hotUpdated: 0 };
  const counted = (kind: "insert" | "update"): number | null => rowsWritten(kind, table, database);
  const inserted = Math.min(counted("insert") ?? Infinity, counters.inserted * time);
  const updated = Math.min(counted("update") ?? Infinity, counters.updated * time);
  return { inserted, updated, hotUpdated: counters.updated === 0 ? 0 : (updated * counters.hotUpdated) / counters.updated };
}

/** Null where no statement tells. */
function rowsWritten(kind: "insert" | "update", table: Table, database: Database): number | null {
  const own = database
    .statementsOn(table)
    .filter(({ shape }) => shape?.base?.name === table.name && (shape.kind === kind || (kind === "update" && shape.conflict === "update")));
  return own.length === 0 || own.some(({ rows }) => rows === null) ? null : own.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
}

/** An update of any of them is not HOT, those of the condition too. */
function carriedColumns({ keys, include = [], condition = [] }: Candidate["spec"]): string[] {
  return [...keys.map(({ column }) => column), ...include, ...condition.map(({ column }) => column)];
}

/** What one call of an update adds for the candidate, where the columns that it sets are in it; the planner reckons nothing of it. */
export function burdenOf({ table, spec }: Candidate, bytes: number, statement: Statement | undefined, database: Database): number {
  const shape = statement?.shape;
  if (shape?.kind !== "update" || shape.base?.name !== table.name) return 0;
  const carried = new Set(carriedColumns(spec));
  return shape.written.some((one) => carried.has(one)) ? entryCost(bytes, database) : 0;
}

/** Counters of tables and of statements began at different times. Statements of no time are not held against writes. */
function inTimeOfStatements({ age, workload }: Database): number {
  if (workload.days === null) return 0;
  return age.days === null || age.days <= 0 ? 1 : workload.days / age.days;
}

/** Rows that meet a partial index's condition: at most a fifth, or it would be none. */
const PARTIAL_SHARE = 0.2;

function entryCost(bytes: number, database: Database): number {
  const buffers = database.settingNumber("shared_buffers") ?? 134_217_728;
  const randomPage = database.settingNumber("random_page_cost") ?? 4;
  const missing = bytes > buffers * LARGE_SHARE ? MISSES.large : MISSES.small;
  // Read, and later written.
  return PER_ENTRY + randomPage * missing * 2;
}

/** Each row that is inserted or moved has an entry; and updates that stayed on their page until now no longer do, where they change a column of the index. */
function entriesAdded({ inserted, updated, hotUpdated }: Writes, table: Table, columns: readonly string[], database: Database): number {
  const lost = hotUpdated * shareWriting(table, columns, database);
  const others = database.indexesOf(table).filter((index) => index.live).length;
  // An update that is not HOT adds an entry to every index.
  return inserted + (updated - hotUpdated) + lost * (1 + others);
}

/** Of the table's updates by calls, those that set one of the columns and none that is indexed already. */
function shareWriting(table: Table, columns: readonly string[], database: Database): number {
  const indexed = new Set(database.indexesOf(table).flatMap((index) => columnsOf(index)));
  const fresh = columns.filter((one) => !indexed.has(one));
  const updates = database.statementsOn(table).filter(({ shape }) => shape?.kind === "update" && shape.base?.name === table.name);
  const [calls, touching] = updates.reduce(
    ([all, some], { calls: count, shape }) => [all + count, some + (shape?.written.some((one) => fresh.includes(one)) === true ? count : 0)],
    [0, 0],
  );
  return calls === 0 ? 0 : touching / calls;
}

function columnsOf({ keys, include }: Index): string[] {
  return [...keys.flatMap(({ column }) => column ?? []), ...include];
}
