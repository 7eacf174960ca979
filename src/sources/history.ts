/** Runs of `tune`, one small file each: what the next one compares itself with. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod/mini";
import { isSameState, type HistoryEntry } from "../handbook/since.ts";
import { keepFromGit } from "./snapshot-file.ts";

const entrySchema = z.object({
  schema: z.literal("luthier-history/1"),
  at: z.string(),
  commit: z.nullable(z.string()),
  unit: z.nullable(z.enum(["s/min", "s"])),
  total: z.nullable(z.number()),
  tool: z.optional(z.string()),
  evidence: z.optional(z.array(z.string())),
  statements: z.optional(z.array(z.string())),
  indexes: z.optional(z.array(z.string())),
  findings: z.array(
    z.object({
      id: z.string(),
      rule: z.string(),
      claim: z.string(),
      time: z.nullable(z.number()),
      isSearched: z.optional(z.literal(true)),
      seenIn: z.optional(z.array(z.string())),
      indexes: z.optional(z.string()),
    }),
  ),
});

const folderOf = (root: string): string => path.join(root, ".luthier", "history");

/** The last one last. A file that cannot be read is none. */
export function readHistory(root: string): readonly HistoryEntry[] {
  const names = listFiles(folderOf(root))
    .filter((name) => name.endsWith(".json"))
    .toSorted();
  return names.flatMap((name) => readEntry(path.join(folderOf(root), name)) ?? []).toSorted((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}

function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readEntry(file: string): HistoryEntry | null {
  try {
    const result = entrySchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/** A run that found what the last one found is not kept: it would hide what changed before. */
export function addToHistory(root: string, entry: HistoryEntry): void {
  const last = readHistory(root).at(-1);
  if (last !== undefined && isSameState(last, entry)) return;
  const folder = folderOf(root);
  const file = path.join(folder, `${entry.at.replaceAll(/[:.]/g, "-")}.json`);
  mkdirSync(folder, { recursive: true });
  keepFromGit(path.dirname(folder));
  writeFileSync(`${file}.new`, `${JSON.stringify(entry)}\n`);
  renameSync(`${file}.new`, file);
}
