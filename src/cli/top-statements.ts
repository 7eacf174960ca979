import type { Database, Statement, StatementSite } from "../model/index.ts";
import { UsageError } from "../model/usage-error.ts";
import { findDatabase, type DatabaseFlags } from "./database.ts";
import type { Environment } from "./environment.ts";
import { findRoot, pathPrefix, resolveConfig } from "./prepare.ts";
import { progressLine } from "./progress.ts";

export interface TopStatementsFlags extends DatabaseFlags {
  readonly limit: number;
  readonly format: "text" | "json";
  readonly exclude?: readonly string[];
  readonly jobs?: number;
  readonly cache: boolean;
}

/** `luthier top-statements`: what takes the database's time, and the lines that ask for it. */
export async function topStatements(given: string, flags: TopStatementsFlags, environment: Environment): Promise<void> {
  const { cwd, stderr, stdout } = environment;
  const root = findRoot(given, cwd);
  const evidence = await findDatabase(root, flags, cwd);
  if (evidence === null)
    throw new UsageError(
      "no-snapshot",
      "there is no snapshot of a database here.",
      "Take one with luthier snapshot --db URL, or name its file with --snapshot.",
    );
  const config = await resolveConfig(root, flags, cwd);
  const progress = progressLine(stderr);
  const { openProject } = await import("../analyse.ts");
  const { database, position } = await openProject({ ...config, root, database: evidence }, progress.step).finally(() => progress.end());
  if (database.workload.statements.length === 0)
    throw new UsageError(
      "nothing-timed",
      "the snapshot holds no statements.",
      "Install pg_stat_statements, let the application run, and take it anew; or name a log with --log.",
    );
  if (flags.format === "json") stdout.write(`${JSON.stringify(toJson(database, flags.limit, position), null, 2)}\n`);
  else {
    const { renderTopStatements } = await import("../report/top-statements.ts");
    const { textWidth } = await import("./terminal.ts");
    const width = textWidth(environment);
    stdout.write(renderTopStatements(database, { pathPrefix: pathPrefix(cwd, root) }, { limit: flags.limit, width, ellipsis: "…", position }));
  }
}

type Position = (site: StatementSite) => { readonly line: number; readonly column: number };

function toJson({ workload, snapshot }: Database, limit: number, position: Position): object {
  const statements = workload.statements.toSorted((a, b) => b.totalMs - a.totalMs).slice(0, limit);
  return {
    schema: "luthier-top-statements/1",
    takenAt: snapshot.takenAt,
    days: workload.days,
    totalMs: workload.totalMs,
    statements: statements.map((one) => statementJson(one, position)),
  };
}

function statementJson({ id, sql, calls, totalMs, meanMs, rows, share, written }: Statement, position: Position): object {
  const sites = written.sites.map((site) => ({ file: site.span.file, ...position(site), symbol: site.symbol, model: site.model, how: site.how }));
  return { id, sql, calls, totalMs, meanMs, rows, share, certainty: written.certainty, sites };
}
