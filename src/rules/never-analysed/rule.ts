import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Index, Rule, Table, Unjudged } from "../../model/index.ts";
import { catalogEvidence, counterEvidence } from "../database/evidence.ts";
import { indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { countsNoWrites } from "../database/rates.ts";
import { tableName } from "../database/retype-fix.ts";
import { autovacuumOff, commandFix, lastAnalyze } from "../database/table-options.ts";

export const rule: Rule = {
  meta: {
    id: "never-analysed",
    chapter: "5.1",
    summary: "The planner has no statistics of a table or of an index's expression",
    severity: "warning",
    confidence: "certain",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const unseen = countsNoWrites(database);
    if (unseen !== null) return { drafts: [], unjudged: [unseen], examined: "" };
    const tables = database.tables.filter(({ kind }) => kind === "table");
    const verdicts = tables.map((table) => judgeTable(database, table, thresholds["never-analysed"] ?? LEAST_ROWS));
    return {
      drafts: verdicts.flatMap(({ drafts = [] }) => drafts),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${tables.length} tables`,
    };
  },
};

/** Fewer rows are planned well by their number of pages alone: ours. */
const LEAST_ROWS = 1000;

interface Verdict {
  readonly drafts?: readonly DatabaseDraft[];
  readonly unknown?: Unjudged;
}

function judgeTable(database: Database, table: Table, least: number): Verdict {
  const counters = database.tableCounters(table);
  const object = `table ${table.schema}.${table.name}`;
  if (counters === null) return table.bytes === 0 ? {} : { unknown: { object, why: "needs its counters, which could not be read" } };
  if (counters.liveRows < least && table.reltuples < least) return {};
  if (table.columns.some(({ statistics }) => statistics !== null))
    return { drafts: bareExpressions(database, table).map((index) => ofIndex(database, table, index)) };
  // Counters are lost in a crash; statistics that the role may not read are still there.
  if (lastAnalyze(counters) !== null || table.reltuples > 0)
    return { unknown: { object, why: "needs its statistics: it was analysed, and the role may not read them (GRANT pg_read_all_data)" } };
  return { drafts: [ofTable(database, table, counters.liveRows)] };
}

/** Made after the last ANALYZE: their values are guessed until the next one. */
function bareExpressions(database: Database, table: Table): Index[] {
  return database
    .indexesOf(table)
    .filter(
      (index) =>
        index.valid &&
        index.predicate === null &&
        index.keys.some(
          (key, at) => key.expression !== null && index.expressionStatistics[at] === undefined && index.expressionStatistics[at + 1] === undefined,
        ),
    );
}

function ofTable(database: Database, table: Table, rows: number): DatabaseDraft {
  const model = modelLabel(database, table);
  const off = autovacuumOff(database, table);
  return {
    key: [shortName(table)],
    confidence: off === null ? "likely" : "certain",
    claim: `\`${shortName(table)}\` has ${formatNumber(rows)} rows and was never analysed${off === null ? "" : `: autovacuum is off ${off === "table" ? "for it" : "on the server"}`}.`,
    reason: "Without statistics the planner takes every condition to keep a fixed share of the rows, and every join to fit.",
    remedy:
      off === "table"
        ? "Run ANALYZE now, and take `autovacuum_enabled` off the table."
        : "Run ANALYZE now; after a restore or an upgrade, for the whole database.",
    doubt: "a table that was filled within the last minute is analysed by autovacuum in the next",
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table, `${formatNumber(rows)} rows`)],
    evidence: [counterEvidence(database, { rows })],
    fixes: [commandFix(`Analyse \`${shortName(table)}\``, `ANALYZE ${tableName(table)}`)],
  };
}

function ofIndex(database: Database, table: Table, index: Index): DatabaseDraft {
  const model = modelLabel(database, table);
  const expression = index.keys.find((key) => key.expression !== null)?.expression ?? "";
  return {
    key: [shortName(table), index.name],
    severity: "info",
    confidence: "likely",
    claim: `Index \`${shortName(index)}\` has no statistics of its expression \`${expression.length > 40 ? `${expression.slice(0, 39)}…` : expression}\`.`,
    reason: "CREATE INDEX takes none; until the next ANALYZE the planner guesses how many rows the expression finds.",
    remedy: "Run ANALYZE after making an index of an expression.",
    doubt: "where all values of the expression are of a type without an order, ANALYZE keeps little of them",
    ...(model === undefined ? {} : { model }),
    places: [indexSpot(index), tableSpot(table)],
    evidence: [catalogEvidence(database)],
    fixes: [commandFix(`Analyse \`${shortName(table)}\``, `ANALYZE ${tableName(table)}`)],
  };
}
