import { formatCount, formatMilliseconds, formatPercent } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Judgement, Rule, Statement } from "../../model/index.ts";
import { modelLabel } from "../database/names.ts";
import { statementKind, type StatementKind } from "../database/statement-kind.ts";
import { statementEvidence, statementName } from "../database/statement-places.ts";
import { LEAST_CALLS, noStatements, statementPlaces, tablesRead } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "top-statements",
    chapter: "2.1",
    summary: "The statements that take most of the database's time, and the lines that send them",
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgeTop(input),
};

/** Of all statements' time. Ours: what takes less is not worth a look before the rest. */
const LEAST_SHARE = 0.05;
/** In all its calls, in milliseconds. Ours: a second in a day's or a month's counters is the least that is worth a look; of less than a minute, a second a minute. */
const LEAST_MS = 1000;
const MINUTE_IN_DAYS = 1 / 1440;
/** Ours: a list that a person reads. */
const MOST = 10;

/** What is no query, such as a migration or a dump, counts when it comes again and again. */
function judgeTop({ database, thresholds }: DatabaseInput): Judgement {
  const { statements, days } = database.workload;
  const least = (thresholds["top-statements.ms"] ?? LEAST_MS) * Math.min(1, (days ?? 1) / MINUTE_IN_DAYS);
  const missing = noStatements(database);
  if (missing !== null) return { drafts: [], unjudged: [missing], examined: "" };
  const top = statements
    .filter(({ shape, calls }) => shape !== null || calls >= LEAST_CALLS)
    .filter(({ share, totalMs }) => share >= (thresholds["top-statements"] ?? LEAST_SHARE) && totalMs >= least)
    .toSorted((a, b) => b.share - a.share)
    .slice(0, thresholds["top-statements.count"] ?? MOST);
  return { drafts: top.map((one) => toDraft(one, database)), unjudged: [], examined: `${statements.length} statements` };
}

function toDraft(statement: Statement, database: Database): DatabaseDraft {
  const tables = tablesRead(statement, database);
  const model = tables[0] === undefined ? undefined : modelLabel(database, tables[0]);
  const { share, calls, meanMs, rows } = statement;
  return {
    key: [statement.id],
    claim: `${statementName(statement)} takes ${formatPercent(share)} of the time of all statements: ${formatCount(calls, "call")} of ${formatMilliseconds(meanMs)} ms.`,
    reason: `${rows === null || calls === 0 ? "" : `It ${/^\s*(?:SELECT|WITH)\b/i.test(statement.sql) ? "returns" : "changes"} ${formatCount(Math.round(rows / calls), "row")} a call. `}What is saved here is saved where most of the time goes.`,
    remedy: REMEDIES[statementKind(statement)],
    doubt: certaintyWords(statement),
    ...(model === undefined ? {} : { model }),
    places: statementPlaces(statement, tables),
    evidence: [statementEvidence(database, statement)],
    impact: { milliseconds: { before: Number(meanMs.toPrecision(4)), per: "call" } },
    fixes: [],
  };
}

const REMEDIES: Readonly<Record<StatementKind, string>> = {
  application: "Look at what the other rules say of it, and whether it has to be asked so often.",
  "foreign-key-check": "Nothing of the application asks this: it comes with each row that refers to the table. Write fewer rows, or many at once.",
  catalog: "Nothing of the application asks this: see which tool does, and how often.",
  command: "Nothing of the application asks this: see which job sends it, and how often.",
};

function certaintyWords(statement: Statement): string {
  const { certainty, sites } = statement.written;
  if (statementKind(statement) !== "application") return "it is counted with the application's statements, and its share is of all of them";
  const isSeen = sites.some(({ isRecorded }) => isRecorded === true);
  if (isSeen && certainty === "unique") return "the recording stands for what the server counted only as far as its traffic does";
  if (isSeen) return "the counters hold calls that were not recorded, and other lines have queries of this shape";
  if (certainty === "unique") return "one line of the source has a query of this shape; SQL that a package writes can look the same";
  if (certainty === "one-of") return `${sites.length} lines of the source have queries of this shape; which of them send it is not in the counters`;
  if (certainty === "framework") return "Django or a package sends it of itself";
  return "no line of the source was found to have a query of this shape";
}
