import type { Database, DatabaseDraft, QueryShape, Rule, ShapeExpression, Unjudged } from "../../model/index.ts";
import { formatMilliseconds, formatNumber, formatPercent } from "../../model/numbers.ts";
import { modelOfTable } from "../database/column-facts.ts";
import { rowsOf } from "../database/index-figures.ts";
import { tableSpot } from "../database/names.ts";
import { sentFrom, statementEvidence, statementName, statementSpot } from "../database/statement-places.ts";
import { aggregatesIn, noStatements, shapedStatements, tableOfShape, type ShapedStatement } from "../database/statement-shapes.ts";
import { columnsIn, expressionKey, ownTables } from "../../sql/compare-shapes.ts";
import { listed } from "../names.ts";

/** Share of the time of all statements; this project's notes (2.e). */
const LEAST_SHARE = 0.05;
/** Time of the reads over time of the refreshes; this project's notes (2.e). */
const LEAST_GAIN = 5;
/** Rows of the answer for each row that is read; this project's notes (2.e). */
const MOST_ROWS_SHARE = 0.01;
/** The notes ask for a million rows; with the share and the gain above, fewer are enough. Ours. */
const LEAST_ROWS = 10_000;
/** An answer that is this fast needs no store, in milliseconds. Ours. */
const LEAST_MS = 20;
/** How often the view would be refreshed, an hour. Ours: pages of sums may be an hour old. */
const REFRESHES = 1;
/** Calls of less than a day are no habit. Ours. */
const LEAST_DAYS = 1;

export const rule: Rule = {
  meta: {
    id: "materialised-view-candidate",
    chapter: "1.5",
    summary: "Sums over a large table are computed over and over",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const missing = noStatements(database);
    const candidates = missing === null ? shapedStatements(database).flatMap((one) => candidateOf(one, thresholds, database)) : [];
    const days = daysCounted(database);
    const young = candidates.length > 0 ? tooYoung(days) : null;
    return {
      drafts: young !== null || days === null ? [] : candidates.flatMap((one) => toDrafts(one, days, database)),
      unjudged: [missing, young].flatMap((one) => one ?? []),
      examined: `${candidates.length} statements that sum up large tables`,
    };
  },
};

/** Since when statements have been counted; of a log, the days that it covers. */
function daysCounted({ server: { counters }, workload }: Database): number | null {
  if (workload.days !== null) return workload.days;
  return counters.statementsSince === null ? null : (Date.parse(counters.at) - Date.parse(counters.statementsSince)) / 86_400_000;
}

function tooYoung(days: number | null): Unjudged | null {
  if (days === null) return { object: "", why: "needs the time since when statements are counted, which the server does not say" };
  return days >= LEAST_DAYS ? null : { object: "", why: "needs statements of a day; these are younger" };
}

interface Candidate extends ShapedStatement {
  /** Rows of the largest table that it reads. */
  readonly read: number;
  readonly answer: number;
}

function candidateOf(one: ShapedStatement, thresholds: Readonly<Record<string, number>>, database: Database): Candidate[] {
  const least = thresholds["materialised-view-candidate"] ?? LEAST_SHARE;
  const { statement, shape } = one;
  if (
    shape.kind !== "select" ||
    shape.lock !== null ||
    statement.share < least ||
    statement.meanMs < (thresholds["materialised-view-candidate.ms"] ?? LEAST_MS) ||
    !sumsUp(shape) ||
    !isFree(shape)
  )
    return [];
  const read = Math.max(...ownTables(shape).map(({ position }) => rowsAt(shape, position, database)));
  const answer = statement.rows === null ? null : statement.rows / Math.max(1, statement.calls);
  return answer === null ||
    read < (thresholds["materialised-view-candidate.rows"] ?? LEAST_ROWS) ||
    answer > read * (thresholds["materialised-view-candidate.answer"] ?? MOST_ROWS_SHARE)
    ? []
    : [{ ...one, read, answer }];
}

