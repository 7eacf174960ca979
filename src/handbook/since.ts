/** What changed since an earlier run. */
import type { Since } from "../model/handbook.ts";

/** One run, as `.luthier/history/` keeps it. */
export interface HistoryEntry {
  readonly schema: "luthier-history/1";
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string | null;
  readonly unit: "s/min" | "s" | null;
  readonly total: number | null;
  readonly findings: readonly HistoryFinding[];
}

export interface HistoryFinding {
  readonly id: string;
  readonly rule: string;
  readonly claim: string;
  /** Today's time of its statements, in the run's unit. */
  readonly time: number | null;
}

/** A cost that grew by less is noise of the counters. Ours. */
const LEAST_GROWTH = 1.2;

/**
 * The last run that found another state than this one, of those that knew as much: a run without a database tells other findings, and none of
 * them is mended because now there is one. Null where there is none.
 */
export function sinceLast(now: Pick<HistoryEntry, "unit" | "findings">, history: readonly HistoryEntry[]): Since | null {
  const last = history.toReversed().find((one) => one.unit === now.unit && !isSameState(one, now));
  if (last === undefined) return null;
  const [before, after] = [last.findings, now.findings].map((findings) => new Map(findings.map((one) => [one.id, one])));
  const fixed = last.findings.filter(({ id }) => !after?.has(id)).map(({ id, rule, claim }) => ({ id, rule, claim }));
  const added = now.findings.filter(({ id }) => !before?.has(id)).map(({ id }) => id);
  const worse = now.findings.flatMap(({ id, time }) => {
    const old = before?.get(id)?.time ?? null;
    return old !== null && time !== null && old > 0 && time > old * LEAST_GROWTH ? [{ finding: id, before: old, now: time }] : [];
  });
  return { at: last.at, commit: last.commit, fixed, added, worse };
}

/** Two runs on one state say the same: the second adds nothing to the history. */
export function isSameState(a: Pick<HistoryEntry, "unit" | "findings">, b: Pick<HistoryEntry, "unit" | "findings">): boolean {
  return a.unit === b.unit && stateKey(a.findings) === stateKey(b.findings);
}

const stateKey = (findings: readonly HistoryFinding[]): string => findings.map(({ id, time }) => `${id} ${time === null ? "" : time.toPrecision(4)}`).toSorted().join("\n");
