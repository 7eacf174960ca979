import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { codecVersion } from "../python/codec.ts";
import { readPack, type Pack } from "../sources/pack.ts";

/** A stub module's text and the name it is imported by. */
export interface Stub {
  readonly name: string;
  readonly isPackage: boolean;
  /** `builtin/django/db/models/base.py`: no path of the user's. */
  readonly file: string;
  readonly text: string;
}

const ownStubs = fileURLToPath(new URL("stubs", import.meta.url));

/** Reads the stubs that lie beside this module, or those in another folder laid out like packages. */
export function loadStubs(folder: string = ownStubs): readonly Stub[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".py"))
    .toSorted()
    .map((path) => readStub(folder, path));
}

function readStub(folder: string, path: string): Stub {
  const isPackage = path.endsWith("/__init__.py");
  const name = path.replace(/(?:\/__init__)?\.py$/, "").replaceAll("/", ".");
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
