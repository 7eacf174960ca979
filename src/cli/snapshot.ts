import path from "node:path";
import type { Snapshot } from "../model/database.ts";
import { UsageError } from "../model/usage-error.ts";
import { formatBytes, formatCount } from "../model/numbers.ts";
import { collectSnapshot } from "../sources/postgres/collect.ts";
import { snapshotPath, writeSnapshot } from "../sources/snapshot-file.ts";
import type { Environment } from "./environment.ts";
import { progressLine } from "./progress.ts";

export interface SnapshotFlags {
  readonly db?: readonly string[];
  readonly out?: string;
  readonly sample?: boolean;
  /** Of one statement, in seconds. */
  readonly timeout: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** `luthier snapshot`: one read-only look at a server. */
export async function snapshot(flags: SnapshotFlags, environment: Environment): Promise<number> {
  const { cwd, stderr, stdout, version } = environment;
  const targets = flags.db ?? [];
  if (targets.length === 0) throw new UsageError("no-database", "no database was named.", "Add --db URL, such as --db postgresql://reader@host/shop.");
  const progress = progressLine(stderr);
  try {
    const options = { targets, statementTimeout: flags.timeout * 1000, connectTimeout: CONNECT_TIMEOUT_MS, version, sample: flags.sample === true };
    const taken = await collectSnapshot({ ...options, progress: (phase, done, total) => progress.step({ phase, done, total, unit: "parts" }) });
    progress.end();
    const file = flags.out === undefined ? snapshotPath(cwd) : path.resolve(cwd, flags.out);
    const bytes = writeSnapshot(file, taken);
    stdout.write(describe(taken, path.relative(cwd, file) || file, bytes));
    return 0;
  } finally {
    progress.end();
  }
}

function describe(taken: Snapshot, file: string, bytes: number): string {
  const { catalog, servers, gaps } = taken;
  const [server] = servers;
  const lines = [
    `${catalog.database.name} on PostgreSQL ${server?.version ?? "?"}: ${formatCount(catalog.tables.length, "table")}, ${formatCount(catalog.indexes.length, "index", "indexes")}, ${formatCount(server?.statements.length ?? 0, "statement")}.`,
    ...gaps.map((gap) => `Not seen: ${gap.part}: ${gap.why}${gap.cost === "" ? "" : `; ${gap.cost}`}${gap.remedy === "" ? "" : `. To see it: ${gap.remedy}`}`),
    `Written: ${file} (${formatBytes(bytes)}). It holds ${taken.data === "redacted" ? "no values of rows" : "values of rows: keep it as you keep the data, or take it with --redact"}.`,
    "Next: luthier check",
  ];
  return `${lines.join("\n")}\n`;
}
