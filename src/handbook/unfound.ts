/** The time that no finding would change: what kind of statements take it, and why. */
import type { Advice } from "../model/advice.ts";
import { formatCount, formatMilliseconds, formatNumber, formatPercent } from "../model/numbers.ts";
import { commandOf, statementKind } from "../rules/database/statement-kind.ts";
import { isSourceLine } from "../select/source-line.ts";
import { describeShape } from "../sql/describe-shape.ts";
import type { TimedStatement } from "../workload/time-base.ts";
import type { Work } from "./input.ts";
import { formatTime } from "./time-words.ts";

/** So many rows a call are asked for: no index makes handing them over cheaper. Ours. */
const LONG_LIST = 1000;
/** Milliseconds a call: what is faster gains by being asked less often alone. Ours. */
const FAST = 1;
/** Of the whole time: a kind with less is counted with the rest. Ours. */
const LEAST_PART = 0.01;

const REST = "No remedy: the rest";
/** Findings stand at lines that send it, and how much of it is theirs is not known. */
const SHARED = "Lines not told apart";

export interface Unfound {
  readonly statement: TimedStatement;
  /** What of its time no finding would change. */
  readonly time: number;
  readonly kind: string;
  readonly why: string;
}

/** Rules that say where the time goes and nothing of what would change it. */
const TELLS_ONLY: ReadonlySet<string> = new Set(["top-statements"]);

/** What findings that ask for a change touch, by finding. */
export function changeable({ gains, report }: Pick<Work, "gains" | "report">): Work["gains"]["touched"] {
  const told = new Set(report.findings.filter(({ rule }) => TELLS_ONLY.has(rule)).map(({ id }) => id));
  return new Map([...gains.touched].filter(([id]) => !told.has(id)));
}

/** Most time first. */
export function unfoundOf(work: Work): readonly Unfound[] {
  const taken = new Map<string, Map<string, number>>();
  for (const { pieces } of changeable(work).values()) {
    for (const { id, statement, time } of pieces) taken.set(statement, (taken.get(statement) ?? new Map<string, number>()).set(id, time));
  }
  const atLines = findingsAtLines(work);
  const verdicts = new Map((work.evidence.database?.study?.statements ?? []).map(({ statement, verdict }) => [statement, verdict]));
  return work.timed
    .map((statement) => ({
      statement,
      time: statement.time - [...(taken.get(statement.id)?.values() ?? [])].reduce((sum, one) => sum + one, 0),
      ...(sharedOf(statement, work, atLines) ?? kindOf(statement, verdicts.get(statement.id))),
    }))
    .filter(({ time }) => time > 0)
    .toSorted((a, b) => b.time - a.time || (a.statement.id < b.statement.id ? -1 : 1));
}

const lineOf = ({ file, line }: { readonly file: string; readonly line: number }): string => `${file}:${line}`;

/** Short ids of what asks for a change, by the lines that it names. */
function findingsAtLines({ report, shortIds }: Work): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { id, rule, places } of report.findings) {
    if (TELLS_ONLY.has(rule)) continue;
    for (const place of places.filter(isSourceLine)) {
      const ids = found.get(lineOf(place)) ?? new Set<string>();
      found.set(lineOf(place), ids.add(shortIds.get(id) ?? id.slice(0, 4)));
    }
  }
  return found;
}

/** Ours: a cell that can be read. */
const MOST_IDS = 3;

function sharedOf(statement: TimedStatement, { sentFrom }: Work, found: ReadonlyMap<string, ReadonlySet<string>>): Pick<Unfound, "kind" | "why"> | null {
  // What each line sends was recorded: what is left is of the lines without findings.
  if (statement.lines !== undefined) return null;
  const lines = [...new Set(sentFrom(statement).map(lineOf))];
  const told = lines.filter((one) => found.has(one));
  if (lines.length < 2 || told.length === 0) return null;
  const ids = [...new Set(told.flatMap((one) => [...(found.get(one) ?? [])]))];
  const more = ids.length > MOST_IDS ? `, and ${formatNumber(ids.length - MOST_IDS)} more` : "";
  return {
    kind: SHARED,
    why: `${formatNumber(told.length)} of its ${formatNumber(lines.length)} lines ${told.length === 1 ? "has" : "have"} findings (${ids.slice(0, MOST_IDS).join(", ")}${more}); how much each line sends is not counted`,
  };
}

