/** Logs of PostgreSQL and files of plans, as a person names them: plain or compressed, of any length. */
import { createReadStream, type ReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { LockWaits, LoggedSum, Plan, Progress } from "../model/index.ts";
import { UsageError } from "../model/usage-error.ts";
import { type LogCounts, type LogFormat, logFormat, readLog } from "../postgres/logs/read-log.ts";
import { readPlanText } from "../postgres/plans/read-plan-text.ts";
import { openSqlParser } from "../sql/open-parser.ts";
import { keepPlans, type PlanKeeper } from "../workload/logged-plans.ts";
import { type LoggedTally, tallyLogged } from "../workload/logged-statements.ts";
import { tallyWaits, type WaitTally } from "../workload/logged-waits.ts";
import { keyStatements } from "../workload/statement-keys.ts";

export interface StatementFiles {
  readonly plans: readonly Plan[];
  readonly logged: readonly LoggedSum[];
  /** Absent where no log was among the files. */
  readonly lockWaits?: readonly LockWaits[];
  /** What was not read, one sentence each. */
  readonly notices: readonly string[];
}

const MEGABYTE = 1_000_000;
/** A plan is some 20 kB; a longer file is something else. Ours. */
const LONGEST_PLAN_FILE = 64 * MEGABYTE;
/** Read at once. */
const CHUNK = 1 << 18;

/** Reads each file once. Memory is bound by the number of different statements, not by the length of the logs. */
export async function readStatementFiles(files: readonly string[], progress: Progress = () => {}): Promise<StatementFiles> {
  const keyed = keyStatements(await openSqlParser());
  const reading: Reading = {
    plans: [],
    kept: keepPlans(keyed),
    tally: tallyLogged(keyed),
    waits: tallyWaits(keyed),
    logs: { count: 0 },
    notices: [],
    progress,
  };
  for (const file of files) await readFile(file, reading);
  const { plans, kept, tally, waits, logs, notices } = reading;
  return {
    plans: [...plans, ...kept.plans()],
    logged: tally.sums(),
    ...(logs.count === 0 ? {} : { lockWaits: waits.sums() }),
    notices: [...notices, ...droppedNotices(tally.dropped(), kept.dropped())],
  };
}

interface Reading {
  readonly plans: Plan[];
  readonly kept: PlanKeeper;
  readonly tally: LoggedTally;
  readonly waits: WaitTally;
  readonly logs: { count: number };
  readonly notices: string[];
  readonly progress: Progress;
}

function droppedNotices(statements: number, plans: number): string[] {
  return [
    ...(statements === 0 ? [] : [`${statements} logged statements are left out: the logs hold more different ones than are kept.`]),
    ...(plans === 0 ? [] : [`${plans} logged plans are left out: the logs hold more different ones than are kept.`]),
  ];
}

async function readFile(file: string, reading: Reading): Promise<void> {
  const text = textOf(file, await openFile(file), reading);
  const first = await text.next();
  const beginning = first.done === true ? "" : first.value;
  const format = logFormat(beginning);
  if (format === null) await readPlans(file, beginning, text, reading);
  else await readLogText({ file, format, beginning }, text, reading);
}

interface OpenedFile {
  readonly bytes: number;
  readonly isCompressed: boolean;
}

/** By its first bytes: logs are compressed under all kinds of names. */
async function openFile(file: string): Promise<OpenedFile> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return { bytes: (await stat(file)).size, isCompressed: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new UsageError("unreadable-statements", `${file} cannot be read.`, "Name a log of PostgreSQL or a file of EXPLAIN (FORMAT JSON).", { cause });
  }
}

async function* textOf(file: string, { bytes, isCompressed }: OpenedFile, { notices, progress }: Reading): AsyncGenerator<string> {
  const source = createReadStream(file, { highWaterMark: CHUNK });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of isCompressed ? unzipped(source) : source) {
      yield decoder.decode(chunk as Buffer, { stream: true });
      progress({ phase: "reading", done: Math.round(source.bytesRead / MEGABYTE), total: Math.round(bytes / MEGABYTE), unit: "MB" });
    }
  } catch {
    notices.push(`${file} is not whole: it was read up to where it breaks off.`);
  }
  yield decoder.decode();
}

function unzipped(source: ReadStream): Readable {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  source.on("error", (cause) => gunzip.destroy(cause));
  return source.pipe(gunzip);
}

async function readPlans(file: string, beginning: string, rest: AsyncIterable<string>, { plans, notices }: Reading): Promise<void> {
  let text = beginning;
  for await (const chunk of rest) {
    text += chunk;
    if (text.length > LONGEST_PLAN_FILE) throw neither(file);
  }
  const found = readPlanText(text, file);
  if (found.plans.length === 0) throw found.textual > 0 ? textual(file) : neither(file);
  plans.push(...found.plans);
  if (found.broken > 0) notices.push(`${file}: ${counted(found.broken, "part")} could not be read as a plan.`);
}

const neither = (file: string): UsageError =>
  new UsageError(
    "no-statements",
    `${file} is neither a log of PostgreSQL nor a plan of EXPLAIN (FORMAT JSON).`,
    "Name a log in the formats stderr, csvlog or jsonlog, or a file of plans as JSON.",
  );

const textual = (file: string): UsageError =>
  new UsageError("no-statements", `${file} holds plans as text, which are not read.`, "Run EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON).");

interface Log {
  readonly file: string;
  readonly format: LogFormat;
  readonly beginning: string;
}

async function readLogText({ file, format, beginning }: Log, rest: AsyncIterable<string>, { kept, tally, waits, logs, notices }: Reading): Promise<void> {
  logs.count += 1;
  const reader = readLog(format, file, { statement: (one) => tally.add(one), plan: (one) => kept.add(one), wait: (one) => waits.add(one) });
  reader.push(beginning);
  for await (const chunk of rest) reader.push(chunk);
  notices.push(...logNotices(file, reader.end()));
}

function logNotices(file: string, { statements, plans, waits, otherPlans, brokenPlans, loneDurations, broken }: LogCounts): string[] {
  return [
    ...(statements + plans + waits === 0
      ? [`${file} says of no statement how long it took: log_min_duration_statement is off, or lc_messages is not English.`]
      : []),
    ...(otherPlans === 0 ? [] : [`${file}: ${counted(otherPlans, "plan")} of auto_explain not read, because auto_explain.log_format is not json.`]),
    ...(brokenPlans === 0 ? [] : [`${file}: ${counted(brokenPlans, "plan")} could not be read.`]),
    ...(loneDurations === 0
      ? []
      : [`${file}: ${counted(loneDurations, "duration")} without a statement to join, because log_line_prefix names no process or the log begins later.`]),
    ...(broken === 0 ? [] : [`${file}: ${counted(broken, "line")} could not be read.`]),
  ];
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
