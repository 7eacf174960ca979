/** The plots of the first page: where the time goes. */
import type { Finding } from "../model/finding.ts";
import type { Change, TimeBase } from "../model/handbook.ts";
import { rowsOf as tableRows } from "../rules/database/index-figures.ts";
import type { Plot } from "../model/plot.ts";
import { formatBytes, formatCount, formatNumber, formatPercent } from "../model/numbers.ts";
import { blamedFrame } from "../recording/user-code.ts";
import { linePieces } from "../workload/pieces.ts";
import { recordedTimes } from "../workload/time-base.ts";
import { removedBy } from "./changes.ts";
import type { Work } from "./input.ts";
import { formatTime } from "./time-words.ts";
import { changeable, KIND_WORDS, unfoundBars, unfoundOf } from "./unfound.ts";

export { formatTime };

/** Causes by the rules that find them, in the words of the first page. */
const CAUSES: readonly (readonly [label: string, isOf: (finding: Pick<Finding, "rule" | "chapter">) => boolean])[] = [
  ["per-row queries", ({ rule, chapter }) => chapter === "2.4" || /-in-loop$|^validation-per-row$/.test(rule)],
  ["rows that load later", ({ chapter }) => chapter === "2.5"],
  ["missing or wrong index", ({ chapter }) => chapter === "1.2"],
  ["counting, deep pages", ({ rule }) => rule === "count-pagination" || rule === "offset-pagination"],
  ["reads a cache would take", ({ chapter }) => chapter === "2.3" || chapter.startsWith("6.")],
  ["columns nobody reads", ({ chapter }) => chapter === "3.1" || chapter === "3.5"],
  ["the same rows again", ({ rule }) => /^(?:duplicate-query|evaluated-twice|count-then-iterate|exists-then-iterate)$/.test(rule)],
  ["tables as they are made", ({ chapter }) => chapter.startsWith("1.")],
  ["settings of the server", ({ chapter }) => chapter.startsWith("7.") || chapter.startsWith("5.") || chapter.startsWith("4.")],
  ["statements as written", ({ chapter }) => chapter === "2.2" || chapter === "2.1" || chapter.startsWith("3.")],
  ["other findings", () => true],
];

const causeOf = (finding: Finding): string => CAUSES.find(([, isOf]) => isOf(finding))?.[0] ?? "other findings";

/** Less than this share of the time is no bar of its own. Ours. */
const LEAST_SHARE = 0.0005;

/**
 * Each piece of time goes to the first finding in the plan's order that would change it; what none would change comes last. A statement
 * that a finding would change seldom goes whole, and two causes can share one: what the changes of each kind remove is said beside.
 */
export function causesPlot(work: Work, changes: readonly Change[]): Plot | null {
  const { base, report, timed } = work;
  if (base === null) return null;
  const touched = changeable(work);
  const findings = new Map(report.findings.map((one) => [one.id, one]));
  const taken = new Set<string>();
  const sums = new Map<string, number>();
  const gone = new Map<string, number>();
  for (const { finding: id, gain } of changes) {
    const finding = findings.get(id);
    if (finding === undefined) continue;
    const cause = causeOf(finding);
    gone.set(cause, (gone.get(cause) ?? 0) + (gain?.marginal ?? 0));
    for (const piece of touched.get(id)?.pieces ?? []) {
      if (taken.has(piece.id)) continue;
      taken.add(piece.id);
      sums.set(cause, (sums.get(cause) ?? 0) + piece.time);
    }
  }
  const found = [...sums].filter(([, value]) => value >= base.total * LEAST_SHARE).toSorted((a, b) => b[1] - a[1]);
  const rest = Math.max(0, base.total - found.reduce((sum, [, value]) => sum + value, 0));
  const share = base.total === 0 ? 0 : 1 - rest / base.total;
  const [first] = found;
  const left = unfoundBars(unfoundOf(work), base.total, rest);
  return {
    kind: "bars",
    question: "What does the time go on?",
    answer: `${formatPercent(share)} of ${formatTime(base.total)} ${base.unit} is spent on statements that a finding would change${first === undefined ? "" : `, ${formatPercent(first[1] / base.total)} on ${first[0]}`}.${goneWords(changes, base)}${restWords(left, base.total)}`,
    source: `${base.source}; ${formatNumber(timed.length)} statements${dividedWords(dividedTime(work), base.total)}`,
    unit: base.unit,
    bars: [
      ...found.map(([label, value]) => ({
        label,
        value,
        tone: "found" as const,
        ...goneOf(gone.get(label) ?? 0),
        note: noteOf(value / base.total, gone.get(label) ?? 0),
      })),
      ...left.map(({ label, value }) => ({ label, value, tone: "other" as const, note: formatPercent(base.total === 0 ? 0 : value / base.total) })),
    ],
  };
}

const goneOf = (removed: number): { readonly removed?: number } => (removed > 0 ? { removed } : {});

const noteOf = (part: number, removed: number): string => `${formatPercent(part)}${removed > 0 ? `; changes of this kind remove ${formatTime(removed)}` : ""}`;

function goneWords(changes: readonly Change[], { total, unit }: TimeBase): string {
  const timed = changes.filter(({ gain }) => gain !== null);
  const removed = removedBy(timed);
  if (timed.length === 0 || removed < total * LEAST_SHARE) return "";
  const without = changes.length - timed.length;
  const goes = `${formatTime(removed)} ${unit} of it ${timed.length === 1 ? "goes with the one change" : `goes with the ${formatNumber(timed.length)} changes`} that a figure is known of`;
  return ` ${goes}${without === 0 ? "" : `; ${formatCount(without, "change")} more ${without === 1 ? "carries" : "carry"} none`}.`;
}

