/** The answer as one sentence, and its split by how sure it is. */
import type { Change, TimeBase } from "../model/handbook.ts";
import type { Plot } from "../model/plot.ts";
import type { Report } from "../model/report.ts";
import { formatCount, formatNumber } from "../model/numbers.ts";
import { RUNGS } from "../select/severity.ts";
import { FIRST, removedBy } from "./changes.ts";
import { gainRung, rangeOfAll, rangeSentence } from "./gain-range.ts";
import { formatTime } from "./overview.ts";

const WORDS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];

export const timedChanges = (changes: readonly Change[]): readonly Change[] => changes.slice(0, FIRST).filter(({ gain }) => gain !== null);

/** `Ten changes remove 34.9 of 48.0 s of database time a minute` */
export function headlineOf(changes: readonly Change[], base: TimeBase | null, { findings, evidence }: Report): string {
  const timed = timedChanges(changes);
  if (base !== null && timed.length > 0) {
    const what = timeWords(base);
    return `${WORDS[timed.length]} ${timed.length === 1 ? "change removes" : "changes remove"} ${formatTime(removedBy(timed))} of ${formatTime(base.total)} ${what}`;
  }
  const certain = findings.filter(({ confidence }) => confidence === "certain").length;
  const count = findings.length === 0 ? "No findings" : `${formatCount(findings.length, "finding")}, ${formatNumber(certain)} of them certain`;
  if (base !== null) return `${count}; no change is known to remove any of ${formatTime(base.total)} ${base.unit} of database time`;
  const why = evidence.includes("database") ? "because the snapshot has no times of statements" : "because nothing was recorded";
  return `${count}; no cost is known, ${why}`;
}

function timeWords({ unit, from }: TimeBase): string {
  if (unit === "s/min") return "s of database time a minute";
  return from === "database" ? "s of database time in all" : "s of recorded database time";
}

export function splitOf(changes: readonly Change[], base: TimeBase | null): Plot | null {
  const timed = timedChanges(changes);
  if (base === null || timed.length === 0) return null;
  const removed = removedBy(timed);
  const parts = RUNGS.toReversed().flatMap((rung) => {
    const value = removedBy(timed.filter((one) => gainRung(one) === rung));
    return value > 0 ? [{ rung, value }] : [];
  });
  const range = rangeOfAll(timed, base.total);
  const [first] = parts.toSorted((a, b) => b.value - a.value);
  return {
    kind: "split",
    question: "How much goes, and how sure?",
    answer: `${formatTime(removed)} of ${formatTime(base.total)} ${base.unit} goes${range === null ? "" : `, ${rangeSentence(range)}`}${first === undefined ? "" : `, ${formatTime(first.value)} of it ${first.rung}`}; ${formatTime(Math.max(0, base.total - removed))} remains.`,
    source: base.source,
    unit: base.unit,
    parts: [...parts, { rung: "remain", value: Math.max(0, base.total - removed) }],
    range,
  };
}
