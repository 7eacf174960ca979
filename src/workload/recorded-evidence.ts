import type { Evidence, Finding, Impact } from "../model/finding.ts";
import type { CauseKind, Occurrence, Recording } from "../model/recording.ts";

/** What a finding's clusters say together. */
export interface Seen {
  readonly occurrences: readonly Occurrence[];
  /** Null for a loop. */
  readonly cause: CauseKind | null;
  readonly growth: string | null;
}

/** The finding with its rung, figures and cost; seen at run time, it is certain. */
export function withEvidence(finding: Finding, seen: Seen, recording: Recording): Finding {
  const evidence = evidenceOf(seen, recording);
  return {
    ...finding,
    confidence: "certain",
    evidence: [...finding.evidence.filter(({ kind }) => kind !== "recorded"), evidence],
    impact: { ...finding.impact, ...impactOf(seen, recording) },
  };
}

function evidenceOf({ occurrences, growth }: Seen, recording: Recording): Evidence {
  const [worst] = occurrences;
  const scopes = occurrences.reduce((sum, one) => sum + one.scopes, 0);
  const statements = occurrences.reduce((sum, one) => sum + one.statements.sum, 0);
  const time = occurrences.reduce((sum, one) => sum + one.microseconds, 0);
  const others = occurrences.length - 1;
  const note = [
    worst === undefined ? "" : `${seenIn(worst)}${others > 0 ? ` and ${others} more` : ""}`,
    growth ?? "",
    recording.sample < 1 ? `one scope in ${Math.round(1 / recording.sample)} was recorded` : "",
  ];
  return {
    kind: "recorded",
    note: note.filter(Boolean).join("; "),
    statements: worst?.statements.median ?? 0,
    milliseconds: milliseconds((worst?.microseconds ?? 0) / Math.max(1, worst?.scopes ?? 1)),
    most: Math.max(0, ...occurrences.map((one) => one.statements.max)),
    scopes,
    totalStatements: statements,
    totalMilliseconds: milliseconds(time),
  };
}

/** `4,861 of 4,861 requests to GET /orders/` */
function seenIn({ kind, label, scopes, of, inTests }: Occurrence): string {
  const count = `${grouped(scopes)} of ${grouped(of)}`;
  if (kind === "test") return `${count} tests, most in ${label}`;
  const noun = { request: "requests to", task: "runs of", command: "runs of", process: "processes:", setup: "" }[kind];
  return `${count} ${of === 1 ? noun.replace("requests", "request").replace("runs", "run").replace("processes", "process") : noun} ${label}${inTests === scopes ? " in tests" : ""}`;
}

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function impactOf({ occurrences, cause }: Seen, recording: Recording): Impact {
  const [worst] = occurrences;
  if (worst === undefined) return {};
  const { kind, statements } = worst;
  const perMinute = costPerMinute(occurrences, recording);
  const time = perMinute === null ? { before: milliseconds(worst.microseconds / worst.scopes), per: kind } : { before: perMinute, per: "minute" };
  return { statements: { before: statements.median, after: statementsLeft(cause), high: statements.max, per: kind }, milliseconds: time };
}

/** What is left after a relation was loaded with its rows: nothing with a join, one statement with a prefetch. */
function statementsLeft(cause: CauseKind | null): number {
  return cause === "forward" || cause === "reverse-one" || cause === "deferred" ? 0 : 1;
}

/** Milliseconds of database time a minute; null where tests ran, whose rhythm is nobody's traffic. */
function costPerMinute(occurrences: readonly Occurrence[], { started, ended, sample }: Recording): number | null {
  const minutes = (ended - started) / 60_000;
  const traffic = occurrences.filter(({ kind, inTests }) => (kind === "request" || kind === "task") && inTests === 0);
  if (traffic.length === 0 || traffic.length < occurrences.length || minutes < LEAST_MINUTES) return null;
  return milliseconds(traffic.reduce((sum, one) => sum + one.microseconds, 0) / minutes / sample);
}

/** A shorter recording has no rate. */
const LEAST_MINUTES = 1 / 6;

function milliseconds(microseconds: number): number {
  return Number((microseconds / 1000).toPrecision(4));
}

/** Of loads of different relations in the same scopes: what a scope sends of one it sends besides those of the other. */
export function addOccurrences(all: readonly (readonly Occurrence[])[]): Occurrence[] {
  return merge(all, (a, b) => ({
    ...joined(a, b),
    scopes: Math.max(a.scopes, b.scopes),
    statements: {
      count: Math.max(a.statements.count, b.statements.count),
      sum: a.statements.sum + b.statements.sum,
      median: a.statements.median + b.statements.median,
      max: a.statements.max + b.statements.max,
    },
  }));
}

/** Of one load that several ways lead to: a scope may have taken one or the other. */
export function alternativeOccurrences(all: readonly (readonly Occurrence[])[]): Occurrence[] {
  return merge(all, (a, b) => ({
    ...joined(a, b),
    scopes: Math.min(Math.max(a.of, b.of), a.scopes + b.scopes),
    statements: {
      count: a.statements.count + b.statements.count,
      sum: a.statements.sum + b.statements.sum,
      median: Math.max(a.statements.median, b.statements.median),
      max: Math.max(a.statements.max, b.statements.max),
    },
  }));
}

function joined(a: Occurrence, b: Occurrence): Occurrence {
  return { ...a, of: Math.max(a.of, b.of), inTests: Math.max(a.inTests, b.inTests), microseconds: a.microseconds + b.microseconds };
}

function merge(all: readonly (readonly Occurrence[])[], combine: (a: Occurrence, b: Occurrence) => Occurrence): Occurrence[] {
  const merged = new Map<string, Occurrence>();
  for (const one of all.flat()) {
    const key = one.kind === "test" ? one.kind : `${one.kind}\n${one.label}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? one : combine(known, one));
  }
  return [...merged.values()].toSorted((a, b) => b.microseconds - a.microseconds || (a.label < b.label ? -1 : 1));
}
