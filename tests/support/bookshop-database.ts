/** The example project on a real PostgreSQL that has seen traffic and years of neglect. */
import { spawnSync } from "node:child_process";
import type { Snapshot } from "../../src/model/index.ts";
import { bookshop } from "./bookshop.ts";
import { takeSampledSnapshot } from "./database-world.ts";
import { djangoPython } from "./scripts.ts";
import { startPostgres } from "./services.ts";

export interface LivedIn {
  readonly snapshot: Snapshot;
  readonly url: string;
  /** What a child process needs to find the database and the settings. */
  readonly env: NodeJS.ProcessEnv;
  readonly python: string;
  readonly stop: () => void;
}

/** Filled with about so many rows, played on once, worn, looked at. The project may be a copy. */
export async function livedInBookshop(rows: number, root: string = bookshop): Promise<LivedIn> {
  const { cluster, stop } = await startPostgres();
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
    run(python, ["manage.py", "wear"]);
    return { snapshot: await takeSampledSnapshot(cluster.url), url: cluster.url, env, python, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
