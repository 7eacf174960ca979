/** What each section can say: findings, nothing found, unknown, partly, or that it could not run. */
import type { Advice } from "../model/advice.ts";
import type { Finding } from "../model/finding.ts";
import type { HandbookSection, SectionWord } from "../model/handbook.ts";
import { formatCount, formatNumber } from "../model/numbers.ts";
import { gapGroups, gapSentence } from "../select/gap-groups.ts";
import { RUNGS, rungOf } from "../select/severity.ts";
import { compareFindings } from "../select/finding-order.ts";
import type { HandbookInput } from "./input.ts";

export interface State {
  readonly state: SectionWord;
  readonly stateLine: string;
  readonly examined: string;
  readonly missing: string;
}

export function stateOf(section: string, input: HandbookInput): State {
  const findings = input.report.findings.filter(({ chapter }) => chapter === section);
  const advice = input.advice.filter((one) => one.section === section);
  const failure = input.failures.find(({ sections }) => sections.includes(section));
  const examined = examinedOf(section, advice, input);
  const gaps = gapsOf(section, advice, input);
  const missing = gaps.join("\n");
  const says = advice.filter(hasContent);
  const failed = failure === undefined ? "" : ` Not run: advisor \`${failure.advisor}\`: ${failure.why}.`;
  if (findings.length > 0 || says.length > 0) {
    const line = [findings.length > 0 ? countLine(findings) : "", says.length > 0 ? adviceLine(says) : ""].filter(Boolean).join(" ");
    return { state: "findings", stateLine: `${line}${failed}`, examined, missing };
  }
  if (failure !== undefined) return { state: "failed", stateLine: failed.trim(), examined, missing };
  const judged = judgedRules(section, input);
  if (judged.of === 0 && advice.length === 0)
    return { state: "unknown", stateLine: `Unknown. None of ${formatCount(input.rules.length, "rule")} looks at ${section}.`, examined, missing };
  const known = advice
    .map(({ claim }) => claim)
    .filter(Boolean)
    .join(" ");
  if (judged.of > 0 && judged.done === 0 && (gaps.length > 0 || advice.length === 0))
    return { state: "unknown", stateLine: `Unknown. 0 of ${formatCount(judged.of, "rule")} could judge it. ${known}`.trim(), examined, missing };
  if (judged.of === 0 && advice.every(({ missing: gap }) => gap !== "")) return { state: "unknown", stateLine: `Unknown. ${known}`.trim(), examined, missing };
  const weighed = examined === "" ? "" : ` Weighed: ${examined}.`;
  const near = nearestMiss(section, input);
  if (gaps.length > 0)
    return {
      state: "partial",
      stateLine: `Partial. Nothing found by ${formatNumber(judged.done)} of ${formatCount(judged.of, "rule")}.${weighed}${near}`,
      examined,
      missing,
    };
  return { state: "clean", stateLine: `Nothing found.${weighed}${near}`, examined, missing };
}

export const hasContent = ({ tables, plots, artefacts, examples, missing }: Advice): boolean =>
  tables.length + plots.length + artefacts.length + examples.length > 0 || missing === "";

/** What has nothing but an answer that the line of state has given is not told again. */
export const toldAdvice = ({ advice, stateLine }: Pick<HandbookSection, "advice" | "stateLine">): readonly Advice[] =>
  advice.filter((one) => hasContent(one) || one.reasons.length > 0 || !stateLine.includes(one.claim));

/** `9 findings: 2 proven, 3 recorded, 4 inferred.` */
export function countLine(findings: readonly Finding[]): string {
  const rungs = RUNGS.toReversed().flatMap((rung) => {
    const count = findings.filter((finding) => rungOf(finding) === rung).length;
    return count === 0 ? [] : [`${formatNumber(count)} ${rung}`];
  });
  return `${formatCount(findings.length, "finding")}: ${rungs.join(", ")}.`;
}

/** What it says stands below; here, how much there is and how sure it is. */
function adviceLine(advice: readonly Advice[]): string {
  const rungs = RUNGS.toReversed().flatMap((rung) => (advice.some((one) => one.rung === rung) ? [rung] : []));
  const files = advice.reduce((sum, one) => sum + one.artefacts.length, 0);
  return `${advice.length === 1 ? "1 piece" : `${formatNumber(advice.length)} pieces`} of advice, ${rungs.join(" and ")}${files === 0 ? "" : `, with ${formatCount(files, "file")} to take`}.`;
}

