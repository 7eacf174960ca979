import path from "node:path";
import type { Snapshot } from "../model/database.ts";
import type { Gap } from "../model/gap.ts";
import { redact } from "../postgres/redact.ts";
import { UsageError } from "../model/usage-error.ts";
import { formatBytes, formatCount } from "../model/numbers.ts";
import { collectSnapshot } from "../sources/postgres/collect.ts";
import { snapshotPath, writeSnapshot } from "../sources/snapshot-file.ts";
import type { Environment } from "./environment.ts";
import { findRoot } from "./prepare.ts";
import { progressLine } from "./progress.ts";

export interface SnapshotFlags {
  readonly db?: readonly string[];
  readonly out?: string;
  /** Of one statement, in seconds. */
  readonly timeout: number;
  /** Counters are read again after so many seconds. */
  readonly interval?: number;
  readonly redact?: boolean;
  readonly sample?: boolean;
  /** Console of a PgBouncer in front of it. */
  readonly pgbouncer?: string;
  /** Bytes of the server's memory. */
  readonly ram?: number;
  readonly cores?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** `luthier snapshot`: one read-only look at a server. */
export async function snapshot(given: string, flags: SnapshotFlags, environment: Environment): Promise<number> {
  const root = findRoot(given, environment.cwd);
  const { taken, file, bytes } = await takeSnapshot(root, flags, environment);
  environment.stdout.write(describe(taken, path.relative(environment.cwd, file) || file, bytes));
  return 0;
}

export interface TakenSnapshot {
  readonly taken: Snapshot;
  /** Where it was written, as an absolute path. */
  readonly file: string;
  readonly bytes: number;
}

/** Looks at the named servers and writes what was seen. */
export async function takeSnapshot(root: string, flags: SnapshotFlags, { cwd, env, stderr, version }: Environment): Promise<TakenSnapshot> {
  const named = flags.db ?? [];
  if (named.length === 0) throw new UsageError("no-database", "no database was named.", "Add --db URL, or an alias of DATABASES such as --db default.");
  const { databaseTargets } = await import("./database-aliases.ts");
  const targets = await databaseTargets(root, named, env);
  const progress = progressLine(stderr);
  try {
    const options = { targets, statementTimeout: flags.timeout * 1000, connectTimeout: CONNECT_TIMEOUT_MS, version, sample: flags.sample === true };
    const interval = flags.interval === undefined ? {} : { interval: flags.interval * 1000 };
    const pooler = flags.pgbouncer === undefined ? {} : { pooler: flags.pgbouncer };
    const machine = flags.ram === undefined && flags.cores === undefined ? {} : { machine: { memoryBytes: flags.ram ?? null, cores: flags.cores ?? null } };
    const whole = await collectSnapshot({
      ...options,
      ...interval,
      ...pooler,
      ...machine,
      progress: (phase, done, total) => progress.step({ phase, done, total, unit: "parts" }),
    });
    const taken = flags.redact === true ? redact(whole) : whole;
    const file = flags.out === undefined ? snapshotPath(root) : path.resolve(cwd, flags.out);
    return { taken, file, bytes: writeSnapshot(file, taken) };
  } finally {
    progress.end();
  }
}

function describe(taken: Snapshot, file: string, bytes: number): string {
  const { catalog, servers, gaps, pooler } = taken;
  const [server] = servers;
  const replicas = servers.length === 1 ? "" : ` and ${formatCount(servers.length - 1, "replica")}`;
  const lines = [
    `${catalog.database.name} on PostgreSQL ${server?.version ?? "?"}${replicas}: ${formatCount(catalog.tables.length, "table")}, ${formatCount(catalog.indexes.length, "index", "indexes")}, ${formatCount(server?.statements.length ?? 0, "statement")}.`,
    ...(pooler === undefined
      ? []
      : [
          `PgBouncer ${pooler.version} at ${pooler.address}: ${formatCount(pooler.databases.length, "database")}, ${formatCount(pooler.first.pools.length, "pool")}${pooler.later === null ? "; rates need a second look (--interval)" : ""}.`,
        ]),
    ...gapLines(gaps, servers.length > 1),
    `Written: ${file} (${formatBytes(bytes)}). It holds ${taken.data === "redacted" ? "no values of rows" : "values of rows: keep it as you keep the data, or take it with --redact"}.`,
    "Next: luthier check",
  ];
  return `${lines.join("\n")}\n`;
}

/** One line for what has one reason: when a connection breaks, all that follows is missing because of it. */
function gapLines(gaps: readonly Gap[], several: boolean): string[] {
  const groups = new Map<string, Gap[]>();
  for (const gap of gaps) {
    const key = [gap.server, gap.why, gap.remedy].join("\n");
    groups.set(key, [...(groups.get(key) ?? []), gap]);
  }
  return [...groups.values()].map((group) => {
    const [{ server, why, remedy }] = group as [Gap, ...Gap[]];
    const parts = [...new Set(group.map(({ part }) => part))].join(", ");
    const costs = [...new Set(group.map(({ cost }) => cost).filter((cost) => cost !== ""))];
    return `Not seen${several ? ` on ${server}` : ""}: ${parts}: ${why}${costs.length === 0 ? "" : `; ${costs.join("; ")}`}${remedy === "" ? "" : `. To see it: ${remedy}`}`;
  });
}
