/** From what was seen of a database, and the source, to what rules ask of it. */
import type { Database, DatabaseEvidence, RuleInput } from "./model/index.ts";
import { joinSource } from "./workload/declarations.ts";
import { buildDatabase, NO_SOURCE, NO_WORKLOAD } from "./workload/database.ts";

export async function openDatabase(evidence: DatabaseEvidence, source: RuleInput | null): Promise<Database> {
  const { snapshot, file, plans } = evidence;
  return buildDatabase({ snapshot, file, source, workload: { ...NO_WORKLOAD, plans } }, source === null ? NO_SOURCE : joinSource(snapshot.catalog, source));
}
