/** From what was seen of a database, and the source, to what rules ask of it. */
import type { Database, DatabaseCoverage, DatabaseEvidence, LoggedSum, QueryShape, RuleInput, StatementOrigin } from "./model/index.ts";
import type { Recording } from "./model/recording.ts";
import { openSqlParser, type SqlParser } from "./sql/open-parser.ts";
import { joinSource } from "./workload/declarations.ts";
import { buildDatabase, NO_SOURCE } from "./workload/database.ts";
import { linkPlans } from "./workload/link-plans.ts";
import { joinStatements, UNKNOWN_ORIGIN } from "./workload/join-statements.ts";
import { tallyLogged } from "./workload/logged-statements.ts";
import { withRecordedSenders } from "./workload/recorded-senders.ts";
import { keyStatements } from "./workload/statement-keys.ts";
import { buildWorkload } from "./workload/statements.ts";

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

export async function openDatabase(evidence: DatabaseEvidence, source: RuleInput | null, recording?: Recording): Promise<Database> {
  const { snapshot, file, plans, earlier } = evidence;
  const parser = await openSqlParser();
  const shapeOf = (sql: string): QueryShape | null => parser.shapeOf(sql);
  const join = source === null ? null : joinStatements({ facts: source.facts, graph: source.graph, shapeOf });
  const originOf = (sql: string, shape: QueryShape | null): StatementOrigin => join?.originOf(sql, shape) ?? UNKNOWN_ORIGIN;
  const logged = evidence.loggedSums ?? addUpLogged(evidence.logged, parser);
  const counted = buildWorkload({ snapshot, logged, recording: null, plans, shapeOf, originOf });
  const workload = source === null || recording === undefined ? counted : withRecordedSenders(counted, recording, source);
  const linked = {
    ...workload,
    plans: linkPlans(plans, workload.statements, parser),
    ...(evidence.lockWaits === undefined ? {} : { lockWaits: evidence.lockWaits }),
  };
  const database = buildDatabase({ snapshot, file, source, workload: linked }, source === null ? NO_SOURCE : joinSource(snapshot.catalog, source));
  if (earlier === undefined) return database;
  const { statements } = buildWorkload({ snapshot: earlier, logged: [], recording: null, plans: [], shapeOf, originOf: () => UNKNOWN_ORIGIN });
  return { ...database, earlier: { snapshot: earlier, statements } };
}

function addUpLogged(logged: DatabaseEvidence["logged"], parser: SqlParser): readonly LoggedSum[] {
  const tally = tallyLogged(keyStatements(parser));
  for (const one of logged) tally.add(one);
  return tally.sums();
}
