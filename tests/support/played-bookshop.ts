/** The example shop on servers of any major version: migrated and filled by Django itself, then sent the traffic that was heard once. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { bookshop } from "./bookshop.ts";
import { djangoPython } from "./scripts.ts";
import { execute, startDebian, urlOf, withClient, type Cluster } from "./servers.ts";

/** Rows, skewed as a shop's are: enough for common values and histograms. */
const ROWS = 3000;

/** Django 5.2 asks for PostgreSQL 14; what it sends here, 13 understands too. */
const PREAMBLE = `
from django.db.backends.postgresql.features import DatabaseFeatures
DatabaseFeatures.minimum_database_version = (13,)
from django.core.management import execute_from_command_line
`;

const FILL = `${PREAMBLE}
execute_from_command_line(["manage.py", "migrate", "-v0"])
execute_from_command_line(["manage.py", "generate", "--rows", "${ROWS}"])
execute_from_command_line(["manage.py", "wear"])
`;

/** Every planted case and its twin once; of what is done all day long, a little. */
const PLAY = `${PREAMBLE}
import sys
from tests import play
play.DAYS, play.VIEWS, play.TREES, play.STOCKS = 30, 20, 20, 5
sys.argv = ["play"]
play.main()
`;

const PLAYER = "player";

async function runPython(cluster: Cluster, database: string, code: string): Promise<void> {
  const env = {
    ...process.env,
    ...cluster.env,
    DATABASE_URL: urlOf(cluster, { database }),
    DJANGO_SETTINGS_MODULE: "bookshop.settings.test",
    PYTHONWARNINGS: "ignore",
    PGAPPNAME: PLAYER,
  };
  const { status, stderr, error } = spawnSync(await djangoPython(), ["-c", code], { cwd: bookshop, env, encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(error?.message ?? stderr);
}

/** Creates the database with the shop's schema and rows, and the marks of years; equal calls make equal rows. */
export async function fillBookshop(cluster: Cluster, database: string): Promise<void> {
  await execute(cluster.url, `CREATE DATABASE ${database}`);
  await execute(urlOf(cluster, { database }), "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  await runPython(cluster, database, FILL);
}

/** What the shop sends in a round of traffic, in order, with values, as a server of Debian's logged it. */
export async function hearTraffic(): Promise<readonly string[]> {
  const { cluster, stop } = await startDebian({ settings: { log_line_prefix: "%a|" } });
  try {
    await fillBookshop(cluster, "bookshop");
    await execute(cluster.url, "ALTER DATABASE bookshop SET log_statement = 'all'");
    await runPython(cluster, "bookshop", PLAY);
    return loggedStatements(readFileSync(cluster.log, "utf8"), PLAYER);
  } finally {
    stop();
  }
}

/** Statements of one application, with their further lines, from a log whose lines begin with the application's name. */
export function loggedStatements(log: string, application: string): readonly string[] {
  const start = new RegExp(`^${application}\\|LOG: {2}(?:statement|execute [^:]*): ([\\s\\S]*)$`);
  return log.split(/\n(?!\t)/).flatMap((entry) => start.exec(entry)?.[1]?.replaceAll("\n\t", "\n").trim() ?? []);
}

/** Sends them in one session, and what of them failed. */
export function sendTraffic(url: string, statements: readonly string[]): Promise<readonly string[]> {
  return withClient(url, async (client) => {
    const failed: string[] = [];
    for (const sql of statements) await client.query(sql).catch((error: unknown) => failed.push(`${String(error)}: ${sql}`));
    // Sessions hand in what they counted when they are idle, at most once a second before 15.
    await client.query("SELECT pg_sleep(1.1)");
    await client.query("SELECT 1");
    return failed;
  });
}
