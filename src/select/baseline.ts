import type { Finding } from "../model/finding.ts";
import { compareText } from "./finding-order.ts";

/** Findings that were there when the baseline was written, and are not reported until they are worked on. */
export interface Baseline {
  readonly schema: "luthier-baseline/1";
  readonly findings: readonly BaselineEntry[];
}

export interface BaselineEntry {
  readonly id: string;
  readonly rule: string;
  readonly file: string;
  readonly count: number;
}

export interface BaselineResult {
  readonly kept: readonly Finding[];
  readonly known: number;
  /** How many findings of the baseline are there no more. */
  readonly stale: number;
}

/** The baseline of today's findings, in an order that makes its diff in git readable. */
export function writeBaseline(findings: readonly Finding[]): Baseline {
  const entries = new Map<string, BaselineEntry>();
  for (const { id, rule, places } of findings) {
    entries.set(id, { id, rule, file: places[0]?.file ?? "", count: (entries.get(id)?.count ?? 0) + 1 });
  }
  const ordered = [...entries.values()].toSorted((a, b) => compareText(a.file, b.file) || compareText(a.rule, b.rule) || compareText(a.id, b.id));
  return { schema: "luthier-baseline/1", findings: ordered };
}

/** Takes out the findings that the baseline knows, each as often as it was counted. */
export function applyBaseline(findings: readonly Finding[], baseline: Baseline): BaselineResult {
  const left = new Map(baseline.findings.map(({ id, count }) => [id, count]));
  const kept = findings.filter(({ id }) => {
    const count = left.get(id) ?? 0;
    if (count > 0) left.set(id, count - 1);
    return count === 0;
  });
  const stale = [...left.values()].reduce((sum, count) => sum + count, 0);
  return { kept, known: findings.length - kept.length, stale };
}

/** Reads a baseline's JSON; null when it is not one. */
export function readBaseline(text: string): Baseline | null {
  const value = parseJson(text);
  if (!isRecord(value) || value["schema"] !== "luthier-baseline/1" || !Array.isArray(value["findings"])) return null;
  const findings = value["findings"].flatMap(readEntry);
  return findings.length === value["findings"].length ? { schema: "luthier-baseline/1", findings } : null;
}

function readEntry(value: unknown): BaselineEntry[] {
  if (!isRecord(value)) return [];
  const { id, rule, file, count } = value;
  if (typeof id !== "string" || typeof rule !== "string" || typeof file !== "string") return [];
  return typeof count === "number" && count > 0 ? [{ id, rule, file, count }] : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
