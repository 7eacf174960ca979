import type { FailOn } from "../model/config.ts";
import type { Confidence, Evidence, Finding, Rung, Severity } from "../model/finding.ts";

export const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];
export const CONFIDENCES: readonly Confidence[] = ["certain", "likely", "possible"];
export const RUNGS: readonly Rung[] = ["inferred", "recorded", "planned", "measured", "proven"];

/** `error` is at or above `warning`; nothing is at or above `never`. */
export function reachesSeverity(severity: Severity, threshold: FailOn): boolean {
  return threshold !== "never" && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold);
}

export function reachesConfidence(confidence: Confidence, threshold: Confidence): boolean {
  return CONFIDENCES.indexOf(confidence) <= CONFIDENCES.indexOf(threshold);
}

/** The evidence of the highest rung, if there is any. */
export function strongestEvidence(finding: Finding): Evidence | undefined {
  return finding.evidence.reduce<Evidence | undefined>((best, next) => (best && RUNGS.indexOf(best.kind) >= RUNGS.indexOf(next.kind) ? best : next), undefined);
}

/** How sure a finding is: its strongest evidence; a finding without any was inferred from source. */
export function rungOf(finding: Finding): Rung {
  return strongestEvidence(finding)?.kind ?? "inferred";
}