function kindOf({ statement, sql, calls, meanMs }: TimedStatement, verdict: string | undefined): Pick<Unfound, "kind" | "why"> {
  const kind = statementKind(statement ?? { sql, shape: null });
  if (kind === "command") return { kind: "No remedy: commands", why: `\`${commandOf(sql) ?? "a command"}\`: no query of the application` };
  if (kind === "foreign-key-check") return { kind: "No remedy: key checks", why: "PostgreSQL's own check of a foreign key" };
  if (kind === "catalog") return { kind: "No remedy: catalog", why: "reads the catalog, as tools do" };
  const rows = statement?.rows ?? null;
  if (rows !== null && calls > 0 && rows / calls >= LONG_LIST)
    return { kind: "No remedy: long lists", why: `${formatNumber(Math.round(rows / calls))} rows a call are what is asked for` };
  if (meanMs < FAST) return { kind: "No remedy: look-ups", why: `fast: ${formatMilliseconds(meanMs)} ms a call, and no loop was found that sends it` };
  if (verdict === "same") return { kind: "No remedy: no index", why: "planned with every candidate index: none is worth its upkeep and bytes" };
  return { kind: REST, why: "no rule knows a change for it" };
}

const wholeOf = (unfound: readonly Unfound[]): number => unfound.reduce((sum, { time }) => sum + time, 0);

/** Bars of the time that nothing would change, `whole` of `total`, by kind; kinds with little of the time are one. */
export function unfoundBars(
  unfound: readonly Unfound[],
  total: number,
  whole: number = wholeOf(unfound),
): readonly { readonly label: string; readonly value: number }[] {
  const sums = new Map<string, number>();
  for (const { kind, time } of unfound) sums.set(kind, (sums.get(kind) ?? 0) + time);
  const shown = [...sums].filter(([kind, value]) => kind !== REST && value >= total * LEAST_PART).toSorted((a, b) => b[1] - a[1]);
  const rest = whole - shown.reduce((sum, [, value]) => sum + value, 0);
  const label = shown.length === 0 ? "No remedy" : REST;
  return [...shown.map(([name, value]) => ({ label: name, value })), { label, value: Math.max(0, rest) }];
}

const MOST = 10;

/** The costliest of them, with why: where a person looks who asks what the tool did not say. */
export function unfoundAdvice(work: Work): readonly Advice[] {
  const { base, sentFrom } = work;
  const unfound = unfoundOf(work);
  const [top] = unfound;
  if (base === null || top === undefined || base.total <= 0) return [];
  const all = wholeOf(unfound);
  const [most] = unfoundBars(unfound, base.total);
  const words = most === undefined ? undefined : KIND_WORDS[most.label];
  const what = most === undefined || words === undefined ? "" : `, ${formatPercent(most.value / base.total)} of it all ${words}`;
  return [
    {
      advisor: "workload",
      section: "2.1",
      claim: `No finding would change ${formatPercent(all / base.total)} of ${formatTime(base.total)} ${base.unit}${what}.`,
      reasons: [],
      tables: [
        {
          title: `${formatNumber(Math.min(MOST, unfound.length))} of ${formatCount(unfound.length, "statement")} by the time that no finding would change`,
          head: ["statement", base.unit, "calls", "ms a call", "why", "sent by"],
          rows: unfound
            .slice(0, MOST)
            .map(({ statement, time, why }) => [
              `\`${textOf(statement)}\``,
              formatTime(time),
              formatNumber(statement.calls),
              formatMilliseconds(statement.meanMs),
              why,
              sentWords(sentFrom(statement)),
            ]),
          numeric: [1, 2, 3],
          source: base.source,
        },
      ],
      plots: [],
      artefacts: [],
      examples: [],
      examined: formatCount(work.timed.length, "statement"),
      rung: "recorded",
      missing: "",
      doubt: "",
    },
  ];
}

/** Of the kinds that are told in a sentence: the rest is none. */
export const KIND_WORDS: Readonly<Record<string, string>> = {
  [SHARED]: "in statements that several lines send, some of them with findings",
  "No remedy: commands": "in commands such as `VACUUM`",
  "No remedy: key checks": "in checks of foreign keys",
  "No remedy: catalog": "in reads of the catalog",
  "No remedy: long lists": `in lists of ${formatNumber(LONG_LIST)} rows a call and more`,
  "No remedy: look-ups": `in look-ups of less than ${FAST} ms`,
  "No remedy: no index": "in statements that no index makes cheaper",
};

const LONGEST = 90;

function textOf({ statement, sql }: TimedStatement): string {
  const text = (statement?.shape ? describeShape(statement.shape) : (commandOf(sql) ?? sql)).replaceAll(/[\s`]+/g, " ").trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
}

function sentWords(sites: readonly { readonly file: string; readonly line: number }[]): string {
  const places = [...new Set(sites.map(lineOf))];
  const [first] = places;
  if (first === undefined) return "-";
  return places.length === 1 ? `\`${first}\`` : `\`${first}\` or ${formatNumber(places.length - 1)} more`;
}
