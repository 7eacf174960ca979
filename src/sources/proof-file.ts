import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod/mini";
import type { Evidence, Finding, Fix } from "../model/finding.ts";
import type { Proof, ProvenFix } from "../proof/proof.ts";

const SCHEMA = "luthier-proofs/1";

/** What a proof found, as long as the fix is the same. */
const proofSchema = z.object({
  schema: z.literal(SCHEMA),
  proofs: z.array(
    z.object({
      finding: z.string(),
      fix: z.string(),
      statementsBefore: z.number(),
      statementsAfter: z.number(),
      millisecondsBefore: z.number(),
      millisecondsAfter: z.number(),
      runs: z.number(),
    }),
  ),
});

type SavedProof = z.infer<typeof proofSchema>["proofs"][number];

/** Keeps the figures of what was proven last, so that a report can show them until the code changes. */
export function saveProofs(root: string, { kept, after }: Proof): void {
  const proofs = kept.map((fix) => toSaved(fix, after.runs));
  const file = fileOf(root);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ schema: SCHEMA, proofs }, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function fileOf(root: string): string {
  return path.join(root, ".luthier", "prove", "proofs.json");
}

function toSaved({ finding, fix, figures }: ProvenFix, runs: number): SavedProof {
  const { statements, milliseconds } = figures;
  return {
    finding: finding.id,
    fix: nameOf(fix),
    statementsBefore: statements.before,
    statementsAfter: statements.after,
    millisecondsBefore: round(milliseconds?.before.median ?? 0),
    millisecondsAfter: round(milliseconds?.after.median ?? 0),
    runs,
  };
}

function round(milliseconds: number): number {
  return Number(milliseconds.toPrecision(3));
}

/** What a fix replaces by what: where it stands may change without making it another. */
function nameOf({ edits }: Fix): string {
  const text = edits.map(({ file, expected, text: by }) => [file, expected, by]);
  return createHash("sha256").update(JSON.stringify(text)).digest("base64url").slice(0, 16);
}

/** The findings with the evidence of the last proof, where it was about the very same fix. */
export function withProofs(root: string, findings: readonly Finding[]): readonly Finding[] {
  const saved = new Map(readProofs(root).map((proof) => [proof.finding, proof]));
  if (saved.size === 0) return findings;
  return findings.map((finding) => {
    const [fix] = finding.fixes;
    const proof = saved.get(finding.id);
    return fix === undefined || proof === undefined || proof.fix !== nameOf(fix) ? finding : proven(finding, proof);
  });
}

function readProofs(root: string): readonly SavedProof[] {
  try {
    const read = proofSchema.safeParse(JSON.parse(readFileSync(fileOf(root), "utf8")));
    return read.success ? read.data.proofs : [];
  } catch {
    // There is none, or it was written halfway: evidence that is not there.
    return [];
  }
}

function proven(finding: Finding, proof: SavedProof): Finding {
  const statements = { before: proof.statementsBefore, after: proof.statementsAfter };
  const milliseconds = { before: proof.millisecondsBefore, after: proof.millisecondsAfter };
  const evidence: Evidence = { kind: "proven", ...proof, results: "equal" };
  return { ...finding, evidence: [...finding.evidence, evidence], impact: { ...finding.impact, statements, milliseconds } };
}
