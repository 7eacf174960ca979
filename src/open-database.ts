/** From what was seen of a database, and the source, to what rules ask of it. */
import type { Database, DatabaseEvidence, RuleInput, Statement, StatementCounters } from "./model/index.ts";
import { openSqlParser, type SqlParser } from "./sql/open-parser.ts";
import { joinSource } from "./workload/declarations.ts";
import { buildDatabase, NO_SOURCE } from "./workload/database.ts";
import { linkPlans } from "./workload/link-plans.ts";

export async function openDatabase(evidence: DatabaseEvidence, source: RuleInput | null): Promise<Database> {
  const { snapshot, file, plans } = evidence;
  const parser = await openSqlParser();
  const [server] = snapshot.servers;
  const counted = server?.statements ?? [];
  const totalMs = counted.reduce((sum, one) => sum + one.totalMs, 0);
  const statements = counted.map((one) => toStatement(one, totalMs, parser));
  const workload = { statements, totalMs, days: null, plans: linkPlans(plans, statements, parser) };
  return buildDatabase({ snapshot, file, source, workload }, source === null ? NO_SOURCE : joinSource(snapshot.catalog, source));
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
