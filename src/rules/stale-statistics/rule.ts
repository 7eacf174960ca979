import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Rule, Table, TableCounters, Unjudged } from "../../model/index.ts";
import { rowsOf } from "../database/columns.ts";
import { counterEvidence } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { countsNoWrites, daysSince, spanWords } from "../database/rates.ts";
import { tableName } from "../database/retype-fix.ts";
import { autovacuumOff, commandFix, lastAnalyze, naptime, triggersOf } from "../database/table-options.ts";

export const rule: Rule = {
  meta: {
    id: "stale-statistics",
    chapter: "5.1",
    summary: "The planner's statistics are of a table that has changed since",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const unseen = countsNoWrites(database);
    if (unseen !== null) return { drafts: [], unjudged: [unseen], examined: "" };
    const tables = database.tables.filter(({ kind }) => kind === "table");
    const verdicts = tables.map((table) => judgeTable(database, table, thresholds["stale-statistics"] ?? LEAST_SHARE));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${tables.length} tables`,
    };
  },
};

/** Of the rows, that changed since: twice autovacuum's default scale factor, so that a table in its care is not named. Ours. */
const LEAST_SHARE = 0.2;
/** Small tables are planned well by their number of pages: ours. */
const LEAST_CHANGED = 1000;

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeTable(database: Database, table: Table, least: number): Verdict {
  const counters = database.tableCounters(table);
  const rows = rowsOf(database, table);
  if (counters === null || rows === null)
    return table.bytes === 0 ? {} : { unknown: { object: `table ${table.schema}.${table.name}`, why: "needs its counters and the number of its rows" } };
  // Without any ANALYZE there is nothing to be stale: never-analysed tells that.
  if (lastAnalyze(counters) === null || counters.modifiedSinceAnalyze < LEAST_CHANGED || counters.modifiedSinceAnalyze < least * rows) return {};
  const why = whyNotAnalysed(database, table, counters);
  return why === null ? {} : { draft: toDraft(database, table, counters, rows, why) };
}

interface Why {
  readonly words: string;
  readonly remedy: string;
  readonly isCertain: boolean;
}

/** Null where autovacuum is about to come. */
function whyNotAnalysed(database: Database, table: Table, counters: TableCounters): Why | null {
  const off = autovacuumOff(database, table);
  if (off === "table")
    return {
      words: "autovacuum is off for it",
      remedy: "It grows old again until autovacuum is on for the table, which autovacuum-settings tells",
      isCertain: true,
    };
  if (off === "server") return { words: "autovacuum is off on the server", remedy: "Turn autovacuum on", isCertain: true };
  const trigger = triggersOf(database, table)?.analyze ?? 0;
  if (counters.modifiedSinceAnalyze <= trigger)
    return {
      words: `ANALYZE is due at ${formatNumber(Math.round(trigger))} only`,
      remedy: "Lower `autovacuum_analyze_scale_factor` for the table",
      isCertain: true,
    };
  const since = daysSince(database, lastAnalyze(counters));
  if (since === null || since <= 2 * naptime(database)) return null;
  return { words: `none came for ${spanWords(since)}`, remedy: "See which locks or busy workers keep autovacuum away", isCertain: false };
}

function toDraft(database: Database, table: Table, counters: TableCounters, rows: number, why: Why): DatabaseDraft {
  const changed = counters.modifiedSinceAnalyze;
  const model = modelLabel(database, table);
  const isKept = (database.server.later?.tables[table.oid]?.modifiedSinceAnalyze ?? 0) >= changed;
  return {
    key: [shortName(table)],
    confidence: why.isCertain ? "certain" : isKept ? "likely" : "possible",
    claim: `\`${shortName(table)}\`: ${formatNumber(changed)} changes to its ${formatNumber(Math.round(rows))} rows since the last ANALYZE; ${why.words}.`,
    reason: "The planner estimates from values that are no longer there, and picks joins and indexes by them.",
    remedy: `Run ANALYZE now. ${why.remedy}.`,
    doubt: "changes of columns that no condition names do not matter to any plan",
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table, `${formatNumber(changed)} changes`)],
    evidence: [counterEvidence(database, { changed, rows: Math.round(rows) })],
    fixes: [commandFix(`Analyse \`${shortName(table)}\` now`, `ANALYZE ${tableName(table)}`)],
  };
}
