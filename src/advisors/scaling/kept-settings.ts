/** Settings that were weighed: what was proposed, and of the others the figure that lets them stay. */
import type { AdviceTable, Database } from "../../model/index.ts";
import { formatBytes, formatCount, formatMilliseconds, formatNumber, formatPercent } from "../../model/numbers.ts";
import { machineOf } from "../../rules/scaling/machine.ts";
import { blockReadMs, currentText, noReadTime, type SettingProposal } from "../../rules/server-settings/proposals.ts";
import { vacuumPasses } from "../../rules/server-settings/vacuum-memory.ts";

type Thresholds = Readonly<Record<string, number>>;

export function settingsTable(database: Database, proposals: readonly SettingProposal[], thresholds: Thresholds): AdviceTable {
  const weighed = [
    "shared_buffers",
    "effective_cache_size",
    "work_mem",
    "maintenance_work_mem",
    "max_wal_size",
    "random_page_cost",
    "effective_io_concurrency",
    "jit",
    "default_statistics_target",
  ];
  const names = [...new Set([...proposals.map(({ name }) => name), ...weighed])];
  return {
    title: "Settings weighed against counters",
    head: ["setting", "now", "proposed", "figure"],
    rows: names.map((name) => {
      const found = proposals.find((one) => one.name === name);
      if (found !== undefined)
        return [
          name,
          found.current,
          found.value === null ? "not sized" : `${found.value}${found.needsRestart ? " (restart)" : ""}`,
          `${found.claim} ${found.arithmetic}`.replaceAll("`", ""),
        ];
      return [name, currentText(database, name), "keep", keptBy(name, database, thresholds)];
    }),
    numeric: [],
    source: `pg_settings and counters of ${database.server.address}`,
  };
}

/** What is smaller than the cache is cached either way. */
function cachedWords(database: Database, memoryBytes: number | null): string {
  const cache = database.settingNumber("effective_cache_size");
  const { bytes } = database.catalog.database;
  if (cache !== null && bytes !== null && bytes <= cache) return `the database's ${formatBytes(bytes)} fit in it`;
  return memoryBytes === null ? "the server's memory is not known: luthier snapshot --ram 16GB" : `the server has ${formatBytes(memoryBytes)}`;
}

function keptBy(name: string, database: Database, thresholds: Thresholds): string {
  const { database: now, checkpoints } = database.server.counters;
  const { memoryBytes } = machineOf(database, thresholds);
  switch (name) {
    case "shared_buffers": {
      const buffers = database.settingNumber(name);
      const bytes = database.catalog.database.bytes;
      if (buffers !== null && bytes !== null && bytes <= buffers) return `the database's ${formatBytes(bytes)} fit in it`;
      return now === null
        ? "no counters of blocks"
        : `${formatPercent(now.blocksRead / Math.max(1, now.blocksRead + now.blocksHit))} of ${formatNumber(now.blocksRead + now.blocksHit)} block reads came from outside it`;
    }
    case "effective_cache_size":
      return cachedWords(database, memoryBytes);
    case "work_mem":
      return now === null
        ? "no counters of temporary files"
        : `${formatCount(now.temporaryFiles, "temporary file")}, ${formatBytes(now.temporaryBytes)} in all`;
    case "maintenance_work_mem":
      return vacuumPasses(database) === null ? `no vacuum of ${formatCount(database.tables.length, "table")} needs a second pass over its indexes` : "";
    case "max_wal_size":
      return checkpoints === null
        ? "no counters of checkpoints"
        : `${formatNumber(checkpoints.requested)} of ${formatCount(checkpoints.requested + checkpoints.timed, "checkpoint")} were forced by WAL or by command`;
    case "random_page_cost": {
      const ms = blockReadMs(database);
      return `${ms === null ? `${noReadTime(database)}: what a block read takes is not known` : `a block read took ${formatMilliseconds(ms)} ms`}; 1.1 flips plans both ways and is tried on the statements by luthier advise indexes`;
    }
    case "effective_io_concurrency":
      return `${formatCount(database.workload.plans.length, "plan")} seen, none with a bitmap scan that waits for reads`;
    case "jit": {
      const jit = database.workload.statements.reduce((sum, { jitMs }) => sum + (jitMs ?? 0), 0);
      const isCounted = database.workload.statements.some(({ jitMs }) => jitMs !== null);
      return isCounted
        ? `compiling took ${formatMilliseconds(jit)} of ${formatMilliseconds(database.workload.totalMs)} ms`
        : "no counter of compiling (pg_stat_statements of 15 and later has it)";
    }
    default:
      return targetsWords(database);
  }
}

const SHOWN = 3;

/** A larger sample is for the column whose estimate is wrong, not for all. */
function targetsWords({ tables }: Database): string {
  const own = tables.flatMap((table) =>
    table.columns
      .filter(({ statisticsTarget }) => statisticsTarget !== null && statisticsTarget >= 0)
      .map(({ name, statisticsTarget }) => `${table.name}.${name} ${statisticsTarget ?? ""}`),
  );
  const columns = tables.reduce((sum, table) => sum + table.columns.length, 0);
  return `raised for single columns alone: ${own.length === 0 ? `none of ${formatNumber(columns)} has its own` : `${own.slice(0, SHOWN).join(", ")}${own.length > SHOWN ? ` and ${own.length - SHOWN} more` : ""}`}`;
}
