/** Remedies that name what the project's Django does not have yet. */
import { isAtLeast } from "../model/django-at-least.ts";
import type { Finding } from "../model/index.ts";

/** What a remedy names, and the version that brought it, by Django's release notes. */
const SINCE: readonly (readonly [pattern: RegExp, name: string, major: number, minor: number])[] = [
  [/\bExists\(/, "Exists()", 1, 11],
  [/\bSubquery\b/, "Subquery()", 1, 11],
  [/\bfield_name=/, "in_bulk(field_name=…)", 2, 0],
  [/\bfilter=Q\(/, "an aggregate's filter", 2, 0],
  [/\bWindow\(/, "Window()", 2, 0],
  [/\bbulk_update\(/, "bulk_update()", 2, 2],
  [/\bignore_conflicts\b/, "bulk_create(ignore_conflicts=…)", 2, 2],
];

/** A dictionary of rows that were filtered, or a Case within the aggregate, do the same. */
const REPLACED: ReadonlySet<string> = new Set(["in_bulk(field_name=…)", "an aggregate's filter"]);

/** A remedy that says no other way asks for another Django first. */
function isOnlyWay([pattern, name]: (typeof SINCE)[number], remedy: string): boolean {
  return !REPLACED.has(name) && remedy.split(/[,;] or /).every((way) => pattern.test(way));
}

export function withNewerDjango(findings: readonly Finding[], version: string | null): Finding[] {
  return findings.map((finding) => {
    const missing = SINCE.find(([pattern, , major, minor]) => version !== null && !isAtLeast(version, major, minor) && pattern.test(finding.remedy ?? ""));
    if (missing === undefined) return finding;
    const [, name, major, minor] = missing;
    const newer = `\`${name}\` came with Django ${major}.${minor}, and the project has ${version ?? ""}`;
    const confidence = isOnlyWay(missing, finding.remedy ?? "") ? "possible" : finding.confidence;
    return { ...finding, confidence, doubt: finding.doubt === undefined ? newer : `${finding.doubt}; ${newer}` };
  });
}
