/** What was measured on a copy last, for findings about the same indexes. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod/mini";
import type { Evidence, Finding, IndexMeasurement, IndexStudy } from "../model/index.ts";

const SCHEMA = "luthier-measured/1";

const measuredSchema = z.object({
  schema: z.literal(SCHEMA),
  at: z.string(),
  address: z.string(),
  database: z.string(),
  version: z.string(),
  rounds: z.number(),
  indexes: z.array(z.object({ table: z.string(), label: z.string(), bytes: z.number(), statements: z.number(), slower: z.number(), millisecondsBefore: z.number(), millisecondsAfter: z.number() })),
});

type Saved = z.infer<typeof measuredSchema>;

export function saveMeasurement(root: string, measurement: IndexMeasurement, study: IndexStudy): void {
  const { at, address, database, version, rounds, built } = measurement;
  const indexes = built.flatMap(({ label, name, bytes }): Saved["indexes"] => {
    const users = measurement.statements.filter((one) => one.uses.includes(name) && one.before.median !== null && one.after.median !== null);
    const table = study.added.find((one) => one.name === name)?.table;
    if (bytes === null || table === undefined || users.length === 0) return [];
    const mean = (state: "before" | "after"): number => users.reduce((sum, one) => sum + (one[state].median ?? 0) * one.calls, 0) / Math.max(1, users.reduce((sum, one) => sum + one.calls, 0));
    return [{ table: `${table.schema}.${table.name}`, label, bytes, statements: users.length, slower: users.filter(({ verdict }) => verdict === "slower").length, millisecondsBefore: rounded(mean("before")), millisecondsAfter: rounded(mean("after")) }];
  });
  const file = fileOf(root);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ schema: SCHEMA, at, address, database, version, rounds, indexes }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

const fileOf = (root: string): string => path.join(root, ".luthier", "measured.json");
const rounded = (milliseconds: number): number => Number(milliseconds.toPrecision(3));

/** The findings with what was measured of the very same index. */
export function withMeasurements(root: string, findings: readonly Finding[]): readonly Finding[] {
  const saved = read(root);
  if (saved === null) return findings;
  return findings.map((finding) => {
    const index = finding.rule === RULE ? saved.indexes.find(({ label }) => finding.claim.includes(`\`${label}\``)) : undefined;
    return index === undefined ? finding : measured(finding, saved, index);
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

function measured(finding: Finding, { at, address, database, version, rounds }: Saved, { bytes, statements, slower, millisecondsBefore, millisecondsAfter }: Saved["indexes"][number]): Finding {
  const evidence: Evidence = {
    kind: "measured",
    note: `measured on the copy ${database} at ${address}, PostgreSQL ${version}, on ${at.slice(0, 10)}: medians of ${rounds} rounds, warm, with and without in turn`,
    statements,
    slower,
    millisecondsBefore,
    millisecondsAfter,
    bytes,
  };
  return { ...finding, evidence: [...finding.evidence, evidence], impact: { ...finding.impact, milliseconds: { before: millisecondsBefore, after: millisecondsAfter, per: "call" } } };
}
