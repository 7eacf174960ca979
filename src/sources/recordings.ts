import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import path from "node:path";
import type { Progress } from "../model/config.ts";
import type { Recording } from "../model/recording.ts";
import { UsageError } from "../model/usage-error.ts";
import { addUp } from "../recording/add-up.ts";
import type { Line } from "../recording/lines.ts";
import { ProcessReader } from "../recording/process-reader.ts";
import { Tallies } from "../recording/tallies.ts";

/** Read at once: more lines would outlive a collection of young objects. */
const CHUNK = 1 << 18;
const MEGABYTE = 1_000_000;

/** The newest recording below a project's root, which `.luthier/recordings/latest` names; null when there is none. */
export function findRecording(root: string): string | null {
  const folder = path.join(root, ".luthier", "recordings");
  const pointer = path.join(folder, "latest");
  if (!existsSync(pointer)) return null;
  const name = path.basename(readFileSync(pointer, "utf8").trim());
  const found = path.join(folder, name);
  return name !== "" && existsSync(found) ? found : null;
}

/** A recording's folder, from what a person named: itself, a folder of recordings, or a project that has some; null when it is none. */
export function recordingAt(given: string): string | null {
  if (!existsSync(given) || !statSync(given).isDirectory()) return null;
  if (readdirSync(given).some((name) => name.endsWith(".jsonl"))) return given;
  const pointer = path.join(given, "latest");
  if (existsSync(pointer)) return path.join(given, path.basename(readFileSync(pointer, "utf8").trim()));
  return findRecording(given) ?? given;
}

interface ReadOptions {
  /** The project's folder, when the recording may have been made from one above or below it. */
  readonly root?: string | null;
  readonly progress?: Progress;
}

/**
 * Reads a recording once, from its first line to its last, and keeps only sums, a few samples of it and the times of its statements up to a bound: memory
 * does not grow with the recording's size beyond that.
 */
export function readRecording(folder: string, { root = null, progress = () => {} }: ReadOptions = {}): Recording {
  const files = processFiles(folder);
  const total = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const tallies = new Tallies();
  const processes: ProcessReader[] = [];
  let done = 0;
  for (const file of files) {
    const reader = new ProcessReader(tallies, root);
    const sink = { take: (line: Line) => reader.add(line), breaks: () => (tallies.broken += 1) };
    done += readLines(file, sink, (bytes) =>
      progress({ phase: "reading", done: Math.round((done + bytes) / MEGABYTE), total: Math.round(total / MEGABYTE), unit: "MB" }),
    );
    reader.finish();
    if (reader.header !== null && !reader.isForeign) processes.push(reader);
  }
  if (processes.length === 0) throw nothingRecorded(folder);
  return { folder, bytes: total, ...headOf(folder, processes), ...addUp(tallies), replay: tallies.replay.result() };
}

/** The files of a recording, one a process, in the order in which they were begun. */
export function processFiles(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError("no-recording", `there is no recording in ${folder}.`, "Make one with luthier record -- COMMAND, or name its folder.");
  }
  const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).map((name) => path.join(folder, name));
}

function nothingRecorded(folder: string): UsageError {
  return new UsageError(
    "no-recording",
    `${folder} holds no process that was recorded.`,
    "Run the command that you recorded to its end, and see what it says on standard error.",
  );
}

/** Where the lines of a file go, and where it is said that one cannot be read. */
export interface LineSink {
  readonly take: (line: Line) => void;
  readonly breaks: () => void;
}

/** Hands on a file's lines and returns its size. A last line without its newline is what a killed process left. */
export function readLines(file: string, sink: LineSink, tick: (bytes: number) => void = () => {}): number {
  const descriptor = openSync(file, "r");
  let buffer = Buffer.allocUnsafe(CHUNK);
  let held = 0;
  let size = 0;
  try {
    for (;;) {
      if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const count = readSync(descriptor, buffer, held, buffer.length - held, null);
      if (count === 0) return size;
      size += count;
      const end = buffer.subarray(0, held + count).lastIndexOf(10) + 1;
      if (end > 0) {
        for (const line of parseLines(buffer.toString("utf8", 0, end - 1), sink)) sink.take(line);
        buffer.copyWithin(0, end, held + count);
      }
      held += count - end;
      tick(size);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** All lines at once, which is several times as fast as one by one; one by one when any of them is no JSON array. */
function parseLines(text: string, { breaks }: Pick<LineSink, "breaks">): readonly Line[] {
  try {
    const lines = JSON.parse(`[${text.replaceAll("\n", ",")}]`) as unknown[];
    if (lines.every(Array.isArray)) return lines as Line[];
  } catch {
    // One of them is broken: the others are read below.
  }
  return text.split("\n").flatMap((line) => {
    const parsed = parseLine(line);
    if (parsed === null) breaks();
    return parsed === null ? [] : [parsed];
  });
}

function parseLine(text: string): Line | null {
  try {
    const line: unknown = JSON.parse(text);
    return Array.isArray(line) ? (line as Line) : null;
  } catch {
    return null;
  }
}

type Head = Pick<Recording, "command" | "started" | "ended" | "python" | "django" | "literals" | "fields" | "sample" | "processes" | "killed">;

function headOf(folder: string, processes: readonly ProcessReader[]): Head {
  const headers = processes.map(({ header }): Readonly<Record<string, unknown>> => header ?? {});
  const spans = processes.map(({ header, lastTime }) => {
    const epoch = numberOf(header?.["epoch"]);
    return { start: epoch / 1000, end: (epoch + lastTime) / 1000 };
  });
  const meta = readMeta(folder);
  return {
    command: commandOf(meta["command"]) ?? commandOf(headers[0]?.["argv"]),
    started: Math.min(...spans.map(({ start }) => start)),
    ended: Math.max(...spans.map(({ end }) => end)),
    python: firstText(headers, "python"),
    django: firstText(headers, "django"),
    literals: headers.some((header) => header["literals"] === true),
    fields: headers.some((header) => header["fields"] === true),
    sample: Math.min(1, ...headers.map((header) => numberOf(header["sample"], 1))),
    processes: processes.length,
    killed: processes.filter(({ hasEnded }) => !hasEnded).length,
  };
}

function readMeta(folder: string): Readonly<Record<string, unknown>> {
  try {
    const meta: unknown = JSON.parse(readFileSync(path.join(folder, "meta.json"), "utf8"));
    return typeof meta === "object" && meta !== null ? (meta as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function commandOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.map(String).join(" ");
  return typeof value === "string" ? value : null;
}

function firstText(headers: readonly Readonly<Record<string, unknown>>[], key: string): string | null {
  const value = headers.map((header) => header[key]).find((one) => typeof one === "string");
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown, otherwise = 0): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}
