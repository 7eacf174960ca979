/** Of findings that tell a user to drop one index, the one that says it best; of those that tell to make one thing, one. */
import { distinctBy, groupBy } from "../model/group-by.ts";
import type { Finding } from "../model/index.ts";
import { formatCount } from "../model/numbers.ts";

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

/** A transaction that waits while it keeps locks is told as that: the same wait of the same transaction has little to add. */
export function withWaitsToldOnce(findings: readonly Finding[]): Finding[] {
  const told = new Set(findings.flatMap((finding) => (finding.rule === "long-transaction" && finding.confidence !== "possible" ? waitsOf(finding) : [])));
  return findings.map((finding) =>
    finding.rule === "external-call-in-transaction" && waitsOf(finding).some((wait) => told.has(wait))
      ? { ...finding, confidence: "possible", doubt: "the same wait is told as a transaction that keeps row locks meanwhile" }
      : finding,
  );
}

/** Where the transaction begins, and where it waits. */
function waitsOf({ places }: Finding): string[] {
  const [begin] = places;
  const waits = places.filter(({ label }) => label === "waits here");
  return begin?.role === "definition" ? waits.map(({ file, line, column }) => `${begin.file}:${begin.line} ${file}:${line}:${column}`) : [];
}

/** Statements that one and the same object serves, extended statistics say, are one finding: its SQL could not be run twice. */
export function withMadeOnce(findings: readonly Finding[]): Finding[] {
  return [...groupBy(findings, (finding) => madeBy(finding) ?? finding).values()].flatMap((same) => {
    const [first, ...others] = same;
    if (first === undefined || others.length === 0) return same;
    const places = same.flatMap((one) => one.places);
    const message = `${first.message} The same holds for ${formatCount(others.length, "other statement")}.`;
    return [{ ...first, message, places: distinctBy(places, (place) => JSON.stringify(place)), evidence: same.flatMap(({ evidence }) => evidence) }];
  });
}

function madeBy({ rule, fixes: [fix] }: Finding): string | null {
  const statements = fix === undefined || fix.edits.length > 0 ? [] : (fix.sql?.forward ?? []);
  return statements.some((sql) => sql.startsWith("CREATE STATISTICS ")) ? JSON.stringify([rule, statements]) : null;
}