/** What has no remedy is said by its largest kind: why nothing is to be gained there. */
function restWords([first]: ReturnType<typeof unfoundBars>, total: number): string {
  const words = first === undefined ? undefined : KIND_WORDS[first.label];
  if (first === undefined || words === undefined || total === 0 || first.value / total < LEAST_TOLD) return "";
  return ` Of the rest, ${formatPercent(first.value / total)} is ${words}; section 2.1 says which and why.`;
}

/** Of the whole time. Ours. */
const LEAST_TOLD = 0.05;

const MOST_LINES = 15;

/** The lines that alone send a statement, and what was recorded of each where several do; without a recording of these their time cannot be shared out. */
export function sourceLinesPlot({ base, timed, sentFrom, recordings }: Work): Plot | null {
  if (base === null) return null;
  const recording = recordings.at(-1);
  const recorded = recordedTimes(recording ?? null);
  let divided = 0;
  const lines = new Map<string, number>();
  const add = (place: string, time: number): void => void lines.set(place, (lines.get(place) ?? 0) + time);
  if (base.from === "recording") {
    for (const { stack, microseconds } of recording?.stacks ?? []) {
      const frame = blamedFrame(stack);
      if (frame !== null) add(`${frame.file}:${frame.line}`, microseconds / 1_000_000);
    }
  } else {
    for (const statement of timed) {
      if ((statement.lines?.length ?? 0) > 1) {
        const shares = linePieces(statement, recorded.get(statement.key) ?? 0).filter(({ line }) => line !== undefined);
        for (const { line, time } of shares) if (line !== undefined) add(`${line.file}:${line.line}`, time);
        divided += shares.reduce((sum, { time }) => sum + time, 0);
        continue;
      }
      const places = new Set(sentFrom(statement).map(({ file, line }) => `${file}:${line}`));
      const [only] = places;
      if (places.size === 1 && only !== undefined) add(only, statement.time);
    }
  }
  const sorted = [...lines].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const [top] = sorted;
  if (top === undefined) return null;
  const all = sorted.reduce((sum, [, time]) => sum + time, 0);
  return {
    kind: "bars",
    question: "Which lines ask for the time?",
    answer: `\`${top[0]}\` sends ${formatTime(top[1])} of ${formatTime(base.total)} ${base.unit}; ${formatPercent(all / base.total)} of the time ${base.from === "recording" ? "belongs to a line of the application" : "can be told line by line"}.`,
    source: `${base.source}${dividedWords(divided, base.total)}`,
    unit: base.unit,
    whole: base.total,
    bars: sorted.slice(0, MOST_LINES).map(([label, value]) => ({ label, value, tone: "found" as const })),
  };
}

/** Several lines send one statement, and the database counts them together. */
function dividedWords(divided: number, total: number): string {
  return divided > 0 && total > 0
    ? `; ${formatPercent(divided / total)} of the time is of statements that several lines send, divided as the recording has it`
    : "";
}

/** Time of statements of which a finding has but a part. */
function dividedTime({ timed, gains, base }: Work): number {
  if (base?.from !== "database") return 0;
  const times = new Map(timed.map(({ id, time }) => [id, time]));
  const pieces = [...gains.touched.values()].flatMap(({ pieces: own }) => own);
  const parts = new Set(pieces.filter(({ statement, time }) => time < (times.get(statement) ?? 0)).map(({ statement }) => statement));
  return [...parts].reduce((sum, id) => sum + (times.get(id) ?? 0), 0);
}

const MOST_TABLES = 15;

export function sizesPlot({ evidence: { database } }: Pick<Work, "evidence">): Plot | null {
  if (database === null) return null;
  const earlier = new Map((database.earlier?.snapshot.catalog.tables ?? []).map((one) => [`${one.schema}.${one.name}`, totalBytes(one)]));
  const tables = database.tables
    .map((table) => ({
      name: table.schema === "public" ? table.name : `${table.schema}.${table.name}`,
      rows: tableRows(table, database),
      heap: Math.max(0, (table.tableBytes ?? table.bytes ?? 0) - (table.toastBytes ?? 0)),
      indexes: table.indexBytes ?? 0,
      toast: table.toastBytes ?? 0,
      earlier: earlier.get(`${table.schema}.${table.name}`) ?? null,
    }))
    .toSorted((a, b) => b.heap + b.indexes + b.toast - (a.heap + a.indexes + a.toast) || (a.name < b.name ? -1 : 1));
  const [top] = tables;
  const all = tables.reduce((sum, one) => sum + one.heap + one.indexes + one.toast, 0);
  if (top === undefined || all === 0) return null;
  const own = top.heap + top.indexes + top.toast;
  return {
    kind: "sizes",
    question: "Which tables take the space?",
    answer: `\`${top.name}\` takes ${formatPercent(own / all)} of ${formatNumber(tables.length)} tables' ${formatBytes(all)}; ${formatPercent(tables.reduce((sum, one) => sum + one.indexes, 0) / all)} of all is indexes.`,
    source: `catalog of ${database.catalog.database.name}, ${database.snapshot.takenAt.slice(0, 10)}`,
    tables: tables.slice(0, MOST_TABLES),
  };
}

function totalBytes({ tableBytes, indexBytes }: { readonly tableBytes: number | null; readonly indexBytes: number | null }): number {
  return (tableBytes ?? 0) + (indexBytes ?? 0);
}
