/** From what was seen of a database, and the source, to what rules ask of it. */
import type { Database, DatabaseEvidence, RuleInput, Snapshot, Statement, StatementCounters } from "./model/index.ts";
import { openSqlParser, type SqlParser } from "./sql/open-parser.ts";
import { buildDatabase, NO_SOURCE } from "./workload/database.ts";
import { linkPlans } from "./workload/link-plans.ts";

export async function openDatabase(evidence: DatabaseEvidence, source: RuleInput | null): Promise<Database> {
  const { snapshot, file, plans, earlier } = evidence;
  const parser = await openSqlParser();
  const statements = statementsOf(snapshot, parser);
  const totalMs = statements.reduce((sum, one) => sum + one.totalMs, 0);
  const workload = { statements, totalMs, days: null, plans: linkPlans(plans, statements, parser) };
  const database = buildDatabase({ snapshot, file, source, workload }, NO_SOURCE);
  return earlier === undefined ? database : { ...database, earlier: { snapshot: earlier, statements: statementsOf(earlier, parser) } };
}

function statementsOf({ servers: [server] }: Snapshot, parser: SqlParser): Statement[] {
  const counted = server?.statements ?? [];
  const totalMs = counted.reduce((sum, one) => sum + one.totalMs, 0);
  return counted.map((one) => toStatement(one, totalMs, parser));
}

function toStatement(counters: StatementCounters, totalMs: number, parser: SqlParser): Statement {
  return {
    ...counters,
    shape: parser.shapeOf(counters.sql),
    seenIn: ["pg_stat_statements"],
    share: totalMs === 0 ? 0 : counters.totalMs / totalMs,
    samples: [],
    written: { certainty: "unknown", sites: [] },
  };
}