export function examinedOf(section: string, advice: readonly Advice[], { report }: HandbookInput): string {
  const known = report.coverage.sections.find((one) => one.section === section)?.examined ?? "";
  const words = [known, ...advice.map(({ examined }) => examined.replace(/\.$/, ""))].flatMap((text) => text.split(/,\s+(?=\d)/));
  return mostOfEach(words.map((one) => one.trim()).filter(Boolean)).join(", ");
}

/** Rules count the same things each for itself: of `181 indexes` and `396 indexes` the most is said. */
function mostOfEach(words: readonly string[]): readonly string[] {
  const counts = new Map<string, { readonly count: number; readonly text: string }>();
  for (const word of words) {
    const [, digits, noun = word] = /^([\d,]+) (.*)$/.exec(word) ?? [];
    const count = digits === undefined ? 1 : Number(digits.replaceAll(",", ""));
    if (count > (counts.get(noun)?.count ?? 0)) counts.set(noun, { count, text: word });
  }
  // `51 tables and their TOAST tables` says the tables too.
  const isSaid = (noun: string, count: number): boolean => [...counts].some(([other, { count: more }]) => more >= count && other.startsWith(`${noun} and `));
  const said = [...counts].filter(([noun, { count }]) => !isSaid(noun, count));
  const there = said.filter(([noun]) => !noun.startsWith("no "));
  return (there.length > 0 ? there : said).map(([, { text }]) => singular(text));
}

/** `1 columns of JSON`: rules that write the plural for any number. */
const singular = (text: string): string =>
  text.replace(
    /^1 (\w+)(?=$| (?:of|that|with|in|and|for|from)\b)/,
    (_, word: string) => `1 ${word === "indexes" ? "index" : word.endsWith("ies") ? `${word.slice(0, -3)}y` : /[^s]s$/.test(word) ? word.slice(0, -1) : word}`,
  );

function judgedRules(section: string, { rules, report }: HandbookInput): { readonly of: number; readonly done: number } {
  const own = rules.filter(({ chapter }) => chapter === section);
  const not = new Set(report.coverage.unknown.filter(({ object, chapter }) => object === undefined && chapter === section).map(({ rule }) => rule));
  return { of: own.length, done: own.filter(({ id }) => !not.has(id)).length };
}

const COMMANDS: readonly (readonly [need: RegExp, command: string])[] = [
  [/--since-snapshot/, "luthier tune --since-snapshot FILE"],
  [/database|snapshot|pg_stat_statements|counters|statistics/, "luthier tune --db URL"],
  [/recording|recorded/, "luthier record -- COMMAND"],
  [/pgbouncer|pooler/i, "luthier tune --pgbouncer URL"],
  [/replica/, "luthier tune --db URL --db REPLICA_URL"],
];

export function commandFor(why: string): string {
  return COMMANDS.find(([need]) => need.test(why))?.[1] ?? "";
}

/** A section's own rules: their names tell what is not known. */
const MOST_RULES = 8;

/** One sentence for each thing that rules lack, then what advisors miss, where no rule has said so. */
function gapsOf(section: string, advice: readonly Advice[], { report }: HandbookInput): readonly string[] {
  const sentences = gapGroups(report.coverage.unknown.filter(({ chapter }) => chapter === section)).map((group) => {
    const command = group.why.startsWith("needs") && !group.why.includes("luthier ") ? commandFor(group.why) : "";
    return `${gapSentence(group, (text) => `\`${text}\``, MOST_RULES)}${command === "" ? "" : ` (\`${command}\`)`}.`;
  });
  const isSaid = (missing: string): boolean => /^needs a database\b/.test(missing) && sentences.some((one) => /\bneeds? a database\b/.test(one));
  return [...new Set([...sentences, ...advice.flatMap(({ missing }) => (missing === "" || isSaid(missing) ? [] : [asSentence(missing)]))])];
}

const asSentence = (text: string): string => `${(text[0] ?? "").toUpperCase()}${text.slice(1)}${/[.!?`]$/.test(text) ? "" : "."}`;

/** The best of what was seen and left out. */
function nearestMiss(section: string, { whole, report }: HandbookInput): string {
  const shown = new Set(report.findings.map(({ id }) => id));
  const [best] = whole.findings.filter(({ chapter, id }) => chapter === section && !shown.has(id)).toSorted(compareFindings);
  if (best === undefined) return "";
  const [place] = best.places;
  const where = place === undefined || place.line < 1 ? "" : ` at \`${place.file}:${place.line}\``;
  return ` Nearest: \`${best.rule}\`${where} (${best.confidence}): ${best.claim}`;
}
