/** Of findings that tell a user to drop one index, the one that says it best. */
import type { Finding } from "./model/index.ts";

/**
 * Rules whose remedy is that their first index goes, in the order of how much they say: that another one does its work is a fact of the schema,
 * that nobody used it one of the counters, and a smaller one in its place is worth making only where it is used.
 */
const DROPPING = ["duplicate-index", "redundant-index", "useless-like-index", "constant-column-index", "unused-index", "null-heavy-index", "brin-index"];

export function withoutSameAdvice(findings: readonly Finding[]): Finding[] {
  const best = new Map<string, number>();
  for (const finding of findings) {
    const [index, rank] = [droppedBy(finding), DROPPING.indexOf(finding.rule)];
    if (index !== null) best.set(index, Math.min(best.get(index) ?? rank, rank));
  }
  return findings.filter((finding) => {
    const index = droppedBy(finding);
    return index === null || best.get(index) === DROPPING.indexOf(finding.rule);
  });
}

function droppedBy({ rule, places: [first] }: Finding): string | null {
  return first?.role === "index" && first.object !== undefined && DROPPING.includes(rule) ? first.object : null;
}
