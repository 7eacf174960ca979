/** What was measured on a copy last, for findings about the same indexes of the same database. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod/mini";
import type { Catalog, Evidence, Finding, IndexMeasurement, IndexStudy, Snapshot, Table } from "../model/index.ts";

const SCHEMA = "luthier-measured/2";

const indexSchema = z.object({
  table: z.string(),
  label: z.string(),
  bytes: z.number(),
  /** Of the table in the snapshot: its rows, and the indexes that were there beside. */
  rows: z.number(),
  beside: z.array(z.string()),
  /** Whose plan used it on the copy. */
  statements: z.array(
    z.object({
      id: z.string(),
      calls: z.number(),
      verdict: z.enum(["faster", "slower", "same"]),
      millisecondsBefore: z.number(),
      millisecondsAfter: z.number(),
    }),
  ),
});

const measuredSchema = z.object({
  schema: z.literal(SCHEMA),
  at: z.string(),
  /** The copy. */
  address: z.string(),
  database: z.string(),
  version: z.string(),
  rounds: z.number(),
  /** The snapshot that the set was chosen from. */
  of: z.object({ database: z.string(), systemIdentifier: z.nullable(z.string()), takenAt: z.string() }),
  indexes: z.array(indexSchema),
});

type Saved = z.infer<typeof measuredSchema>;
type SavedIndex = z.infer<typeof indexSchema>;

export function saveMeasurement(root: string, measurement: IndexMeasurement, study: IndexStudy, snapshot: Snapshot): void {
  const { at, address, database, version, rounds, built } = measurement;
  const indexes = built.flatMap(({ label, name, bytes }): SavedIndex[] => {
    const table = study.added.find((one) => one.name === name)?.table;
    const statements = measurement.statements.flatMap(({ statement, calls, verdict, before, after, uses }): SavedIndex["statements"] =>
      !uses.includes(name) || before.median === null || after.median === null
        ? []
        : [{ id: statement, calls, verdict, millisecondsBefore: before.median, millisecondsAfter: after.median }],
    );
    if (bytes === null || table === undefined || statements.length === 0) return [];
    return [{ table: nameOf(table), label, bytes, rows: table.reltuples, beside: besides(table, snapshot.catalog), statements }];
  });
  const saved: Saved = { schema: SCHEMA, at, address, database, version, rounds, of: identityOf(snapshot), indexes };
  const file = fileOf(root);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(saved, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

const fileOf = (root: string): string => path.join(root, ".luthier", "measured.json");
const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;
const besides = ({ oid }: Table, { indexes }: Catalog): string[] =>
  indexes
    .filter(({ table }) => table === oid)
    .map(({ definition }) => definition)
    .toSorted();

function identityOf({ catalog, servers, takenAt }: Snapshot): Saved["of"] {
  return { database: catalog.database.name, systemIdentifier: servers[0]?.systemIdentifier ?? null, takenAt };
}

/** The findings with what was measured of the very same index, as far as it still says something about this database. */
export function withMeasurements(root: string, findings: readonly Finding[], snapshot: Snapshot): readonly Finding[] {
  const saved = read(root);
  if (saved === null || !isSameDatabase(saved.of, identityOf(snapshot))) return findings;
  return findings.map((finding) => {
    const index =
      finding.rule === RULE
        ? saved.indexes.find(
            ({ label, table }) => finding.claim.includes(`\`${label}\``) && finding.places.some(({ role, object }) => role === "table" && object === table),
          )
        : undefined;
    return index === undefined || !isSameTable(index, snapshot.catalog) ? finding : measured(finding, saved, index, snapshot);
  });
}

const RULE = "missing-index";

function read(root: string): Saved | null {
  try {
    const answer = measuredSchema.safeParse(JSON.parse(readFileSync(fileOf(root), "utf8")));
    return answer.success ? answer.data : null;
  } catch {
    // There is none, or it was written halfway: evidence that is not there.
    return null;
  }
}

// ------------------------------------------------------------------------------------------------------------ whether it is still so

function isSameDatabase(one: Saved["of"], other: Saved["of"]): boolean {
  return (
    one.database === other.database && (one.systemIdentifier === null || other.systemIdentifier === null || one.systemIdentifier === other.systemIdentifier)
  );
}

/** A table that grew or shrank by more is another table to its statements. Ours. */
const MOST_GROWTH = 1.5;

function isSameTable({ table: name, rows, beside }: SavedIndex, catalog: Catalog): boolean {
  const table = catalog.tables.find((one) => nameOf(one) === name);
  if (table === undefined) return false;
  const growth = Math.max(1, table.reltuples) / Math.max(1, rows);
  return growth <= MOST_GROWTH && growth >= 1 / MOST_GROWTH && besides(table, catalog).join("\n") === [...beside].join("\n");
}

/** Of the finding's statements, those that ran; where none did, the finding stays what it was. */
function measured(finding: Finding, saved: Saved, index: SavedIndex, { takenAt }: Snapshot): Finding {
  const named = new Set(finding.places.flatMap(({ role, object }) => (role === "statement" && object !== undefined ? [object] : [])));
  const statements = index.statements.filter(({ id }) => named.has(id));
  if (statements.length === 0) return finding;
  const calls = Math.max(
    1,
    statements.reduce((sum, one) => sum + one.calls, 0),
  );
  const mean = (of: (one: SavedIndex["statements"][number]) => number): number =>
    Number((statements.reduce((sum, one) => sum + of(one) * one.calls, 0) / calls).toPrecision(3));
  const [before, after] = [mean((one) => one.millisecondsBefore), mean((one) => one.millisecondsAfter)];
  const evidence: Evidence = {
    kind: "measured",
    note: noteOf(saved, takenAt, statements.length, named.size),
    statements: statements.length,
    slower: statements.filter(({ verdict }) => verdict === "slower").length,
    millisecondsBefore: before,
    millisecondsAfter: after,
    bytes: index.bytes,
  };
  return { ...finding, evidence: [...finding.evidence, evidence], impact: { ...finding.impact, milliseconds: { before, after, per: "call" } } };
}

function noteOf({ address, database, version, rounds, at, of }: Saved, takenAt: string, ran: number, all: number): string {
  const older = of.takenAt === takenAt ? "" : `, for an older state: the snapshot of ${day(of.takenAt)}, not the one of ${day(takenAt)}`;
  const some = ran === all ? "" : `; ${ran} of its ${all} statements ran there`;
  return `measured on the copy ${database} at ${address}, PostgreSQL ${version}, on ${at.slice(0, 10)}: medians of ${rounds} rounds, warm, with and without in turn${older}${some}`;
}

/** To the minute: two of one day are told apart. */
const day = (at: string): string => at.slice(0, 16).replace("T", " ");
