/** What there is of the database's evidence: what the command line names, else the project's own snapshot. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { DatabaseEvidence } from "../model/config.ts";
import { UsageError } from "../model/usage-error.ts";

export interface DatabaseFlags {
  readonly snapshot?: string;
  /** Files of EXPLAIN (FORMAT JSON). */
  readonly plan?: readonly string[];
  /** PostgreSQL's logs. */
  readonly log?: readonly string[];
  /** An earlier snapshot to compare with. */
  readonly sinceSnapshot?: string;
}

export async function findDatabase(root: string, flags: DatabaseFlags, cwd: string): Promise<DatabaseEvidence | null> {
  const { readSnapshot, snapshotPath } = await import("../sources/snapshot-file.ts");
  const file = flags.snapshot === undefined ? snapshotPath(root) : path.resolve(cwd, flags.snapshot);
  const named = [...(flags.plan ?? []), ...(flags.log ?? [])].map((one) => path.resolve(cwd, one));
  if (flags.snapshot === undefined && !existsSync(file)) {
    if (named.length > 0 || flags.sinceSnapshot !== undefined) throw needsSnapshot();
    return null;
  }
  const stored = readSnapshot(file);
  const read = named.length === 0 ? NOTHING : await readNamed(named, root);
  const earlier = flags.sinceSnapshot === undefined ? null : readSnapshot(path.resolve(cwd, flags.sinceSnapshot));
  return {
    snapshot: stored.snapshot,
    file: shown(root, file),
    ...read,
    logged: [],
    ...(earlier === null ? {} : { earlier: earlier.snapshot }),
    stamp: stampOf([stored.stamp, earlier?.stamp ?? "", JSON.stringify(read)]),
  };
}

type Named = Pick<DatabaseEvidence, "plans" | "loggedSums" | "lockWaits" | "notices">;

const NOTHING: Named = { plans: [] };

async function readNamed(files: readonly string[], root: string): Promise<Named> {
  const { readStatementFiles } = await import("../sources/statement-files.ts");
  const { plans, logged, lockWaits, notices } = await readStatementFiles(files);
  return {
    plans: plans.map((plan) => ({ ...plan, source: { ...plan.source, file: shown(root, plan.source.file) } })),
    loggedSums: logged,
    ...(lockWaits === undefined ? {} : { lockWaits }),
    notices,
  };
}

const stampOf = (parts: readonly string[]): string => createHash("sha256").update(parts.join("\n")).digest("hex");

function needsSnapshot(): UsageError {
  return new UsageError(
    "needs-snapshot",
    "Plans, logs and an earlier snapshot are read together with a snapshot, and there is none.",
    "Take one with luthier snapshot --db URL, or name it with --snapshot.",
  );
}

function shown(root: string, file: string): string {
  const below = path.relative(root, file);
  return below.startsWith("..") || path.isAbsolute(below) ? file : below.split(path.sep).join("/");
}
