/** The plans that a question can have: with all that it could use, then without what it used, one by one. */
import type { Pricing } from "./pricing.ts";
import type { Search } from "./search.ts";

export interface Exploring {
  readonly pricing: Pricing;
  readonly bytesOf: (candidate: number) => number;
  /** Of two candidates, whether one could stand in the other's place. */
  readonly tableOf: (candidate: number) => number;
  readonly isOver: () => boolean;
}

/** A plan that saves less than this is as good as none. Ours. */
const WORTH = 0.995;

/** Sets of candidates looked at for each question; more where it costs more. Ours. */
const SETS = { least: 15, most: 60 } as const;

/** Questions that some set of candidates saves something of, by what it saves for each candidate that has to be looked at: if the clock ends it, the least is lost. */
export async function mostWorthFirst({ input, own, base, pricing }: Search, isExplored: () => boolean): Promise<readonly number[]> {
  const worth: { readonly question: number; readonly saved: number }[] = [];
  for (const [question, { weight }] of input.questions.entries()) {
    const candidates = own[question] ?? new Set();
    if (candidates.size === 0 || isExplored()) continue;
    const cost = base[question] ?? 0;
    const { cost: least } = await pricing.of(question, candidates);
    // More candidates never make a plan dearer: where all of them save nothing, no set of them does.
    if (!savesNothing(least, cost)) worth.push({ question, saved: Number.isFinite(least) ? ((cost - least) * weight) / candidates.size : 0 });
  }
  return worth.toSorted((a, b) => b.saved - a.saved || a.question - b.question).map(({ question }) => question);
}

/** Sets of candidates that are looked at from each start, before any question is looked at whole. Ours. */
const GLANCE = 4;

/** A few sets of candidates: what a choice needs to know of each question before it needs to know more of one. */
export async function glance(search: Search, question: number, isOver: () => boolean): Promise<void> {
  const exploring = { ...search.exploring, isOver };
  for (const start of startsOf(search, [...(search.own[question] ?? [])]))
    await explore(exploring, question, new Set(start), GLANCE, search.base[question] ?? 0);
}

/** Each candidate by itself, the best of those together, and then all of them with ever less to choose from. */
export async function exploreAll(search: Search, question: number, isOver: () => boolean): Promise<void> {
  const { own, base, input } = search;
  const exploring = { ...search.exploring, isOver };
  const cost = base[question] ?? 0;
  await exploreSingles(search, question, [...(own[question] ?? [])], isOver);
  const share =
    (cost * (input.questions[question]?.weight ?? 0) * base.length) / base.reduce((sum, one, index) => sum + one * (input.questions[index]?.weight ?? 0), 0);
  const most = Math.round(Math.min(SETS.most, Math.max(SETS.least, SETS.most * share)));
  for (const start of startsOf(search, usefulTo(search, question))) await explore(exploring, question, new Set(start), most, cost);
}

/** Candidates of one column, of any without what they carry, all, and the smaller half. */
function startsOf({ all, bytesOf }: Search, candidates: readonly number[]): readonly (readonly number[])[] {
  const isBare = (one: number): boolean => all[one]?.candidate.spec.include === undefined;
  const isSingle = (one: number): boolean => isBare(one) && all[one]?.candidate.spec.keys.length === 1;
  const median = candidates.map(bytesOf).toSorted((a, b) => a - b)[Math.floor(candidates.length / 2)] ?? 0;
  return [candidates.filter(isSingle), candidates.filter(isBare), candidates, candidates.filter((one) => bytesOf(one) <= median)];
}

/** Ours: so many candidates are shown to the planner together, whatever they are good for. */
const FEW = 40;

/**
 * A plan takes longer by more than the number of candidates that it could use (TPC-DS's query 13: 10 ms with none, 330 with half of its 183, 690 with all). Where there are many,
 * those stay away from here on that save nothing by themselves and that no plan has used.
 */
export function usefulTo({ own, pricing, base }: Search, question: number): readonly number[] {
  const candidates = [...(own[question] ?? [])];
  if (candidates.length <= FEW) return candidates;
  const used = new Set(pricing.optionsOf(question).flatMap(({ needs, cost }) => (savesNothing(cost, base[question] ?? 0) ? [] : needs)));
  return candidates.filter((one) => used.has(one));
}

/** That there is no plan says nothing of fewer candidates. */
const savesNothing = (cost: number, base: number): boolean => Number.isFinite(cost) && cost > base * SAVES_NOTHING;

/** Of a question, candidates that are tried in twos. Ours. */
const BEST = 7;

async function exploreSingles({ pricing, base, bytesOf, all }: Search, question: number, candidates: readonly number[], isOver: () => boolean): Promise<void> {
  const cost = base[question] ?? 0;
  const saved: { readonly one: number; readonly value: number }[] = [];
  // Where many together save nothing, none of them does alone: they are asked in halves. Those of one table lie together.
  const halve = async (some: readonly number[]): Promise<void> => {
    if (isOver()) return;
    const priced = await pricing.of(question, new Set(some));
    if (savesNothing(priced.cost, cost)) return;
    const [one] = some;
    if (some.length === 1 && one !== undefined) {
      if (priced.cost < cost) saved.push({ one, value: (cost - priced.cost) / bytesOf(one) });
    } else for (const half of [some.slice(0, some.length / 2), some.slice(some.length / 2)]) await halve(half);
  };
  await halve(candidates.toSorted((a, b) => (all[a]?.candidate.table.oid ?? 0) - (all[b]?.candidate.table.oid ?? 0) || a - b));
  const best = saved.toSorted((a, b) => b.value - a.value || a.one - b.one).slice(0, BEST);
  for (const [index, { one }] of best.entries()) for (const other of best.slice(index + 1)) await pricing.of(question, new Set([one, other.one]));
}

/** A plan that saves less of a question's cost is as good as none. Ours. */
const SAVES_NOTHING = 0.9995;

/** Looks at most at so many sets of candidates, the most promising first. */
export async function explore(exploring: Exploring, question: number, start: ReadonlySet<number>, most: number, base: number): Promise<void> {
  const { pricing, bytesOf, tableOf, isOver } = exploring;
  const queue: { readonly present: ReadonlySet<number>; readonly bound: number }[] = [{ present: start, bound: 0 }];
  const seen = new Set<string>();
  for (let count = 0; count < most && queue.length > 0 && !isOver();) {
    queue.sort((a, b) => a.bound - b.bound);
    const next = queue.shift();
    if (next === undefined) return;
    const key = [...next.present].join(",");
    if (seen.has(key)) continue;
    seen.add(key);
    const before = pricing.asked();
    const { cost, used } = await pricing.of(question, next.present);
    count += pricing.asked() > before ? 1 : 0.2;
    if (cost > base * WORTH) continue;
    for (const one of used) {
      queue.push({ present: without(next.present, (other) => other === one), bound: cost });
      // And without all on the table that is as large: smaller ones are hidden by those that cover more.
      queue.push({ present: without(next.present, (other) => tableOf(other) === tableOf(one) && bytesOf(other) > bytesOf(one) * SMALLER), bound: cost });
    }
  }
}

/** Ours. */
const SMALLER = 0.75;

function without(all: ReadonlySet<number>, isGone: (one: number) => boolean): ReadonlySet<number> {
  return new Set([...all].filter((one) => !isGone(one)));
}
