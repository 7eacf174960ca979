import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readBytes } from "./find-files.ts";
import { readBuildStamp } from "./build-stamp.ts";
import { contentHash, readPack, writePack, type Pack } from "./pack.ts";

/**
 * What an earlier run left in `.luthier/cache`. Every file is replaced whole by a rename and carries a checksum, so
 * that runs at the same time cannot harm each other: the last one wins. A cache that cannot be read or written is none.
 */
export interface Cache {
  /** The hash of a file's content, taken from the last run where size, times and inode are what they were. */
  hashOf(file: string): string | null;
  readonly modules: Pack;
  /** Keeps these modules, and none of those that were there. */
  saveModules(modules: Pack): void;
  report(key: string): unknown;
  saveReport(key: string, report: object): void;
  saveHashes(): void;
}

interface Seen {
  readonly stat: string;
  readonly hash: string;
}

/** A file changed this shortly before its hash was taken may change again under the same time stamp. */
const SETTLED_MS = 2000;

export function openCache(root: string): Cache | null {
  const stamp = readBuildStamp();
  if (stamp === null) return null;
  const folder = path.join(root, ".luthier", "cache");
  const hashes = readChecked(path.join(folder, "hashes"), stamp);
  const before = new Map<string, Seen>(hashes === null ? [] : (JSON.parse(hashes) as [string, Seen][]));
  const now = new Map<string, Seen>();
  const hashesNow = new Map<string, string | null>();
  const started = Date.now();
  let pack: Pack | null = null;
  return {
    hashOf: (file) => {
      const taken = hashesNow.get(file);
      if (taken !== undefined) return taken;
      const stat = statKey(path.join(root, file), started);
      const known = before.get(file);
      const hash = known !== undefined && stat !== null && known.stat === stat ? known.hash : hashNow(file, readBytes(path.join(root, file)));
      hashesNow.set(file, hash);
      if (hash !== null && stat !== null) now.set(file, { stat, hash });
      return hash;
    },
    get modules() {
      pack ??= readModules(path.join(folder, "modules"), stamp);
      return pack;
    },
    saveModules: (modules) => save(folder, "modules", writePack(modules, stamp)),
    report: (key) => {
      const text = readChecked(path.join(folder, "report"), `${stamp} ${key}`);
      return text === null ? null : JSON.parse(text);
    },
    saveReport: (key, report) => save(folder, "report", checked(JSON.stringify(report), `${stamp} ${key}`)),
    saveHashes: () => {
      const isSame = now.size === before.size && [...now].every(([file, { stat }]) => before.get(file)?.stat === stat);
      if (!isSame) save(folder, "hashes", checked(JSON.stringify([...now]), stamp));
    },
  };
}

function hashNow(file: string, bytes: Uint8Array | null): string | null {
  return bytes === null ? null : contentHash(file, bytes);
}

/** Null where the file is too young for its time to say that it is unchanged. */
function statKey(file: string, now: number): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || now - Math.max(stat.mtimeMs, stat.ctimeMs) < SETTLED_MS) return null;
  return `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}`;
}

function readModules(file: string, stamp: string): Pack {
  const bytes = readBytes(file);
  return (bytes === null ? null : readPack(bytes, stamp)) ?? new Map();
}

/** One line with the stamp and the text's checksum, then the text. */
function checked(text: string, stamp: string): string {
  return `${stamp} ${checksum(text)}\n${text}`;
}

function readChecked(file: string, stamp: string): string | null {
  const bytes = readBytes(file);
  if (bytes === null) return null;
  const text = bytes.toString("utf8");
  const end = text.indexOf("\n");
  const content = text.slice(end + 1);
  return text.slice(0, end) === `${stamp} ${checksum(content)}` ? content : null;
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** A project that cannot be written to is analysed all the same. */
function save(folder: string, name: string, content: Uint8Array | string): void {
  const temporary = path.join(folder, `${name}.${process.pid}.${randomBytes(4).toString("hex")}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, ".gitignore"), "*\n");
    writeFileSync(temporary, content);
    renameSync(temporary, path.join(folder, name));
  } catch {
    rmSync(temporary, { force: true });
  }
}