function rowsAt(shape: QueryShape, position: number, database: Database): number {
  const table = tableOfShape(shape, position, database);
  return table === null ? 0 : (rowsOf(table, database) ?? 0);
}

function sumsUp({ groupBy, distinct, projection }: QueryShape): boolean {
  return groupBy.length > 0 || distinct === "all" || projection.some((one) => aggregatesIn(one).length > 0 || (one.kind === "call" && one.isWindow));
}

/** Parameters stand on columns of the answer alone, so that one stored answer serves them all; LIMIT is the reader's. */
function isFree(shape: QueryShape): boolean {
  const key = (one: ShapeExpression): string => expressionKey(one, { constants: "erased", subqueries: shape.subqueries });
  const given = new Set([...shape.groupBy, ...(shape.distinct === "all" ? shape.projection : [])].map(key));
  const clauses = shape.predicates.filter(({ clause }) => clause !== "having");
  return (
    shape.subqueries.length === 0 &&
    clauses.every(({ left, right }) => right === null || columnsIn(right).length > 0 || !hasParameter(right) || given.has(key(left)))
  );
}

function hasParameter(expression: ShapeExpression): boolean {
  if (expression.kind === "value") return expression.value.kind !== "constant";
  return expression.kind === "call" && expression.arguments.some(hasParameter);
}

function toDrafts(candidate: Candidate, days: number, database: Database): DatabaseDraft[] {
  const { statement } = candidate;
  const hourly = statement.calls / (days * 24);
  // One refresh runs the statement once; CONCURRENTLY then compares the answer, which is small, with the stored one.
  return hourly < LEAST_GAIN * REFRESHES ? [] : [toDraft(candidate, hourly, database)];
}

function toDraft(candidate: Candidate, hourly: number, database: Database): DatabaseDraft {
  const { statement, shape, read, answer } = candidate;
  const tables = [...new Set(ownTables(shape).map(({ name }) => name))];
  const base = tableOfShape(shape, 0, database);
  const saved = (hourly - REFRESHES) * statement.meanMs;
  return {
    key: [...tables, statement.id],
    claim: `${statementName(statement)} reads ${formatNumber(Math.round(read))} rows for ${formatNumber(Math.ceil(answer))}, ${formatNumber(Number(hourly.toPrecision(2)))} times an hour: ${formatPercent(statement.share)} of all time.`,
    reason: `Each call takes ${formatMilliseconds(statement.meanMs)} ms, and its answer hardly changes between two calls.`,
    remedy: `Store it as a materialised view over ${listed(tables)}, with a unique index on ${keyWords(shape)} and REFRESH … CONCURRENTLY by the hour, and read it by an unmanaged model. With one refresh an hour it saves ${formatMilliseconds(saved)} ms an hour; break-even is one read for each refresh.`,
    doubt: "readers must bear an answer that is as old as the last refresh; a refresh holds back vacuum while it runs, and was taken to cost one call",
    ...(base === null ? {} : modelOfTable(database, base)),
    places: [statementSpot(statement), ...(base === null ? [] : [tableSpot(base)]), ...sentFrom(statement)],
    evidence: [statementEvidence(database, statement, { callsAnHour: Number(hourly.toPrecision(3)), rowsRead: Math.round(read) })],
    impact: {
      milliseconds: { before: Number((hourly * statement.meanMs).toPrecision(3)), after: Number((REFRESHES * statement.meanMs).toPrecision(3)), per: "hour" },
    },
    fixes: [],
  };
}

/** REFRESH … CONCURRENTLY wants rows that can be told apart. */
function keyWords({ groupBy }: QueryShape): string {
  if (groupBy.length === 0) return "a constant column, since it has one row";
  const names = groupBy.map((one) => (one.kind === "column" ? one.name : "an expression"));
  return `its groups (${names.join(", ")})`;
}
