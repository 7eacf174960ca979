/** What is watched, and where each threshold comes from, to read. */
import { formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { AdviceTable, Database } from "../../model/index.ts";
import type { Alert } from "./alert.ts";
import { DEAD_TIMES, LEAST_ROWS } from "./alerts/maintenance.ts";
import { duration } from "./rule-files.ts";
import { triggerAt, type Watched } from "./watched.ts";

export function adviceTables(watched: Watched, alerts: readonly Alert[]): AdviceTable[] {
  return [alertTable(watched, alerts), ...tableTable(watched), ...statementTable(watched, alerts)];
}

const snapshotOf = ({ server, snapshot }: Database): string => `settings and counters of ${server.address}, ${snapshot.takenAt.slice(0, 10)}`;

/** Alerts of one name in one row: those of single statements and settings have tables of their own. */
function alertTable({ database }: Watched, alerts: readonly Alert[]): AdviceTable {
  const first = alerts.filter((one, index) => alerts.findIndex(({ name }) => name === one.name) === index);
  return {
    title: `Alerts of ${database.catalog.database.name}`,
    head: ["alert", "severity", "for", "threshold and where it comes from"],
    rows: first.map(({ name, severity, hold, because }) => {
      const count = alerts.filter((one) => one.name === name).length;
      return [name, severity, hold === 0 ? "at once" : duration(hold), count === 1 ? because : `${because}; and ${count - 1} more`];
    }),
    numeric: [],
    source: snapshotOf(database),
  };
}

function tableTable({ database, tables }: Watched): AdviceTable[] {
  if (tables.length === 0) return [];
  return [
    {
      title: "Tables with their autovacuum triggers",
      head: ["table", "rows", "dead now", "vacuum at", "alert at", "ANALYZE at"],
      rows: tables.map(({ name, rows, dead, vacuum, analyze, off }) => [
        off === null ? name : `${name} (autovacuum off)`,
        formatNumber(rows),
        dead === null ? "?" : formatNumber(dead),
        formatNumber(Math.round(triggerAt(vacuum, rows))),
        formatNumber(Math.round(Math.max(LEAST_ROWS, DEAD_TIMES * triggerAt(vacuum, rows)))),
        formatNumber(Math.round(triggerAt(analyze, rows))),
      ]),
      numeric: [1, 2, 3, 4, 5],
      source: `storage options and settings, pg_stat_user_tables of ${database.snapshot.takenAt.slice(0, 10)}`,
    },
  ];
}

function statementTable({ database, statements }: Watched, alerts: readonly Alert[]): AdviceTable[] {
  if (statements.length === 0) return [];
  const limits = new Map(alerts.flatMap(({ labels, because }) => (labels?.["queryid"] === undefined ? [] : [[labels["queryid"], because] as const])));
  return [
    {
      title: "Statements that are compared with their past",
      head: ["queryid", "sent from", "share", "mean ms", "calls an hour", "alert"],
      rows: statements.map(({ id, symbol, place, words, share, meanMs, callsPerHour }) => [
        id,
        symbol === null ? words : `${symbol}${place === null ? "" : ` (${place})`}`,
        `${formatNumber(Math.round(share * 100))} %`,
        formatMilliseconds(meanMs),
        callsPerHour === null ? "?" : formatNumber(Math.round(callsPerHour)),
        limits.get(id) ?? "none: too rare to compare",
      ]),
      numeric: [2, 3, 4],
      source: `pg_stat_statements of ${database.server.address}`,
    },
  ];
}
