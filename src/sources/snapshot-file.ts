/** Snapshots on disk: JSON, compressed, for their owner's eyes. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod/mini";
import type { Snapshot } from "../model/database.ts";
import { UsageError } from "../model/usage-error.ts";

const SCHEMA = "luthier-snapshot/1";

/** Where a project's snapshot lies when nobody says otherwise. */
export function snapshotPath(root: string): string {
  return path.join(root, ".luthier", "snapshot.json.gz");
}

/** Replaces the file whole; it holds what the database holds, so nobody else may read it. */
export function writeSnapshot(file: string, snapshot: Snapshot): number {
  const bytes = gzipSync(`${JSON.stringify(snapshot)}\n`);
  const fresh = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    keepFromGit(path.dirname(file));
    writeFileSync(fresh, bytes, { mode: 0o600 });
    renameSync(fresh, file);
  } catch (cause) {
    throw new UsageError("unwritable", `${file} cannot be written.`, "Name a file that can be with --out.", { cause });
  }
  return bytes.length;
}

/** Only in a folder of our own. */
export function keepFromGit(folder: string): void {
  if (path.basename(folder) !== ".luthier") return;
  const file = path.join(folder, ".gitignore");
  if (!existsSync(file)) writeFileSync(file, "*\n");
}

const rows = z.array(z.looseObject({ oid: z.number() }));
const counters = z.looseObject({ at: z.string(), tables: z.record(z.string(), z.unknown()), indexes: z.record(z.string(), z.unknown()) });

/** What every reader relies on; the rest is as the collector of the same schema wrote it. */
const snapshotSchema = z.looseObject({
  schema: z.literal(SCHEMA),
  takenAt: z.string(),
  data: z.enum(["values", "redacted"]),
  catalog: z.looseObject({
    database: z.looseObject({ name: z.string() }),
    tables: z.array(z.looseObject({ oid: z.number(), name: z.string(), columns: z.array(z.looseObject({ name: z.string() })) })),
    indexes: z.array(z.looseObject({ oid: z.number(), table: z.number(), keys: z.array(z.unknown()) })),
    constraints: rows,
    sequences: rows,
    views: rows,
    extendedStatistics: rows,
  }),
  servers: z
    .array(
      z.looseObject({
        role: z.enum(["primary", "replica"]),
        versionNumber: z.number(),
        settings: z.array(z.unknown()),
        counters,
        statements: z.array(z.unknown()),
      }),
    )
    .check(z.minLength(1)),
  gaps: z.array(z.looseObject({ part: z.string(), why: z.string() })),
  samples: z.array(z.unknown()),
});

export interface StoredSnapshot {
  readonly snapshot: Snapshot;
  /** Of the file's bytes. */
  readonly stamp: string;
}

export function readSnapshot(file: string): StoredSnapshot {
  const bytes = readBytes(file);
  const value = parse(bytes, file);
  const result = snapshotSchema.safeParse(value);
  if (!result.success) throw notASnapshot(file, value);
  return { snapshot: value as Snapshot, stamp: createHash("sha256").update(bytes).digest("base64url") };
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new UsageError("no-snapshot", `there is no snapshot in ${file}.`, "Take one with luthier snapshot --db URL, or name its file.", { cause });
  }
}

const GZIP = [0x1f, 0x8b];

/** Compressed, or as a person unpacked it. A file that was cut short does not unpack. */
function parse(bytes: Buffer, file: string): unknown {
  try {
    const isPacked = bytes[0] === GZIP[0] && bytes[1] === GZIP[1];
    return JSON.parse((isPacked ? gunzipSync(bytes) : bytes).toString("utf8"));
  } catch (cause) {
    throw new UsageError(
      "broken-snapshot",
      `${file} is no whole snapshot: it was cut short, or is something else.`,
      "Take it anew with luthier snapshot --db URL.",
      { cause },
    );
  }
}

function notASnapshot(file: string, value: unknown): UsageError {
  const schema = typeof value === "object" && value !== null && "schema" in value ? String(value.schema) : "none";
  if (schema.startsWith("luthier-snapshot/") && schema !== SCHEMA) {
    return new UsageError(
      "other-snapshot",
      `${file} is of format ${schema}, and this version reads ${SCHEMA}.`,
      "Take it anew with luthier snapshot --db URL.",
    );
  }
  return new UsageError("broken-snapshot", `${file} is not a snapshot of this format.`, "Take it anew with luthier snapshot --db URL.");
}
