/** Vacuum's list of dead rows: where it is full, all indexes of the table are read, and again for what comes after. */
import type { Database, Table } from "../../model/index.ts";
import { shortName } from "../database/names.ts";
import { triggersOf } from "../database/table-options.ts";

export interface Passes {
  readonly table: string;
  readonly rows: number;
  /** Bytes that the whole list takes. */
  readonly needed: number;
  readonly memory: number;
  /** The setting that bounds it. */
  readonly setting: "autovacuum_work_mem" | "maintenance_work_mem";
  readonly passes: number;
  readonly indexBytes: number;
}

/** From 17 on a radix tree, which holds twenty times as many rows (PostgreSQL 17's release notes). */
const WITH_TREE = 170_000;
const BYTES_A_ROW = 6;
/** Reading less twice is nothing. Ours. */
const LEAST_INDEX_BYTES = 1024 ** 3;

/** The table with most indexes to read again; null where one pass does for all. */
export function vacuumPasses(database: Database): Passes | null {
  const memory = memoryOf(database);
  if (memory === null || database.server.versionNumber >= WITH_TREE) return null;
  const found = database.tables.flatMap((table) => passesOf(database, table, memory));
  return found.toSorted((a, b) => (b.passes - 1) * b.indexBytes - (a.passes - 1) * a.indexBytes)[0] ?? null;
}

function passesOf(database: Database, table: Table, { bytes: memory, setting }: { readonly bytes: number; readonly setting: Passes["setting"] }): Passes[] {
  const rows = triggersOf(database, table)?.vacuum ?? 0;
  const needed = rows * BYTES_A_ROW;
  const indexBytes = table.indexBytes ?? 0;
  const passes = Math.ceil(needed / memory);
  return table.kind === "table" && passes > 1 && indexBytes >= LEAST_INDEX_BYTES
    ? [{ table: shortName(table), rows: Math.round(rows), needed, memory, setting, passes, indexBytes }]
    : [];
}

function memoryOf(database: Database): { readonly bytes: number; readonly setting: Passes["setting"] } | null {
  const own = database.settingNumber("autovacuum_work_mem");
  if (own !== null && own > 0) return { bytes: own, setting: "autovacuum_work_mem" };
  const shared = database.settingNumber("maintenance_work_mem");
  return shared === null ? null : { bytes: shared, setting: "maintenance_work_mem" };
}
