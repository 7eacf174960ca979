/** From what was seen of a database, and the source, to what rules ask of it. */
import type { Database, DatabaseEvidence, RuleInput, Statement, StatementCounters } from "./model/index.ts";
import { openSqlParser, type SqlParser } from "./sql/open-parser.ts";
import { joinSource } from "./workload/declarations.ts";
import { buildDatabase, NO_SOURCE, NO_WORKLOAD } from "./workload/database.ts";

export async function openDatabase(evidence: DatabaseEvidence, source: RuleInput | null): Promise<Database> {
  const { snapshot, file, plans } = evidence;
  const counters = snapshot.servers.flatMap((one) => one.statements);
  const totalMs = counters.reduce((sum, one) => sum + one.totalMs, 0);
  const parser = await openSqlParser();
  const statements = counters.map((one) => toStatement(one, totalMs, parser));
  return buildDatabase({ snapshot, file, source, workload: { ...NO_WORKLOAD, statements, totalMs, plans } }, source === null ? NO_SOURCE : joinSource(snapshot.catalog, source));
}

function toStatement(counters: StatementCounters, totalMs: number, parser: SqlParser): Statement {
  const { id, sql, calls, meanMs, deviationMs, rows, sharedHit, sharedRead, tempWritten, walBytes, plans, planMs, jitMs, workersPlanned, workersLaunched } = counters;
  const figures = { calls, totalMs: counters.totalMs, meanMs, deviationMs, rows, sharedHit, sharedRead, tempWritten, walBytes, plans, planMs, jitMs, workersPlanned, workersLaunched };
  return { id, sql, shape: parser.shapeOf(sql), seenIn: ["pg_stat_statements"], ...figures, share: totalMs === 0 ? 0 : counters.totalMs / totalMs, samples: [], written: { certainty: "unknown", sites: [] } };
}
