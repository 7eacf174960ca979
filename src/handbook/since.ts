/** What changed since an earlier run. */
import type { Since } from "../model/handbook.ts";

/** One run, as `.luthier/history/` keeps it. */
export interface HistoryEntry {
  readonly schema: "luthier-history/1";
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string | null;
  readonly unit: "s/min" | "s" | null;
  readonly total: number | null;
  /** Luthier's version; absent in files of old. */
  readonly tool?: string;
  /** Kinds of evidence that it had; absent in files of old. */
  readonly evidence?: readonly string[];
  /** Marks of all statements that were timed; absent in files of old. */
  readonly statements?: readonly string[];
  /** Marks of all tables with the indexes that they had; absent without a database, and in files of old. */
  readonly indexes?: readonly string[];
  readonly findings: readonly HistoryFinding[];
}

export interface HistoryFinding {
  readonly id: string;
  readonly rule: string;
  readonly claim: string;
  /** Today's time of its statements, in the run's unit. */
  readonly time: number | null;
  /** It rests on a search for indexes that ended for want of time: the next one ends elsewhere, though nothing was changed. */
  readonly isSearched?: true;
  /** Marks of the statements that it was seen in, where nothing but traffic tells of it: where one is not sent, it may be found no more, or as another, mended or not. */
  readonly seenIn?: readonly string[];
  /** Mark of its table with the indexes that it had, where a search chose the finding's index among others: while the table has these, nobody made what it asked for. */
  readonly indexes?: string;
}

/** A cost that changed by less is noise of the counters, however much else stood still. Ours. */
const LEAST_CHANGE = 1.2;
/** So many deviations from what the other findings' costs did are no noise: one in 400 of a normal distribution lies further out. Ours. */
const LEAST_DEVIATIONS = 3;
/** What a median absolute deviation is multiplied by to be a standard deviation of a normal distribution. */
const MAD_TO_DEVIATION = 1.4826;
/** With fewer findings that were timed twice nothing is known of what costs did in general. Ours. */
const LEAST_PAIRS = 5;
/** Of the run's time: what changed by less is nobody's news. Ours. */
const LEAST_PART = 0.005;

/**
 * The last run that found another state than this one, of those that knew as much: a run without a database tells other findings, and none of
 * them is mended because now there is one. Null where there is none.
 */
export function sinceLast(
  now: Pick<HistoryEntry, "unit" | "total" | "tool" | "evidence" | "statements" | "indexes" | "findings">,
  history: readonly HistoryEntry[],
): Since | null {
  const last = history.toReversed().find((one) => one.unit === now.unit && knewAsMuch(one, now) && !isSameState(one, now));
  if (last === undefined) return null;
  const [before, after] = [last.findings, now.findings].map((findings) => new Map(findings.map((one) => [one.id, one])));
  const isKept = ({ isSearched }: HistoryFinding): boolean => isSearched !== true;
  const gone = last.findings.filter(({ id }) => !after?.has(id));
  const come = now.findings.filter(({ id }) => !before?.has(id));
  const notCompared = [...gone, ...come].filter((one) => !isKept(one)).length;
  const sent = now.statements === undefined ? null : new Set(now.statements);
  const isUnseen = ({ seenIn }: HistoryFinding): boolean => sent !== null && seenIn !== undefined && seenIn.some((one) => !sent.has(one));
  const isChosenOtherwise = ({ indexes }: HistoryFinding): boolean => indexes !== undefined && now.indexes?.includes(indexes) === true;
  const isChosenNow = ({ indexes, seenIn = [] }: HistoryFinding): boolean =>
    indexes !== undefined && last.indexes?.includes(indexes) === true && seenIn.every((one) => last.statements?.includes(one) === true);
  const named = (findings: readonly HistoryFinding[]): Since["fixed"] => findings.map(({ id, rule, claim }) => ({ id, rule, claim }));
  const lost = gone.filter(isKept);
  const fixed = named(lost.filter((one) => !isUnseen(one) && !isChosenOtherwise(one)));
  const unseen = named(lost.filter(isUnseen));
  const found = come.filter(isKept);
  const added = found.filter((one) => !isChosenNow(one)).map(({ id }) => id);
  const chosenOtherwise = lost.length - fixed.length - unseen.length + found.length - added.length;
  const pairs = now.findings
    .filter((one) => isKept(one) && isKept(before?.get(one.id) ?? one))
    .flatMap(({ id, time }): readonly Pair[] => {
      const old = before?.get(id)?.time ?? null;
      return old !== null && time !== null && old > 0 && time > 0 ? [{ finding: id, before: old, now: time }] : [];
    });
  const { worse, better } = beyondNoise(pairs, Math.max(last.total ?? 0, now.total ?? 0) * LEAST_PART);
  return {
    at: last.at,
    commit: last.commit,
    fixed,
    added,
    worse,
    better,
    ...(unseen.length === 0 ? {} : { unseen }),
    ...(notCompared === 0 ? {} : { notCompared }),
    ...(chosenOtherwise === 0 ? {} : { chosenOtherwise }),
    ...otherTool(last, now),
  };
}

type Pair = Since["worse"][number];

/** Another version knows other rules: what it finds or leaves is not all the project's doing. */
function otherTool({ tool: before }: Pick<HistoryEntry, "tool">, { tool: now }: Pick<HistoryEntry, "tool">): Pick<Since, "otherTool"> {
  return before === undefined || now === undefined || before === now ? {} : { otherTool: before };
}

function knewAsMuch({ evidence: a }: Pick<HistoryEntry, "evidence">, { evidence: b }: Pick<HistoryEntry, "evidence">): boolean {
  return a === undefined || b === undefined || [...a].toSorted().join(" ") === [...b].toSorted().join(" ");
}

/**
 * More traffic, or a busier machine, makes every finding dearer by about one factor: that says nothing of any of them. So a finding is compared with what
 * the others' costs did, and is news where it lies outside of their scatter.
 */
function beyondNoise(pairs: readonly Pair[], least: number): { readonly worse: readonly Pair[]; readonly better: readonly Pair[] } {
  const ratios = pairs.map(({ before, now }) => Math.log(now / before));
  const isKnown = pairs.length >= LEAST_PAIRS;
  const drift = isKnown ? median(ratios) : 0;
  const scatter = isKnown ? median(ratios.map((one) => Math.abs(one - drift))) * MAD_TO_DEVIATION : 0;
  const reach = Math.max(Math.log(LEAST_CHANGE), scatter * LEAST_DEVIATIONS);
  const isNews = ({ before, now }: Pair): boolean => Math.abs(now - before * Math.exp(drift)) >= least;
  // What merely grew less than all others is no better, and the reader, who sees two figures, would not believe it.
  const isThatWay = ({ before, now }: Pair, sign: number): boolean => (now - before) * sign > 0;
  const outside = (sign: number): readonly Pair[] =>
    pairs.filter((one, index) => ((ratios[index] ?? 0) - drift) * sign > reach && isThatWay(one, sign) && isNews(one));
  return { worse: outside(1), better: outside(-1) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Two runs on one state say the same: the second adds nothing to the history. */
export function isSameState(a: Pick<HistoryEntry, "unit" | "findings">, b: Pick<HistoryEntry, "unit" | "findings">): boolean {
  return a.unit === b.unit && stateKey(a.findings) === stateKey(b.findings);
}

const stateKey = (findings: readonly HistoryFinding[]): string =>
  findings
    .map(({ id, time }) => `${id} ${time === null ? "" : time.toPrecision(4)}`)
    .toSorted()
    .join("\n");
