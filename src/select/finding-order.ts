import type { Finding, Place } from "../model/finding.ts";
import { costOf } from "./cost.ts";
import { RUNGS, SEVERITIES, rungOf } from "./severity.ts";

/** The order of findings everywhere: errors first, then cost, then rung, then path. Total, so that output is stable. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    (costOf(b) ?? -Infinity) - (costOf(a) ?? -Infinity) ||
    RUNGS.indexOf(rungOf(b)) - RUNGS.indexOf(rungOf(a)) ||
    comparePlaces(a.places[0], b.places[0]) ||
    compareText(a.rule, b.rule) ||
    compareText(a.id, b.id)
  );
}

export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(compareFindings);
}

function comparePlaces(a: Place | undefined, b: Place | undefined): number {
  if (!a || !b) return Number(!a) - Number(!b);
  return compareText(a.file, b.file) || a.line - b.line || a.column - b.column;
}

/** By code unit: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
