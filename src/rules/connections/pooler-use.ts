/** Whether a pooler stands between the application and the server. */
import type { EvidenceInput } from "../../model/index.ts";
import { postgresEntries } from "../deployment/entries.ts";
import { poolerOf } from "../deployment/pooler.ts";

/** The words by which it is known; null where nothing shows one. */
export function poolerShown({ database, deployment }: EvidenceInput): string | null {
  const seen = database?.snapshot.pooler;
  if (seen !== undefined) return `PgBouncer ${seen.version} at ${seen.address}`;
  const [file] = deployment.poolers;
  if (file !== undefined) return file.file;
  for (const entry of postgresEntries(deployment)) {
    const pooler = poolerOf(entry.database, deployment);
    if (pooler !== null) return `${pooler.why} of \`${entry.database.alias}\` (${entry.settings.module})`;
  }
  return null;
}
