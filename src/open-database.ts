/** From what was seen of a database, and the source, to what rules ask of it. */
import type { Database, DatabaseCoverage, DatabaseEvidence, RuleInput } from "./model/index.ts";
import { buildDatabase, NO_SOURCE, NO_WORKLOAD } from "./workload/database.ts";

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
  return buildDatabase({ snapshot, file, source, workload: { ...NO_WORKLOAD, plans } }, NO_SOURCE);
}
