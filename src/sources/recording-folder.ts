import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { UsageError } from "../model/usage-error.ts";

/** What `meta.json` says of a recording. */
export interface RecordingMeta {
  readonly version: 1;
  readonly command: readonly string[];
  readonly cwd: string;
  /** ISO 8601. */
  readonly start: string;
  /** Null while the command runs, and for ever when it was not seen to end. */
  readonly end: string | null;
  readonly status: number | null;
  readonly luthier: string;
}

/** Makes the folder of a new recording: the one that was asked for, or a fresh one below `.luthier/recordings`. */
export function makeRecordingFolder(cwd: string, out: string | undefined, now: Date): string {
  const folder = out === undefined ? path.join(recordingsFolder(cwd), nameFor(now)) : path.resolve(cwd, out);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new UsageError("unwritable", `${folder} cannot be written.`, "Name a folder that can be with --out.", { cause });
  }
  if (readdirSync(folder).length > 0) {
    throw new UsageError("not-empty", `${folder} is not empty.`, "Name a new folder with --out: a recording has one of its own.");
  }
  if (out === undefined) keepFromGit(path.dirname(folder));
  return folder;
}

function recordingsFolder(cwd: string): string {
  return path.join(cwd, ".luthier", "recordings");
}

/** `20261122-214500-4f1c`: sorted by time, and two of the same second differ. */
function nameFor(now: Date): string {
  const [day = "", time = ""] = now
    .toISOString()
    .replaceAll(/[-:]|\..*/g, "")
    .split("T");
  return `${day}-${time}-${randomBytes(2).toString("hex")}`;
}

function keepFromGit(folder: string): void {
  const file = path.join(folder, ".gitignore");
  if (!existsSync(file)) writeFileSync(file, "*\n");
}

/** Replaces `meta.json` whole. */
export function writeMeta(folder: string, meta: RecordingMeta): void {
  replaceFile(path.join(folder, "meta.json"), `${JSON.stringify(meta, null, 2)}\n`);
}

/** Says which recording is the newest, for recordings in the usual place. */
export function pointLatest(cwd: string, folder: string): void {
  if (path.dirname(folder) === recordingsFolder(cwd)) replaceFile(path.join(recordingsFolder(cwd), "latest"), `${path.basename(folder)}\n`);
}

/** Takes back a recording whose command could not be started; a folder that was asked for may have been there before. */
export function removeRecording(folder: string, isOurs: boolean): void {
  rmSync(isOurs ? folder : path.join(folder, "meta.json"), { recursive: true, force: true });
}

function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
