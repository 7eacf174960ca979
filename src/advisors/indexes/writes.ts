/** What an index costs those who write. */
import type { Database, Index, Statement, Table } from "../../model/index.ts";
import type { Candidate } from "./candidates.ts";

/** The planner's own constants, for what it does not reckon itself: a descent touches one leaf at random, and each entry is a tuple. */
const PER_ENTRY = { tuple: 0.005, operator: 0.0025 } as const;
/** Share of leaves that are not in memory when an entry is added. Ours: an index that is written to is mostly cached, a large one is not. */
const MISSES = { small: 0.02, large: 0.25 } as const;
/** From which size on an index counts as large against shared_buffers. */
const LARGE_SHARE = 0.25;

/** For all writes in the time of the statements, in the planner's units. */
export function upkeepOf({ table, spec }: Candidate, bytes: number, database: Database): number {
  const columns = carriedColumns(spec);
  const share = spec.condition === undefined ? 1 : PARTIAL_SHARE;
  return entriesAdded(table, columns, database) * share * entryCost(bytes, database) * inTimeOfStatements(database);
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
  return randomPage * missing * 2 + PER_ENTRY.tuple + PER_ENTRY.operator * Math.log2(Math.max(2, bytes / 32));
}

/** Each row that is inserted or moved has an entry; and updates that stayed on their page until now no longer do, where they change a column of the index. */
function entriesAdded(table: Table, columns: readonly string[], database: Database): number {
  const counters = database.tableCounters(table);
  if (counters === null) return 0;
  const { inserted, updated, hotUpdated } = counters;
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
  const [calls, touching] = updates.reduce(([all, some], { calls: count, shape }) => [all + count, some + (shape?.written.some((one) => fresh.includes(one)) === true ? count : 0)], [0, 0]);
  return calls === 0 ? 0 : touching / calls;
}

function columnsOf({ keys, include }: Index): string[] {
  return [...keys.flatMap(({ column }) => column ?? []), ...include];
}
