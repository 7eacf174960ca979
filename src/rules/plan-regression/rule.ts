import { formatCount, formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { DatabaseDraft, DatabaseInput, Judgement, Rule, Severity } from "../../model/index.ts";
import { shortName } from "../database/names.ts";
import { statementEvidence, statementName } from "../database/statement-places.ts";
import { LEAST_CALLS, noStatements, statementPlaces, tablesRead } from "../database/statement-rule.ts";
import { growthOf, pairsOf, type Pair } from "./compare.ts";

export const rule: Rule = {
  meta: {
    id: "plan-regression",
    chapter: "2.1",
    summary: "A statement takes longer than it did in an earlier snapshot",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgeRegressions(input),
};

/** The mean now by the mean then. Ours. */
const LEAST_RATIO = 2;
/** Milliseconds of the mean. Ours: less is noise. */
const LEAST_MS = 1;
/** Of the time of all statements since then. Ours. */
const LEAST_SHARE = 0.01;

function judgeRegressions(input: DatabaseInput): Judgement {
  const { database, thresholds } = input;
  const { earlier } = database;
  if (earlier === undefined) return unjudged("needs an earlier snapshot of this database: name it with --since-snapshot");
  const missing = noStatements(database);
  if (missing !== null) return unjudged(missing.why);
  if (earlier.statements.length === 0) return unjudged("needs pg_stat_statements in the earlier snapshot too");
  const pairs = pairsOf(database, earlier);
  const whole = pairs.reduce((sum, { now }) => sum + now.totalMs, 0);
  const slower = pairs.filter(({ now, before }) => {
    if (now.calls < LEAST_CALLS || before.calls < LEAST_CALLS || whole === 0 || now.totalMs / whole < LEAST_SHARE) return false;
    return now.meanMs - before.meanMs >= LEAST_MS && now.meanMs >= before.meanMs * (thresholds["plan-regression"] ?? LEAST_RATIO);
  });
  return { drafts: slower.map((pair) => toDraft(pair, input)), unjudged: [], examined: `${pairs.length} statements of both snapshots` };
}

const unjudged = (why: string): Judgement => ({ drafts: [], unjudged: [{ object: "", why }], examined: "" });

function toDraft(pair: Pair, { database }: DatabaseInput): DatabaseDraft {
  const { statement, now, before } = pair;
  const { severity, ...words } = wordsFor(pair, growthOf(statement, database));
  const [from = "", to = ""] = [database.earlier?.snapshot.takenAt ?? "", database.snapshot.takenAt].map((time) => time.slice(0, 10));
  return {
    key: [statement.id],
    severity,
    claim: `${statementName(statement)} took ${formatMilliseconds(before.meanMs)} ms a call and takes ${formatMilliseconds(now.meanMs)} ms since ${from}.`,
    ...words,
    places: statementPlaces(statement, tablesRead(statement, database)),
    evidence: [
      {
        ...statementEvidence(database, statement),
        note: `pg_stat_statements of two snapshots, ${from} and ${to}: ${formatCount(before.calls, "call")} before, ${formatNumber(now.calls)} since`,
        calls: now.calls,
        meanMs: round(now.meanMs),
        earlierCalls: before.calls,
        earlierMeanMs: round(before.meanMs),
      },
    ],
    impact: { milliseconds: { before: round(now.meanMs), after: round(before.meanMs), per: "call" } },
    fixes: [],
  };
}

type Words = Pick<DatabaseDraft, "reason" | "remedy" | "doubt"> & { readonly severity: Severity };

/** Pages touched tell more than time does: they are the same on a busy machine. */
function wordsFor({ statement, now, before, plans }: Pair, growth: ReturnType<typeof growthOf>): Words {
  const grew = growth === null ? "" : `\`${shortName(growth.table)}\` grew ${times(growth.factor)}`;
  const pages = before.pages === null || now.pages === null || before.pages === 0 ? null : now.pages / before.pages;
  const rows = before.rows === null || now.rows === null || before.rows === 0 ? null : now.rows / before.rows;
  if (growth !== null && growth.factor >= (now.meanMs / before.meanMs) * ENOUGH) {
    return {
      severity: "info",
      reason: `The data grew with it: ${grew}.`,
      remedy: "Make its time independent of the table's size: an index, a limit, partitions, or less history.",
      doubt: "growth explains the time only if the statement reads a part of the table that grows",
    };
  }
  if (rows !== null && rows >= (now.meanMs / before.meanMs) * ENOUGH) {
    return {
      severity: "info",
      reason: `It returns ${times(rows)} as many rows a call.`,
      remedy: "Limit what it returns, or take pages.",
      doubt: "rows may have grown for another reason than the data",
    };
  }
  if (pages !== null && pages >= (growth?.factor ?? 1) * MORE_PAGES) {
    return {
      severity: "warning",
      reason: `It touches ${times(pages)} as many pages a call, while ${grew === "" ? "its tables are as large as they were" : grew}: another plan, or tables and indexes full of dead rows.${planWords(plans)}`,
      remedy: "Run it under EXPLAIN (ANALYZE, BUFFERS), look for an index that is gone or statistics that are old, and VACUUM.",
      doubt: "other values than before read other parts of the table",
    };
  }
  return {
    severity: "warning",
    reason: `${pages === null ? "How many pages it touches is not known" : "It touches about as many pages as before"}${grew === "" ? "" : `, and ${grew}`}: it waits for locks, for the disk, or for processors.${planWords(plans)}`,
    remedy: "Look at what the server waits for while it runs (`pg_stat_activity`), and at the share of pages that come from memory.",
    doubt: statement.calls < 100 ? "a few slow calls make the mean" : "the machine may have been busier with something else",
  };
}

/** Of the time's growth, what the data's has to explain. Ours. */
const ENOUGH = 0.7;
/** Pages for each that the growth of the tables explains. Ours. */
const MORE_PAGES = 1.5;

const planWords = (plans: number): string => (plans > 1 ? ` The plans that were given show ${formatNumber(plans)} different ways of running it.` : "");

const times = (factor: number): string => `${formatNumber(Number(factor.toPrecision(2)))} times`;

const round = (ms: number): number => Number(ms.toPrecision(4));
