/** What rules did not judge, put together by what they lack: a reader needs each lack once. */
import type { Verdict } from "../model/report.ts";
import { formatCount, formatNumber } from "../model/numbers.ts";

export interface GapGroup {
  readonly rules: readonly string[];
  /** What was left out; empty where one of the rules judged nothing at all. */
  readonly objects: readonly string[];
  /** Of the first; of ages the longest that is asked for. */
  readonly why: string;
}

export function gapGroups(unknown: readonly Verdict[]): readonly GapGroup[] {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of unknown) {
    const key = keyOf(verdict);
    groups.set(key, [...(groups.get(key) ?? []), verdict]);
  }
  return [...groups.values()].map(groupOf);
}

/** `needs counters of 7 days; these are …` */
const AGE = /^needs (?:counters|statements) of (?:(\d+) days|a day)\b/;
/** Judged and left as it is: that is no lack of evidence. */
const KEPT = /^is kept: /;

function keyOf({ rule, object, why }: Verdict): string {
  if (AGE.test(why)) return "age";
  if (KEPT.test(why)) return `kept ${rule}`;
  return `${(object ?? "") === "" ? "rule" : "object"} ${why}`;
}

function groupOf(verdicts: readonly Verdict[]): GapGroup {
  const longest = verdicts.reduce((a, b) => (daysOf(b.why) > daysOf(a.why) ? b : a));
  const isOfRules = verdicts.some(({ object = "" }) => object === "");
  return {
    rules: [...new Set(verdicts.map(({ rule }) => rule))],
    objects: isOfRules ? [] : [...new Set(verdicts.flatMap(({ object }) => object ?? []))],
    why: whyOf(verdicts, longest.why),
  };
}

const daysOf = (why: string): number => Number(AGE.exec(why)?.[1] ?? 1);

function whyOf(verdicts: readonly Verdict[], longest: string): string {
  if (!AGE.test(longest)) return longest;
  const days = verdicts.map(({ why }) => daysOf(why));
  const [least, most] = [Math.min(...days), Math.max(...days)];
  const range = most === 1 ? "a day" : least === most ? `${formatNumber(most)} days` : `${formatNumber(least)} to ${formatNumber(most)} days`;
  const isBoth = verdicts.some(({ why }) => why.startsWith("needs statements")) && verdicts.some(({ why }) => why.startsWith("needs counters"));
  const age = /; ([^,:]*)/.exec(longest)?.[1];
  return `needs ${isBoth ? "counters and statements" : longest.startsWith("needs statements") ? "statements" : "counters"} of ${range}${age === undefined ? "" : `; ${age}`}`;
}

const MOST_NAMES = 3;

/** One sentence without its full stop. `name` marks a rule or an object as one; of more rules than `most` their number is told. */
export function gapSentence({ rules, objects, why }: GapGroup, name: (text: string) => string = (text) => text, most = MOST_NAMES): string {
  const who = rules.length <= most ? rules.map(name).join(", ") : formatCount(rules.length, "rule");
  const [first = ""] = objects;
  if (KEPT.test(why))
    return `${who} leaves ${objects.length === 1 ? name(first) : `${formatNumber(objects.length)} objects, the first ${name(first)},`} as ${objects.length === 1 ? "it is" : "they are"}: ${why.replace(KEPT, "")}`;
  const about = objects.length === 0 ? "" : ` ${objects.length <= MOST_NAMES ? objects.map(name).join(", ") : `${formatNumber(objects.length)} objects`}`;
  return `${who} did not judge${about}: ${why.replace(/^needs /, rules.length === 1 ? "it needs " : "they need ")}`;
}
