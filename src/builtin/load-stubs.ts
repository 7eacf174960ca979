import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { codecVersion } from "../python/codec.ts";
import { readPack, type Pack } from "../sources/pack.ts";
import { UsageError } from "../model/usage-error.ts";

/** A stub module's text and the name it is imported by. */
export interface Stub {
  readonly name: string;
  readonly isPackage: boolean;
  /** `builtin/django/db/models/base.py`: no path of the user's. */
  readonly file: string;
  readonly text: string;
}

const ownStubs = fileURLToPath(new URL("stubs", import.meta.url));

/** Reads the stubs that lie beside this module, those in another folder laid out like packages, or a single module. */
export function loadStubs(folder: string = ownStubs): readonly Stub[] {
  if (!existsSync(folder))
    throw new UsageError("unknown-conventions", `The conventions \`${folder}\` do not exist.`, "Name a folder or file of stubs in `conventions`.");
  if (!statSync(folder).isDirectory()) return [readStub(dirname(folder), basename(folder))];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.pyi?$/.test(path))
    .toSorted()
    .map((path) => readStub(folder, path));
}

function readStub(folder: string, path: string): Stub {
  const isPackage = /\/__init__\.pyi?$/.test(path);
  const name = path.replace(/(?:\/__init__)?\.pyi?$/, "").replaceAll("/", ".");
  return { name, isPackage, file: `builtin/${path}`, text: readFileSync(`${folder}/${path}`, "utf8") };
}

/** The stubs as `scripts/build.mjs` lowered them, by the hash of each one's text. Empty in a checkout. */
export function readStubPack(): Pack {
  try {
    return readPack(readFileSync(new URL("stubs.pack", import.meta.url)), stubStamp) ?? new Map();
  } catch {
    return new Map();
  }
}

export const stubStamp = `stubs ${codecVersion}`;
