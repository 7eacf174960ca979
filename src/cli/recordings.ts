import { statSync } from "node:fs";
import path from "node:path";
import type { RecordingEvidence } from "../model/config.ts";
import type { Module } from "../model/ir.ts";
import type { Recording } from "../model/recording.ts";
import type { Notice, Report } from "../model/report.ts";
import { UsageError } from "../model/usage-error.ts";
import type { JoinedReport } from "../workload/join-recordings.ts";
import type { RelationTargetOf } from "../workload/relation-tables.ts";
import type { Environment } from "./environment.ts";
import { progressLine } from "./progress.ts";

/** Recordings that a run goes by, the last one being what the figures come from. */
export interface ReadRecordings {
  readonly recordings: readonly Recording[];
  readonly notices: readonly Notice[];
  /** How long reading took. */
  readonly milliseconds: number;
}

/** What `--recording` names, else the project's latest, else nothing. */
export async function readRecordings(root: string, given: readonly string[] | undefined, environment: Environment): Promise<ReadRecordings> {
  const { findRecording } = await import("../sources/recordings.ts");
  const latest = given === undefined ? findRecording(root) : null;
  if (given === undefined && latest === null) return { recordings: [], notices: [], milliseconds: 0 };
  const started = performance.now();
  const read = latest === null ? { recordings: await readGiven(given ?? [], root, environment), notices: [] } : await readLatest(latest, root, environment);
  return { ...read, milliseconds: Math.round(performance.now() - started) };
}

/** For rules that weigh what ran; the stamp tells one recording from another. */
export function recordingEvidence({ recordings }: ReadRecordings): RecordingEvidence | null {
  const recording = recordings.at(-1);
  if (recording === undefined) return null;
  const { folder, started, ended, bytes, lines } = recording;
  return { recording, stamp: [folder, started, ended, bytes, lines].join(" ") };
}

/** The report with what was recorded. */
export async function withRecordings(report: Report, read: ReadRecordings, root: string, exclude: readonly string[]): Promise<Report> {
  return (await joinedWithRecordings(report, read, root, exclude)).report;
}

/** The same, with the statements behind each finding. */
export async function joinedWithRecordings(
  report: Report,
  { recordings, notices, milliseconds }: ReadRecordings,
  root: string,
  exclude: readonly string[],
  targetOf?: RelationTargetOf,
): Promise<JoinedReport> {
  if (recordings.length === 0) return { report: { ...report, notices: [...report.notices, ...notices] }, parts: new Map() };
  const started = performance.now();
  const { report: joined, parts } = await join(report, recordings, { root, exclude, ...(targetOf && { targetOf }) });
  const spent = milliseconds + Math.round(performance.now() - started);
  const { totalMs, phases } = report.timing;
  return { report: { ...joined, timing: { totalMs: totalMs + spent, phases: { ...phases, recording: spent } } }, parts };
}

/** What a person named must be there and readable. */
async function readGiven(given: readonly string[], root: string, environment: Environment): Promise<Recording[]> {
  const { recordingAt } = await import("../sources/recordings.ts");
  return Promise.all(
    given.map((name) => {
      const folder = recordingAt(path.resolve(environment.cwd, name));
      if (folder === null)
        throw new UsageError("no-recording", `there is no recording in ${name}.`, "Make one with luthier record -- COMMAND, or name its folder.");
      return read(folder, root, environment);
    }),
  );
}

/** What happens to lie there does not keep the source from being checked. */
async function readLatest(
  folder: string,
  root: string,
  environment: Environment,
): Promise<{ readonly recordings: Recording[]; readonly notices: readonly Notice[] }> {
  try {
    return { recordings: [await read(folder, root, environment)], notices: [] };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { recordings: [], notices: [{ file: relative(root, folder), line: 0, column: 0, message: error.message }] };
  }
}

async function read(folder: string, root: string, { stderr }: Environment): Promise<Recording> {
  const [{ readRecording }, { openSqlParser }, { withReplayShapes }] = await Promise.all([
    import("../sources/recordings.ts"),
    import("../sql/open-parser.ts"),
    import("../workload/replay-shapes.ts"),
  ]);
  const progress = progressLine(stderr);
  try {
    const recording = { ...readRecording(folder, { root, progress: progress.step }), folder: relative(root, folder) };
    const parser = await openSqlParser();
    return withReplayShapes(recording, (sql) => parser.shapeOf(sql));
  } finally {
    progress.end();
  }
}

function relative(root: string, folder: string): string {
  const below = path.relative(root, folder);
  return below.startsWith("..") || path.isAbsolute(below) ? folder : below.split(path.sep).join("/");
}

interface JoinPlace {
  readonly root: string;
  readonly exclude: readonly string[];
  readonly targetOf?: RelationTargetOf;
}

async function join(report: Report, recordings: readonly Recording[], { root, exclude, targetOf }: JoinPlace): Promise<JoinedReport> {
  const [{ joinRecordings }, { SourceLines }, { sourceReader }, { openPythonParser }, { openSqlParser }] = await Promise.all([
    import("../workload/join-recordings.ts"),
    import("../workload/source-lines.ts"),
    import("../sources/source-reader.ts"),
    import("../python/parser.ts"),
    import("../sql/open-parser.ts"),
  ]);
  const text = sourceReader(root);
  const parser = await openPythonParser();
  const sqlParser = await openSqlParser();
  const lower = (file: string): Module | null => {
    const source = text(file);
    return source === undefined ? null : parser.lower(file, source);
  };
  const split = new Map<string, readonly string[]>();
  const readLine = (file: string, line: number): string => {
    const known = split.get(file);
    if (known !== undefined) return known[line - 1] ?? "";
    split.set(file, (text(file) ?? "").split(/\r\n|\n|\r/));
    return readLine(file, line);
  };
  const changedAt = (file: string): number | null => statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? null;
  return joinRecordings(report, {
    recordings,
    lines: new SourceLines(lower),
    exclude,
    changedAt,
    readLine,
    shapeOf: (sql) => sqlParser.shapeOf(sql),
    ...(targetOf && { targetOf }),
  });
}

/** Which recording a command that needs one reads: the one named, or the project's latest. */
export async function requireRecordings(given: readonly string[] | undefined, root: string, environment: Environment): Promise<readonly Recording[]> {
  if (given !== undefined) return readGiven(given, root, environment);
  const { findRecording } = await import("../sources/recordings.ts");
  const latest = findRecording(root);
  if (latest === null) {
    throw new UsageError("no-recording", "nothing was recorded here yet.", "Make one with luthier record -- COMMAND, or name its folder with --recording.");
  }
  return [await read(latest, root, environment)];
}
