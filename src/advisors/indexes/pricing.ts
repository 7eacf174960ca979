/** What plans cost, asked as seldom as possible: a plan stays the same while what it uses stays, and nothing new is offered. */
import type { Planner, Priced } from "./planner.ts";
import type { Option } from "./program.ts";

export interface Pricing {
  /** Of one question, with these candidates present. */
  readonly of: (question: number, present: ReadonlySet<number>) => Promise<Priced>;
  /** Of many, with the same candidates. */
  readonly all: (questions: readonly number[], present: ReadonlySet<number>) => Promise<readonly Priced[]>;
  /** Every plan that was met. */
  readonly options: () => readonly MetOption[];
  /** Those of one question. */
  readonly optionsOf: (question: number) => readonly MetOption[];
  /** Between which the cost of a question lies with these candidates, by the plans that were met: more candidates never make a plan dearer. */
  readonly bounds: (question: number, present: ReadonlySet<number>) => Bounds;
  /** Whether a candidate is on a table that a question reads: no other changes what it costs. */
  readonly matters: (question: number, candidate: number) => boolean;
  /** Plans asked of the server so far. */
  readonly asked: () => number;
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** `careful`: what its plan would cost if memory were small. */
export type MetOption = Option & { readonly careful: number };

interface Met {
  readonly present: ReadonlySet<number>;
  readonly priced: Priced;
}

export function pricing(planner: Planner, matters: Pricing["matters"]): Pricing {
  const met = new Map<number, Met[]>();
  const options = new Map<string, MetOption>();
  let asked = 0;
  const known = (question: number, present: ReadonlySet<number>): Priced | null =>
    met.get(question)?.find((one) => isSubset(one.priced.used, present) && isSubset(present, one.present))?.priced ?? null;
  const note = (question: number, present: ReadonlySet<number>, priced: Priced): void => {
    const list = met.get(question) ?? [];
    const isPlan = Number.isFinite(priced.cost);
    // That there is no plan with these says nothing of fewer.
    list.push({ present, priced: isPlan ? priced : { ...priced, used: [...present] } });
    met.set(question, list);
    if (!isPlan) return;
    const needs = priced.used.toSorted((a, b) => a - b);
    const key = `${question}:${needs.join(",")}`;
    if ((options.get(key)?.cost ?? Infinity) > priced.cost) options.set(key, { question, needs, cost: priced.cost, careful: priced.careful ?? priced.cost });
  };
  const relevant = (question: number, present: ReadonlySet<number>): ReadonlySet<number> => new Set([...present].filter((one) => matters(question, one)));
  const all: Pricing["all"] = async (questions, present) => {
    const sets = questions.map((one) => relevant(one, present));
    const missing = questions.flatMap((question, index) => (known(question, sets[index] ?? NONE) === null ? [index] : []));
    if (missing.length > 0) {
      asked += missing.length;
      const seen = new Set(missing.flatMap((index) => [...(sets[index] ?? [])]));
      const answers = await planner.price(
        missing.map((index) => questions[index] ?? 0),
        seen,
      );
      missing.forEach((index, place) => {
        const answer = answers[place];
        if (answer !== undefined) note(questions[index] ?? 0, new Set([...seen].filter((one) => matters(questions[index] ?? 0, one))), answer);
      });
    }
    return questions.map((question, index) => known(question, sets[index] ?? NONE) ?? { cost: Infinity, used: [] });
  };
  const of: Pricing["of"] = async (question, present) => {
    const [priced] = await all([question], present);
    return priced ?? { cost: Infinity, used: [] };
  };
  // Thousands of choices differ in what matters to few questions: between two plans, what bounds a question is reckoned once for each of its own sets.
  const bounded = new Map<number, { readonly plans: number; readonly bySet: Map<string, Bounds> }>();
  const bounds: Pricing["bounds"] = (question, present) => {
    const mine = relevant(question, present);
    const plans = met.get(question)?.length ?? 0;
    const before = bounded.get(question);
    const { bySet } = before?.plans === plans ? before : { bySet: new Map<string, Bounds>() };
    if (before?.plans !== plans) bounded.set(question, { plans, bySet });
    const key = [...mine].toSorted((a, b) => a - b).join(",");
    const found = bySet.get(key) ?? boundsAmong(met.get(question) ?? [], mine);
    bySet.set(key, found);
    return found;
  };
  const optionsOf: Pricing["optionsOf"] = (question) => [...options.values()].filter((one) => one.question === question);
  return { of, all, bounds, options: () => [...options.values()], optionsOf, matters, asked: () => asked };
}

const NONE: ReadonlySet<number> = new Set();

function boundsAmong(plans: readonly Met[], mine: ReadonlySet<number>): Bounds {
  let [least, most] = [0, Infinity];
  for (const { present: other, priced } of plans) {
    if (Number.isFinite(priced.cost) && priced.cost > least && isSubset(mine, other)) least = priced.cost;
    if (priced.cost < most && isSubset(priced.used, mine)) most = priced.cost;
  }
  return { least: Math.min(least, most), most };
}

function isSubset(one: Iterable<number>, other: ReadonlySet<number>): boolean {
  for (const each of one) if (!other.has(each)) return false;
  return true;
}
