/** The handbook's folder: written whole or not at all, with what people added to it kept. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { UsageError } from "../model/usage-error.ts";
import { KEPT_PAGE, keptNotes, readNotes, withNotes } from "../report/handbook/markdown/notes.ts";
import { keepFromGit } from "./snapshot-file.ts";

/** Tells a handbook from any other folder, and which files in it are ours. */
const MARKER = ".luthier-handbook.json";
const SCHEMA = "luthier-handbook/1";

export interface HandbookFiles {
  readonly pages: ReadonlyMap<string, string>;
  /** Whatever is no Markdown, by path below the folder. */
  readonly files: ReadonlyMap<string, string>;
}

/** A folder that holds something else is not written to. */
export function refuseOtherFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw new UsageError("not-a-handbook", `${folder} is a file.`, "Name a folder that is not there yet, or a handbook, with --out.");
  if (readdirSync(folder).length > 0 && readMarker(folder) === null) {
    throw new UsageError(
      "not-a-handbook",
      `${folder} holds something else than a handbook.`,
      "Name a folder that is not there yet, or a handbook, with --out.",
    );
  }
}

export interface WrittenHandbook {
  /** Notes of people that were carried over. */
  readonly notes: number;
  readonly bytes: number;
}

/** All files are written beside their places first; only when each of them is there do they take them. */
export function writeHandbook(folder: string, { pages, files }: HandbookFiles): WrittenHandbook {
  refuseOtherFolder(folder);
  const before = readMarker(folder) ?? [];
  const { texts, notes } = carriedOver(folder, before, pages);
  const all = new Map([...texts, ...files]);
  const marker = `${JSON.stringify({ schema: SCHEMA, files: [...all.keys()].toSorted() }, null, 2)}\n`;
  const suffix = randomBytes(4).toString("hex");
  const staged: string[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    keepFromGit(path.dirname(folder));
    for (const [name, text] of [...all, [MARKER, marker] as const]) {
      const target = within(folder, name);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(`${target}.${suffix}`, text);
      staged.push(target);
    }
    for (const target of staged) renameSync(`${target}.${suffix}`, target);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError("unwritable", `${folder} cannot be written.`, "Name a folder that can be with --out.", { cause });
  } finally {
    for (const target of staged) rmSync(`${target}.${suffix}`, { force: true });
  }
  for (const name of before) if (!all.has(name)) rmSync(within(folder, name), { force: true });
  return { notes, bytes: [...all.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0) };
}

/** Names come from advisors and from a file that anybody may have changed. */
function within(folder: string, name: string): string {
  if (isWithin(folder, name)) return path.resolve(folder, name);
  throw new UsageError("outside", `${name} is outside of the handbook, so it is not written.`, "Report it: no page has such a name.");
}

function isWithin(folder: string, name: string): boolean {
  return path.resolve(folder, name).startsWith(path.resolve(folder) + path.sep);
}

function carriedOver(
  folder: string,
  before: readonly string[],
  pages: ReadonlyMap<string, string>,
): { readonly texts: ReadonlyMap<string, string>; readonly notes: number } {
  const notes = new Map<string, string>();
  for (const name of before.filter((one) => one.endsWith(".md"))) {
    const file = within(folder, name);
    if (existsSync(file)) for (const [id, text] of readNotes(readFileSync(file, "utf8"))) notes.set(id, text);
  }
  const placed = new Set<string>();
  const texts = new Map(
    [...pages].map(([name, markdown]) => {
      const done = withNotes(markdown, notes);
      for (const id of done.placed) placed.add(id);
      return [name, done.text] as const;
    }),
  );
  const left = new Map([...notes].filter(([id]) => !placed.has(id)));
  if (left.size > 0) texts.set(KEPT_PAGE, keptNotes(left));
  return { texts, notes: notes.size };
}

/** Names of the files that the last run wrote; null for what is no handbook. */
function readMarker(folder: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(folder, MARKER), "utf8"));
    if (typeof value !== "object" || value === null || !("schema" in value) || value.schema !== SCHEMA) return null;
    const files: unknown = "files" in value ? value.files : [];
    return Array.isArray(files) ? files.filter((one): one is string => typeof one === "string" && isWithin(folder, one)) : [];
  } catch {
    return null;
  }
}
