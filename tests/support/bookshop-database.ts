/** The example project on a real PostgreSQL that has seen traffic and years of neglect. */
import { spawnSync } from "node:child_process";
import type { DatabaseEvidence, Snapshot } from "../../src/model/index.ts";
import { readStatementFiles } from "../../src/sources/statement-files.ts";
import { bookshop } from "./bookshop.ts";
import { takeSampledSnapshot } from "./database-world.ts";
import { djangoPython } from "./scripts.ts";
import { withClient } from "./servers.ts";
import { startPostgres } from "./services.ts";

/** Enough for an age that is not that of the look itself. */
const TRANSACTIONS = 20;

export interface LivedIn {
  readonly snapshot: Snapshot;
  /** Of the office's questions, read from the server's log; none where they were not asked. */
  readonly logged: Pick<DatabaseEvidence, "plans" | "lockWaits">;
  readonly url: string;
  /** What a child process needs to find the database and the settings. */
  readonly env: NodeJS.ProcessEnv;
  readonly python: string;
  readonly stop: () => void;
}

/** Filled with about so many rows, played on once, worn, looked at. The project may be a copy; with `office`, a report is left open for the look. */
export async function livedInBookshop(rows: number, root: string = bookshop, { office = false }: { readonly office?: boolean } = {}): Promise<LivedIn> {
  // Nothing is vacuumed or analysed but by the steps below.
  const { cluster, stop } = await startPostgres(office ? { settings: { autovacuum_naptime: "1d" } } : {});
  try {
    const python = await djangoPython();
    const env = { ...process.env, ...cluster.env, DJANGO_SETTINGS_MODULE: "bookshop.settings.test", PYTHONWARNINGS: "ignore" };
    const run = (command: string, args: readonly string[]): void => {
      const { status, stderr, error } = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
      if (status !== 0) throw new Error(`${command} ${args.join(" ")}\n${error?.message ?? stderr}`);
    };
    run("psql", ["-q", "-c", "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"]);
    run(python, ["manage.py", "migrate", "-v0"]);
    run(python, ["manage.py", "generate", "--rows", String(rows)]);
    // What migrating and filling sent is not the application's traffic.
    run("psql", ["-q", "-c", "SELECT pg_stat_statements_reset()"]);
    run(python, ["-m", "tests.play"]);
    if (office) {
      run("psql", ["-q", "-c", "VACUUM customers_loginevent"]);
      run(python, ["-m", "tests.play", "--office"]);
    }
    run(python, ["manage.py", "wear"]);
    const logged = office ? await readStatementFiles([cluster.log]) : { plans: [] };
    const snapshot = office ? await besideReports(cluster.url, () => takeSampledSnapshot(cluster.url)) : await takeSampledSnapshot(cluster.url);
    return { snapshot, logged, url: cluster.url, env, python, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** A report that still sees what was there when it began, and a purge that is idle without a look at anything. */
async function besideReports<T>(url: string, work: () => Promise<T>): Promise<T> {
  const named = (application: string): string => `${url}?application_name=${application}`;
  return await withClient(named("order_report"), (report) =>
    withClient(named("purge_events"), async (purge) => {
      await report.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM orders_order");
      await purge.query("BEGIN");
      for (let passed = 0; passed < TRANSACTIONS; passed += 1) await withClient(url, (client) => client.query("SELECT pg_current_xact_id()"));
      return await work();
    }),
  );
}
