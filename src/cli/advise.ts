import { readFileSync } from "node:fs";
import path from "node:path";
import type { Database, IndexStudy } from "../model/index.ts";
import { UsageError } from "../model/usage-error.ts";
import { findDatabase, type DatabaseFlags } from "./database.ts";
import type { Environment } from "./environment.ts";
import { findRoot, resolveConfig } from "./prepare.ts";
import { progressLine } from "./progress.ts";

export interface AdviseFlags extends DatabaseFlags {
  readonly budget?: number;
  /** Of the search. */
  readonly seconds: number;
  /** A file of statements in place of the workload that was seen. */
  readonly workload?: string;
  readonly format: "text" | "json";
  readonly exclude?: readonly string[];
  readonly jobs?: number;
  readonly cache: boolean;
}

/** `luthier advise indexes`: which indexes the workload wants, planned on a phantom. */
export async function advise(given: string, flags: AdviseFlags, environment: Environment): Promise<void> {
  const { cwd, stderr, stdout } = environment;
  const root = findRoot(given, cwd);
  const evidence = await findDatabase(root, flags, cwd);
  if (evidence === null) throw new UsageError("no-snapshot", "there is no snapshot of a database here.", "Take one with luthier snapshot --db URL, or name its file with --snapshot.");
  const config = await resolveConfig(root, flags, cwd);
  const progress = progressLine(stderr);
  const interrupted = onInterrupt();
  try {
    const { openProject } = await import("../analyse.ts");
    const opened = await openProject({ ...config, root, database: evidence }, progress.step);
    const database = flags.workload === undefined ? opened.database : await withStatements(opened.database, path.resolve(cwd, flags.workload));
    if (database.workload.statements.length === 0) throw new UsageError("nothing-timed", "the snapshot holds no statements.", "Install pg_stat_statements, let the application run, and take it anew; or name a log with --log, or statements with --workload.");
    const { studyOn } = await import("../sources/study-database.ts");
    const { budget, seconds } = flags;
    const study = await studyOn(database, { seconds, ...(budget === undefined ? {} : { budget }), isOver: interrupted.isOver, progress: (phase, done, total) => progress.step({ phase, done, total, unit: "" }) });
    progress.end();
    stdout.write(await written(study, database, flags.format));
  } finally {
    progress.end();
    interrupted.stop();
  }
}

async function written(study: IndexStudy, database: Database, format: AdviseFlags["format"]): Promise<string> {
  const { indexAdviceText, indexAdviceJson } = await import("../report/index-advice.ts");
  return format === "json" ? `${JSON.stringify(indexAdviceJson(study, database), null, 2)}\n` : indexAdviceText(study, database);
}

/** The first interrupt asks for the best so far; the second one ends the program as it always would. */
function onInterrupt(): { readonly isOver: () => boolean; readonly stop: () => void } {
  let isOver = false;
  const listen = (): void => {
    isOver = true;
  };
  process.once("SIGINT", listen);
  return { isOver: () => isOver, stop: () => void process.removeListener("SIGINT", listen) };
}

/** Each statement once, all of them called as often. */
async function withStatements(database: Database, file: string): Promise<Database> {
  const { openSqlParser } = await import("../sql/open-parser.ts");
  const { splitStatements } = await import("../sql/split-statements.ts");
  const { statementsOfFile } = await import("../workload/named-statements.ts");
  const parser = await openSqlParser();
  return { ...database, workload: statementsOfFile(splitStatements(readText(file)), (sql) => parser.shapeOf(sql)) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError("no-such-path", `${file} cannot be read.`, "Name a file of statements, each ended by a semicolon.", { cause });
  }
}
