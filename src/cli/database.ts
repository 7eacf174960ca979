/** What there is of the database's evidence: what the command line names, else the project's own snapshot. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { DatabaseEvidence } from "../model/config.ts";

export interface DatabaseFlags {
  readonly snapshot?: string;
}

export async function findDatabase(root: string, { snapshot }: DatabaseFlags, cwd: string): Promise<DatabaseEvidence | null> {
  const { readSnapshot, snapshotPath } = await import("../sources/snapshot-file.ts");
  const file = snapshot === undefined ? snapshotPath(root) : path.resolve(cwd, snapshot);
  if (snapshot === undefined && !existsSync(file)) return null;
  const stored = readSnapshot(file);
  return { snapshot: stored.snapshot, file: shown(root, file), plans: [], logged: [], stamp: stored.stamp };
}

function shown(root: string, file: string): string {
  const below = path.relative(root, file);
  return below.startsWith("..") || path.isAbsolute(below) ? file : below.split(path.sep).join("/");
}
