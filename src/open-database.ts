/** From what was seen of a database, and the source, to what rules ask of it. */
import type { Database, DatabaseCoverage, DatabaseEvidence, RuleInput, Snapshot, Statement, StatementCounters, Workload } from "./model/index.ts";
import { openSqlParser, type SqlParser } from "./sql/open-parser.ts";
import { joinSource } from "./workload/declarations.ts";
import { buildDatabase, NO_SOURCE } from "./workload/database.ts";

/** For the report: what was there to look at. */
export function databaseCoverage({ snapshot, catalog, server, workload, age, file, tables }: Database): DatabaseCoverage {
  const joined = workload.statements.filter(({ written }) => written.certainty === "unique" || written.certainty === "one-of");
  return {
    file,
    name: catalog.database.name,
    version: server.version,
    takenAt: snapshot.takenAt,
    servers: snapshot.servers.length,
    tables: tables.length,
    indexes: catalog.indexes.length,
    statements: workload.statements.length,
    plans: workload.plans.length,
    joined: joined.length,
    joinedShare: joined.reduce((sum, { share }) => sum + share, 0),
    days: age.days,
    gaps: snapshot.gaps,
  };
}

export async function openDatabase(evidence: DatabaseEvidence, source: RuleInput | null): Promise<Database> {
  const { snapshot, file, plans } = evidence;
  const workload = { ...workloadOf(snapshot, await openSqlParser()), plans };
  return buildDatabase({ snapshot, file, source, workload }, source === null ? NO_SOURCE : joinSource(snapshot.catalog, source));
}

const DAY = 86_400_000;

function workloadOf({ servers }: Snapshot, parser: SqlParser): Omit<Workload, "plans"> {
  const rows = servers.flatMap(({ statements }) => statements);
  const totalMs = rows.reduce((sum, one) => sum + one.totalMs, 0);
  const counters = servers[0]?.counters;
  const since = counters?.statementsSince ?? null;
  return {
    statements: rows.map((row) => statementOf(row, totalMs, parser)),
    totalMs,
    days: counters === undefined || since === null ? null : (Date.parse(counters.at) - Date.parse(since)) / DAY,
  };
}

function statementOf({ id, sql, calls, ...row }: StatementCounters, totalMs: number, parser: SqlParser): Statement {
  return {
    id,
    sql,
    calls,
    shape: parser.shapeOf(sql),
    seenIn: ["pg_stat_statements"],
    totalMs: row.totalMs,
    meanMs: row.meanMs,
    deviationMs: row.deviationMs,
    rows: row.rows,
    sharedHit: row.sharedHit,
    sharedRead: row.sharedRead,
    tempWritten: row.tempWritten,
    walBytes: row.walBytes,
    plans: row.plans,
    planMs: row.planMs,
    jitMs: row.jitMs,
    workersPlanned: row.workersPlanned,
    workersLaunched: row.workersLaunched,
    share: totalMs === 0 ? 0 : row.totalMs / totalMs,
    samples: [],
    written: { certainty: "unknown", sites: [] },
  };
}
