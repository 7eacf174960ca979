/** Whether all vacuums together can be done within autovacuum's cost limit, which its workers share. */
import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Table } from "../../model/index.ts";
import { rowsOf } from "../database/columns.ts";
import { counterEvidence } from "../database/evidence.ts";
import { rateOf } from "../database/rates.ts";
import { autovacuumOff, triggersOf } from "../database/table-options.ts";

/** Of the budget, from which vacuums begin to wait for each other: ours. */
const MOST_USED = 0.7;
const DAY_MS = 86_400_000;

export function vacuumBudget(database: Database): DatabaseDraft[] {
  const perDay = unitsPerDay(database);
  if (perDay === null) return [];
  const needed = database.tables.reduce((sum, table) => sum + (table.kind === "table" ? neededUnits(database, table) : 0), 0);
  const limit = costLimit(database);
  if (needed < MOST_USED * perDay) return [];
  const proposed = Math.min(10_000, Math.ceil((limit * needed) / (perDay * MOST_USED) / 100) * 100);
  const share = Math.round((100 * needed) / perDay);
  return [
    {
      key: ["setting", "autovacuum_vacuum_cost_limit"],
      severity: "warning",
      claim: `The vacuums that all tables' writes call for need ${share} % of what \`autovacuum_vacuum_cost_limit\` = ${limit} allows in a day.`,
      reason: "All workers share the limit: more workers only make each one slower, and tables wait for their turn with their dead rows.",
      remedy: `Raise \`autovacuum_vacuum_cost_limit\` to ${formatNumber(proposed)} before adding workers.`,
      doubt: "pages already in the cache cost less than assumed; a disk at its limit would have to take the load",
      places: [{ role: "setting", object: "autovacuum_vacuum_cost_limit" }],
      evidence: [counterEvidence(database, { neededPerDay: Math.round(needed), allowedPerDay: Math.round(perDay) })],
      fixes: [
        {
          title: `Set autovacuum_vacuum_cost_limit to ${proposed}`,
          kind: "config",
          safety: "review",
          edits: [],
          sql: {
            forward: [`ALTER SYSTEM SET autovacuum_vacuum_cost_limit = ${proposed}`, "SELECT pg_reload_conf()"],
            reverse: ["ALTER SYSTEM RESET autovacuum_vacuum_cost_limit", "SELECT pg_reload_conf()"],
            isTransactional: false,
          },
        },
      ],
    },
  ];
}

/** -1 stands for the setting of a manual vacuum. */
function costLimit(database: Database): number {
  const own = database.settingNumber("autovacuum_vacuum_cost_limit") ?? -1;
  return own > 0 ? own : (database.settingNumber("vacuum_cost_limit") ?? 200);
}

/** Cost units that may be spent in a day; null where nothing is held back. */
function unitsPerDay(database: Database): number | null {
  const own = database.settingNumber("autovacuum_vacuum_cost_delay") ?? 2;
  const delay = own >= 0 ? own : (database.settingNumber("vacuum_cost_delay") ?? 0);
  return delay <= 0 ? null : (costLimit(database) / delay) * DAY_MS;
}

/** Each vacuum reads the pages that are not all-visible and all indexes, and dirties a page for each dead row, at most all. */
function neededUnits(database: Database, table: Table): number {
  const rate = rateOf(database, table, ({ updated, deleted }) => updated + deleted);
  const triggers = triggersOf(database, table);
  const rows = rowsOf(database, table);
  if (rate === null || triggers === null || rows === null || triggers.vacuum <= 0 || autovacuumOff(database, table) !== null) return 0;
  const unseen = Math.max(0, table.relpages - table.relallvisible);
  const dirtied = Math.min(table.relpages, triggers.vacuum);
  const indexes = (table.indexBytes ?? 0) / database.server.blockSize;
  const [miss, dirty] = [database.settingNumber("vacuum_cost_page_miss") ?? 2, database.settingNumber("vacuum_cost_page_dirty") ?? 20];
  return (rate.perDay / triggers.vacuum) * ((Math.max(unseen, dirtied) + indexes) * miss + dirtied * dirty);
}
