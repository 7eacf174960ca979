// What other advisors that are installed recommend for a server's own statistics of statements. See README.md.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";

/**
 * Flags of the programs that ask them. --index-advisor: the SQL of Supabase's index_advisor (with HypoPG, Debian's postgresql-15-hypopg). --dexter, --pghero: a copy of their repository, run by Debian's ruby with
 * ruby-pg, ruby-pg-query, ruby-slop and ruby-activerecord. --postgres-mcp: a Python that has it installed.
 */
export const PEERS = /** @type {const} */ ({
  "index-advisor": { type: "string" },
  dexter: { type: "string" },
  pghero: { type: "string" },
  "postgres-mcp": { type: "string" },
});

/**
 * @param {Record<string, string | undefined>} flags
 * @param {{ readonly url: string, readonly env: Record<string, string> }} cluster
 * @param {readonly string[]} statements
 */
export async function askPeers(flags, cluster, statements) {
  const said = {};
  // What one of them asks is no part of what the next one looks at.
  const env = { ...process.env, ...cluster.env, PGOPTIONS: "-c pg_stat_statements.track=none" };
  const folders = { dexter: flags.dexter, pghero: flags.pghero };
  if (flags["index-advisor"]) said["index_advisor"] = await indexAdvisor(cluster.url, flags["index-advisor"], statements);
  if (folders.dexter) {
    const args = ["-I", path.join(folders.dexter, "lib"), path.join(folders.dexter, "exe/dexter"), cluster.url, "--pg-stat-statements", "--min-calls", "1"];
    said["dexter"] = linesOf(() => execFileSync("ruby", args, { env, ...QUIET }), /Index found:|No new indexes|No indexes/);
  }
  if (folders.pghero)
    said["pghero"] = linesOf(
      () => execFileSync("ruby", ["-I", path.join(folders.pghero, "lib"), "-e", PGHERO, cluster.url], { env, ...QUIET }),
      /Index found:/,
    );
  if (flags["postgres-mcp"])
    said["postgres-mcp"] = linesOf(() => execFileSync(flags["postgres-mcp"], ["-c", POSTGRES_MCP, cluster.url], { env, ...QUIET }), /Index found:|Error:/);
  return said;
}

const QUIET = { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000, maxBuffer: 1e9 };

async function indexAdvisor(url, file, statements) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query("SET pg_stat_statements.track = none");
    await client.query("CREATE EXTENSION IF NOT EXISTS hypopg");
    const { rows: there } = await client.query("SELECT 1 FROM pg_proc WHERE proname = 'index_advisor'");
    if (there.length === 0) await client.query(readFileSync(file, "utf8").replace(/^\\.*$/gm, ""));
    const found = new Set();
    for (const sql of statements) {
      const { rows } = await client.query("SELECT index_statements FROM index_advisor($1)", [sql]).catch(() => ({ rows: [] }));
      for (const one of rows[0]?.index_statements ?? []) found.add(one);
    }
    return [...found];
  } finally {
    await client.end();
  }
}

const PGHERO =
  'require "active_record"; require "pg_query"; require "pghero"; ENV["PGHERO_DATABASE_URL"] = ARGV[0]; db = PgHero::Database.new("primary", {"url" => ARGV[0]}); puts db.suggested_indexes(suggested_indexes_by_query: db.suggested_indexes_by_query(queries: db.query_stats(limit: 100).map { |one| one[:query] })).map { |one| "Index found: #{one[:table]} (#{one[:columns].join(", ")})" }';

/** As its server calls it, but with statements of few calls and little time too. */
const POSTGRES_MCP = `
import asyncio, logging, sys
logging.disable(logging.CRITICAL)
from postgres_mcp.index.dta_calc import DatabaseTuningAdvisor
from postgres_mcp.sql import SqlDriver

async def main():
    driver = SqlDriver(engine_url=sys.argv[1])
    await driver.execute_query("CREATE EXTENSION IF NOT EXISTS hypopg")
    result = await DatabaseTuningAdvisor(driver).analyze_workload(min_calls=1, min_avg_time_ms=0.0)
    if result.error:
        print("Error:", result.error)
    for one in result.recommendations:
        print("Index found:", one.definition)
    await driver.conn.close()

asyncio.run(main())
`;

/** What it found, or how it failed. */
function linesOf(work, wanted) {
  try {
    return work()
      .split("\n")
      .filter((line) => wanted.test(line) && !/No (?:new )?indexes/.test(line))
      .map((line) => line.replace(/^.*Index found: /, ""));
  } catch (error) {
    const last = String(error.stderr ?? error.message)
      .trim()
      .split("\n")
      .slice(-3)
      .join(" ");
    return [`failed: ${last.slice(0, 300)}`];
  }
}
