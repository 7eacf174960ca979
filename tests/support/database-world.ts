/** A real PostgreSQL that fixtures of rules run on, each in a database of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { analyse } from "../../src/analyse.ts";
import { runRules } from "../../src/findings/run-rules.ts";
import type { Database, DatabaseEvidence, Finding, Plan, Rule, Snapshot, Verdict } from "../../src/model/index.ts";
import { readLog } from "../../src/postgres/logs/read-log.ts";
import { openSqlParser } from "../../src/sql/open-parser.ts";
import { keyStatements } from "../../src/workload/statement-keys.ts";
import { tallyWaits } from "../../src/workload/logged-waits.ts";
import { studyOn } from "../../src/sources/study-database.ts";
import { proposedBy } from "../../src/proposals.ts";
import { openDatabase } from "../../src/open-database.ts";
import { collectSnapshot } from "../../src/sources/postgres/collect.ts";
import { databaseOptions, type DatabaseCase } from "./database-case.ts";
import { plansOf } from "./explain.ts";
import { earlierOf, withGiven, thresholdsIn } from "./given.ts";
import { startPostgres } from "./services.ts";
import { SHOP_FILES } from "./shop-project.ts";
import { writeFiles } from "./temporary-folder.ts";

export interface DatabaseWorld {
  /** Creates a database, runs the SQL and takes its snapshot. */
  readonly build: (sql: string) => Promise<BuiltDatabase>;
  readonly stop: () => void;
}

export interface BuiltDatabase {
  readonly url: string;
  readonly snapshot: Snapshot;
  /** Of the SQL's `-- explain:` and `-- plan:` lines. */
  readonly plans: readonly Plan[];
  /** Runs statements as `psql` does, each in a transaction of its own; throws what it says when one fails. */
  readonly run: (statements: string) => string;
}

export async function startDatabaseWorld(): Promise<DatabaseWorld> {
  // Autovacuum is on, as rules expect, but must not come between a fixture's statements and its snapshot.
  const { cluster, stop } = await startPostgres({ settings: { autovacuum_naptime: "1d" } });
  let count = 0;
  const psql = (database: string, sql: string): string => {
    const url = withDatabase(cluster.url, database);
    const { status, stdout, stderr } = spawnSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"], {
      input: sql,
      encoding: "utf8",
      env: { ...process.env, ...cluster.env, PGOPTIONS: "--client-min-messages=warning" },
    });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  return {
    stop,
    build: async (sql) => {
      const name = `fixture_${(count += 1)}`;
      const options = databaseOptions(sql);
      psql("postgres", `CREATE DATABASE ${name} ${options === "" ? "" : `TEMPLATE template0 ${options}`};`);
      psql(name, sql);
      const url = withDatabase(cluster.url, name);
      const plans = plansOf(sql, (statements) => psql(name, statements));
      return { url, snapshot: await takeSnapshot(url), plans, run: (statements) => psql(name, statements) };
    },
  };
}

export function takeSnapshot(...targets: readonly string[]): Promise<Snapshot> {
  return takeWith(false, ...targets);
}

/** With a look at rows: dependencies, copies and lists. */
export function takeSampledSnapshot(...targets: readonly string[]): Promise<Snapshot> {
  return takeWith(true, ...targets);
}

function takeWith(sample: boolean, ...targets: readonly string[]): Promise<Snapshot> {
  return collectSnapshot({ targets, sample, statementTimeout: 30_000, connectTimeout: 10_000, version: "0.0.0", progress: () => undefined });
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

export interface CaseVerdict {
  readonly findings: readonly Finding[];
  readonly unknown: readonly Verdict[];
}

/** What one rule says of a case. */
export async function judgeCase(rule: Rule, one: DatabaseCase, built: Snapshot, plans: readonly Plan[] = []): Promise<CaseVerdict> {
  const earlier = earlierOf(built, one.sql);
  const evidence: DatabaseEvidence = {
    snapshot: withGiven(built, one.sql),
    file: ".luthier/snapshot.json.gz",
    plans,
    logged: [],
    ...(await loggedIn(one.sql)),
    ...(earlier === null ? {} : { earlier }),
    stamp: one.name,
  };
  if (Object.keys(one.files).length > 0) return judgeProject(rule, one, evidence);
  const database = await planned(rule, await openDatabase(evidence, null), one.sql);
  const { findings, unknown } = runRules([rule], { source: null, database, thresholds: thresholdsIn(one.sql) });
  return { findings, unknown };
}

/** `-- log: LINE`: what the server wrote into its log. */
async function loggedIn(sql: string): Promise<Pick<DatabaseEvidence, "lockWaits">> {
  const lines = [...sql.matchAll(/^-- log: (.+)$/gm)].map(([, line = ""]) => `${line}\n`);
  if (lines.length === 0) return {};
  const waits = tallyWaits(keyStatements(await openSqlParser()));
  const reader = readLog("stderr", "postgresql.log", { statement: () => undefined, plan: () => undefined, wait: (wait) => waits.add(wait) });
  reader.push(lines.join(""));
  reader.end();
  return { lockWaits: waits.sums() };
}

function phantomIn(sql: string): { readonly phantom?: { readonly seconds: number } } {
  const [, seconds] = /^-- given: phantom = (\d+)$/m.exec(sql) ?? [];
  return seconds === undefined ? {} : { phantom: { seconds: Number(seconds) } };
}

/** `-- given: phantom = SECONDS`: the workload is planned with and without indexes. */
async function planned(rule: Rule, database: Database, sql: string): Promise<Database> {
  const { phantom } = phantomIn(sql);
  if (phantom === undefined) return database;
  const { indexes, changes } = proposedBy([rule], database, null, thresholdsIn(sql));
  return { ...database, study: await studyOn(database, { ...phantom, proposals: indexes, changes }) };
}

async function judgeProject(rule: Rule, { files, sql }: DatabaseCase, database: DatabaseEvidence): Promise<CaseVerdict> {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-case-")));
  try {
    writeFiles(root, { ...SHOP_FILES, ...files });
    const options = {
      root,
      exclude: [],
      jobs: 1,
      cache: false,
      settings: [],
      sourceRoots: [],
      conventions: [],
      thresholds: thresholdsIn(sql),
      database,
      ...phantomIn(sql),
    };
    const report = await analyse(options, () => undefined);
    return {
      findings: report.findings.filter((finding) => finding.rule === rule.meta.id),
      unknown: report.coverage.unknown.filter((verdict) => verdict.rule === rule.meta.id),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
