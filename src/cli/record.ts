import { randomBytes } from "node:crypto";
import path from "node:path";
import { makeRecordingFolder, pointLatest, removeRecording, writeMeta, type RecordingMeta } from "../sources/recording-folder.ts";
import { summariseRecording, type RecordingSummary } from "../sources/recording-summary.ts";
import { recordedEnvironment, runRecorded } from "../sources/run-recorded.ts";
import type { Environment } from "./environment.ts";

export interface RecordFlags {
  readonly out?: string;
  readonly literals?: boolean;
  readonly fields?: boolean;
  /** Of the scopes, from above 0 to 1. */
  readonly sample: number;
  /** Bytes for each process. */
  readonly maxSize: number;
}

/** Of the key under which parameters become numbers; it lives as long as the command. */
const KEY_BYTES = 16;

/** `luthier record`: runs the command with the recorder in it, and ends as it ended. */
export async function record(command: readonly string[], flags: RecordFlags, environment: Environment): Promise<number> {
  const { cwd, env, version, stderr } = environment;
  const folder = makeRecordingFolder(cwd, flags.out, new Date());
  const { literals = false, fields = false, sample, maxSize } = flags;
  const settings = { folder, root: cwd, recorder: version, literals, fields, sample, maxSize, key: randomBytes(KEY_BYTES).toString("hex") };
  const start: RecordingMeta = { version: 1, command, cwd, start: new Date().toISOString(), end: null, status: null, luthier: version };
  writeMeta(folder, start);
  const options = { cwd, env: recordedEnvironment(env, settings), isTerminal: process.stdin.isTTY === true };
  const status = await runRecorded(command, options).catch((error: unknown) => {
    removeRecording(folder, flags.out === undefined);
    throw error;
  });
  stderr.write(await finish(folder, { ...start, end: new Date().toISOString(), status }, cwd));
  return status;
}

/** A full disk must not change the command's exit status: what cannot be written is said. */
async function finish(folder: string, meta: RecordingMeta, cwd: string): Promise<string> {
  try {
    writeMeta(folder, meta);
    pointLatest(cwd, folder);
  } catch (error) {
    return `luthier: the recording in ${folder} could not be finished: ${error instanceof Error ? error.message : String(error)}\n`;
  }
  return describe(summariseRecording(folder), shownFrom(cwd, folder));
}

function describe(summary: RecordingSummary, shown: string): string {
  const { processes, statements, bytes } = summary;
  if (processes === 0) return `${nothingRecorded(shown)}${losses(summary)}`;
  const scopes = summary.scopes.filter(([kind]) => kind !== "setup" && kind !== "process").map(([kind, count]) => counted(count, kind));
  const what = [counted(statements, "statement"), ...scopes, counted(processes, "process")].join(", ");
  return `luthier: recorded ${what}; ${size(bytes)} in ${shown}\n${losses(summary)}luthier: next: luthier check --recording ${shown}\n`;
}

function shownFrom(cwd: string, folder: string): string {
  const relative = path.relative(cwd, folder) || ".";
  return relative.startsWith("..") ? folder : relative;
}

function nothingRecorded(shown: string): string {
  return (
    `luthier: nothing was recorded in ${shown}: no Python that imported Django wrote there.\n` +
    "luthier: look for python -I, -E or -S, a cleared environment (tox, sudo, containers), or another user that may not write there.\n"
  );
}

function losses({ lost, unwritten }: RecordingSummary): string {
  const lines = lost.map(([reason, count]) => `luthier: not kept: ${count} (${explain(reason)})\n`);
  return [...lines, ...unwritten.map((reason) => `luthier: a process could not write its recording (${explain(reason)}); what it did then is missing.\n`)].join(
    "",
  );
}

function explain(reason: string): string {
  if (reason === "limit") return "the limit of --max-size was reached";
  if (reason === "scopes not sampled") return "scopes left out by --sample";
  if (reason === "ENOSPC") return "the disk is full";
  if (reason === "EACCES" || reason === "EPERM") return "no permission to write there";
  return reason;
}

function counted(count: number, noun: string): string {
  const plural = noun.endsWith("s") ? `${noun}es` : `${noun}s`;
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;
}

function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
