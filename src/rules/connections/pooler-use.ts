/** Whether a pooler stands between the application and the server. */
import type { EvidenceInput } from "../../model/index.ts";

const POOLER_PORTS: ReadonlySet<string> = new Set(["6432", "6543"]);
const POOLER_HOST = /pgbouncer|pgcat|pgdog|odyssey|-pooler\.|pooler\.supabase|\.proxy-[\w.]*rds\.amazonaws\.com/i;

/** The words by which it is known; null where nothing shows one. */
export function poolerShown({ database, deployment }: EvidenceInput): string | null {
  const seen = database?.snapshot.pooler;
  if (seen !== undefined) return `PgBouncer ${seen.version} at ${seen.address}`;
  const [file] = deployment.poolers;
  if (file !== undefined) return file.file;
  for (const { databases, module } of deployment.settings) {
    const found = databases.find(({ host, port }) => (port !== null && POOLER_PORTS.has(port.value)) || (host !== null && POOLER_HOST.test(host.value)));
    if (found !== undefined) return `\`${found.alias}\` of ${module}, ${found.host?.value ?? "localhost"}:${found.port?.value ?? "5432"}`;
  }
  return null;
}
