import { readFileSync } from "node:fs";
import path from "node:path";
import type { Database, IndexMeasurement, IndexStudy } from "../model/index.ts";
import { UsageError } from "../model/usage-error.ts";
import { findDatabase, type DatabaseFlags } from "./database.ts";
import type { Environment } from "./environment.ts";
import { findRoot, resolveConfig } from "./prepare.ts";
import { progressLine, type ProgressLine } from "./progress.ts";

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
  /** Build the chosen indexes on the copy of `db`, and run the workload there. */
  readonly measure?: boolean;
  readonly db?: string;
  /** Leave those that no statement uses where they are. */
  readonly keepUnused?: boolean;
  /** Of one statement on the copy, in seconds. */
  readonly timeout: number;
}

/** `luthier advise indexes`: which indexes the workload wants, planned on a phantom. */
export async function advise(given: string, flags: AdviseFlags, environment: Environment): Promise<void> {
  const { cwd, stderr, stdout } = environment;
  refuseHalfNamedCopy(flags);
  const root = findRoot(given, cwd);
  const evidence = await findDatabase(root, flags, cwd);
  if (evidence === null)
    throw new UsageError(
      "no-snapshot",
      "there is no snapshot of a database here.",
      "Take one with luthier snapshot --db URL, or name its file with --snapshot.",
    );
  if (flags.db !== undefined) await (await import("../sources/measure/copy.ts")).refuseNoCopy(flags.db, evidence.snapshot);
  const config = await resolveConfig(root, flags, cwd);
  const progress = progressLine(stderr);
  const interrupted = onInterrupt();
  try {
    const { openProject } = await import("../analyse.ts");
    const opened = await openProject({ ...config, root, database: evidence }, progress.step);
    const database = flags.workload === undefined ? opened.database : await withStatements(opened.database, path.resolve(cwd, flags.workload));
    if (database.workload.statements.length === 0)
      throw new UsageError(
        "nothing-timed",
        "the snapshot holds no statements.",
        "Install pg_stat_statements, let the application run, and take it anew; or name a log with --log, or statements with --workload.",
      );
    const { studyOn } = await import("../sources/study-database.ts");
    const { budget, seconds } = flags;
    const study = await studyOn(database, {
      seconds,
      ...(budget === undefined ? {} : { budget }),
      isOver: interrupted.isOver,
      progress: (phase, done, total) => progress.step({ phase, done, total, unit: "" }),
    });
    interrupted.stop();
    const measurement = flags.db === undefined ? null : await measured(study, { database, root, flags, target: flags.db }, progress);
    progress.end();
    stdout.write(await written(study, measurement, database, flags.format));
  } finally {
    progress.end();
    interrupted.stop();
  }
}

/** Nothing is ever written to a database that was not named for it. */
function refuseHalfNamedCopy({ measure, db }: AdviseFlags): void {
  if (measure === true && db === undefined)
    throw new UsageError(
      "no-copy",
      "--measure builds indexes, and no copy to build them on was named.",
      "Add --db URL of a copy of the database: nothing is ever built on the database itself.",
    );
  if (measure !== true && db !== undefined)
    throw new UsageError(
      "bad-usage",
      "--db is for --measure.",
      "Indexes are planned from a snapshot; add --measure to build them on a copy, or leave --db out.",
    );
}

/** Times of one statement differ from run to run; with five, the middle one stands still. Ours. */
const ROUNDS = 5;

interface ToMeasure {
  readonly database: Database;
  readonly root: string;
  readonly flags: AdviseFlags;
  readonly target: string;
}

async function measured(study: IndexStudy, { database, root, flags, target }: ToMeasure, progress: ProgressLine): Promise<IndexMeasurement> {
  const [{ measureIndexes }, { saveMeasurement }] = await Promise.all([
    import("../sources/measure/measure-indexes.ts"),
    import("../sources/measurement-file.ts"),
  ]);
  const cancels: (() => void)[] = [];
  const interrupted = onInterrupt(() => cancels.forEach((one) => one()));
  try {
    const measurement = await measureIndexes(study, database, {
      target,
      timeout: flags.timeout * 1000,
      rounds: ROUNDS,
      keepsUnused: flags.keepUnused === true,
      isOver: interrupted.isOver,
      onCancel: (cancel) => cancels.push(cancel),
      progress: (phase, done, total) => progress.step({ phase, done, total, unit: "" }),
    });
    saveMeasurement(root, measurement, study, database.snapshot);
    return measurement;
  } finally {
    interrupted.stop();
  }
}

async function written(study: IndexStudy, measurement: IndexMeasurement | null, database: Database, format: AdviseFlags["format"]): Promise<string> {
  const [{ indexAdviceText, indexAdviceJson }, { measurementText, measurementJson }] = await Promise.all([
    import("../report/index-advice.ts"),
    import("../report/index-measurement.ts"),
  ]);
  if (format === "json")
    return `${JSON.stringify({ ...indexAdviceJson(study, database), ...(measurement === null ? {} : { measured: measurementJson(measurement, database) }) }, null, 2)}\n`;
  return measurement === null ? indexAdviceText(study, database) : `${indexAdviceText(study, database)}\n${measurementText(measurement, study, database)}`;
}

/** The first interrupt asks for the best so far; the second one ends the program as it always would. */
function onInterrupt(then: () => void = () => {}): { readonly isOver: () => boolean; readonly stop: () => void } {
  let isOver = false;
  // Whoever listens already would end the program at once.
  const others = process.rawListeners("SIGINT") as NodeJS.SignalsListener[];
  const restore = (): void => {
    process.removeListener("SIGINT", listen);
    for (const one of others.splice(0)) process.on("SIGINT", one);
  };
  const listen = (): void => {
    isOver = true;
    restore();
    then();
  };
  process.removeAllListeners("SIGINT");
  process.on("SIGINT", listen);
  return { isOver: () => isOver, stop: restore };
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
