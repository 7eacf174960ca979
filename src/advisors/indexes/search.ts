/** Chooses indexes: plans are explored, an integer program chooses among them, and what it chose is bettered step by step. */
import { lookAround, swap } from "./around.ts";
import { keyOf, type Candidate } from "./candidates.ts";
import { exploreAll, glance, mostWorthFirst, type Exploring } from "./explore.ts";
import { refine } from "./refine.ts";
import { pricing as openPricing, type Pricing } from "./pricing.ts";
import type { Known, Planner, Priced, Question } from "./planner.ts";
import type { Choice, Limits, Program, Solver } from "./program.ts";
import { MOST_REGRESSION } from "./verdict.ts";

export interface SearchInput {
  readonly questions: readonly Question[];
  /** By question: candidates of its statement. */
  readonly candidates: readonly (readonly Candidate[])[];
  /** By question: oids of the tables that it reads. */
  readonly tables: readonly ReadonlySet<number>[];
  readonly sqlOf: (candidate: Candidate, number: number) => string;
  /** What keeping the candidate up to date costs, in the planner's units, for the writes that the weights stand for. */
  readonly upkeepOf: (candidate: Candidate, bytes: number) => number;
  /** Whether an index that is there does all that the candidate would. */
  readonly isThere: (candidate: Candidate) => boolean;
  /** No less than what the candidate takes, in bytes: what is larger than the budget anyhow need not be made. */
  readonly leastBytesOf?: (candidate: Candidate) => number;
  /** What the candidate adds to each call of a question that writes; 0 of one that only reads. */
  readonly burdenOf?: (question: number, candidate: Candidate, bytes: number) => number;
  /** In bytes. */
  readonly budget: number;
  readonly planner: Planner;
  readonly solver: Solver;
  /** True once the search shall end with what it has. */
  readonly isOver: () => boolean;
  /** Until it shall have ended; absent where it has all the time there is. */
  readonly secondsLeft?: () => number;
  readonly progress: (phase: string, done: number, total: number) => void;
}

export interface SearchResult {
  readonly chosen: readonly number[];
  readonly candidates: readonly { readonly candidate: Candidate; readonly known: Known }[];
  /** By question: without and with the chosen ones, and which of them its plan uses. */
  readonly costs: readonly { readonly before: number; readonly after: number; readonly used: readonly number[] }[];
  /** Candidates that a plan used by themselves or with others, with the share of the whole cost that the best such plan saves; the best first. */
  readonly useful: readonly { readonly candidate: number; readonly share: number; /** What its upkeep costs, as such a share. */ readonly upkeep: number }[];
  readonly gap: number | null;
  readonly asked: number;
  readonly isComplete: boolean;
}

/** Rounds of choosing and bettering, at most. Ours: most of the gain is in the first three. */
const ROUNDS = 6;
const SMALLEST_GAIN = 0.0005;

export async function searchIndexes(given: SearchInput): Promise<SearchResult> {
  const clock = clockOf(given);
  const input = { ...given, isOver: clock.isOver };
  const search = await openSearch(input, clock);
  const { pricing, base } = search;
  const everything = input.questions.map((_, index) => index);
  const worth = await mostWorthFirst(search, clock.isExplored);
  for (const look of [glance, exploreAll])
    for (const [place, question] of worth.entries()) {
      if (clock.isExplored()) break;
      input.progress(look === glance ? "looking at plans" : "exploring plans", place, worth.length);
      await look(search, question, clock.isExplored);
    }
  let isProven = true;
  let best: Standing = { chosen: [], cost: await search.costOf([]) };
  for (let round = 0; round < ROUNDS && (round === 0 || !input.isOver()); round += 1) {
    input.progress("choosing", round, ROUNDS);
    const choice = search.choose();
    isProven &&= choice.isComplete;
    const next = await trimmed(search, choice.chosen, clock);
    const isBetter = next.cost < best.cost * (1 - SMALLEST_GAIN);
    if (next.cost < best.cost) best = next;
    if (round > 0 && !isBetter) break;
    await refine(search, best.chosen);
    await lookAround(search, best.chosen);
  }
  if (!input.isOver()) best = await swap(search, best);
  const last = search.choose();
  isProven &&= last.isComplete;
  const proven = await trimmed(search, last.chosen, clock);
  if (proven.cost < best.cost) best = proven;
  input.progress("choosing", ROUNDS, ROUNDS);
  const after = await pricing.all(everything, new Set(best.chosen));
  const used = new Set(after.flatMap((one) => one.used));
  return {
    chosen: best.chosen.filter((one) => used.has(one)),
    candidates: search.all,
    costs: everything.map((question) => ({
      before: base[question] ?? 0,
      after: after[question]?.cost ?? base[question] ?? 0,
      used: after[question]?.used ?? [],
    })),
    useful: usefulOf(search),
    gap: last.bound === null ? null : Math.max(0, (best.cost - last.bound) / best.cost),
    asked: pricing.asked(),
    isComplete: isProven && !clock.wasEnded(),
  };
}

/** Of the time, what is kept for the last choice and its plans. Ours. */
const KEPT = 0.07;
/** Of the time, what may be gone before the first choice: what follows it gains as much. Ours. */
const EXPLORING = 0.6;

interface Clock {
  readonly isOver: () => boolean;
  /** As much time is gone as may be before the first choice. */
  readonly isExplored: () => boolean;
  /** Some look at the clock said that it is over. */
  readonly wasEnded: () => boolean;
  /** What one choice may take. */
  readonly forChoice: () => number | undefined;
  /** Not even the kept time is left. */
  readonly isLate: () => boolean;
}

function clockOf({ isOver, secondsLeft }: SearchInput): Clock {
  const all = secondsLeft?.() ?? Infinity;
  const left = (): number => secondsLeft?.() ?? Infinity;
  let [ended, hurried] = [false, false];
  return {
    isOver: () => (ended ||= isOver() || left() < all * KEPT),
    isExplored: () => (hurried ||= isOver() || left() < all * (1 - EXPLORING)),
    wasEnded: () => ended || hurried,
    // Half of it, as the choice is planned afterwards.
    forChoice: () => (secondsLeft === undefined ? undefined : left() / 2),
    isLate: () => left() < (all * KEPT) / 4,
  };
}

/** A choice, and what all questions and all upkeep cost with it. */
export interface Standing {
  readonly chosen: readonly number[];
  readonly cost: number;
}

/** Without what does not pay, as the plans themselves have it, and without what makes a question dearer than it may become. */
async function trimmed(search: Search, start: readonly number[], { isLate }: Clock): Promise<Standing> {
  let best: Standing = { chosen: start, cost: await search.costOf(start) };
  for (const one of start) {
    if (isLate()) break;
    const rest = best.chosen.filter((other) => other !== one);
    const cost = await search.costOf(rest);
    if (cost <= best.cost) best = { chosen: rest, cost };
  }
  return best;
}

function usefulOf({ pricing, base, input, upkeepOf }: Search): SearchResult["useful"] {
  const total = base.reduce((sum, cost, question) => sum + cost * (input.questions[question]?.weight ?? 0), 0) || 1;
  const savings = new Map<number, Map<number, number>>();
  for (const { question, needs, cost } of pricing.options()) {
    const saving = ((base[question] ?? 0) - cost) * (input.questions[question]?.weight ?? 0);
    for (const one of needs) {
      const own = savings.get(one) ?? new Map<number, number>();
      own.set(question, Math.max(own.get(question) ?? 0, saving / needs.length));
      savings.set(one, own);
    }
  }
  const shares = [...savings].map(([candidate, own]) => ({
    candidate,
    share: [...own.values()].reduce((sum, one) => sum + one, 0) / total,
    upkeep: upkeepOf(candidate) / total,
  }));
  return shares.toSorted((a, b) => b.share - a.share || a.candidate - b.candidate);
}

export interface Search {
  readonly input: SearchInput;
  readonly pricing: Pricing;
  readonly exploring: Exploring;
  readonly all: { readonly candidate: Candidate; readonly known: Known }[];
  /** By question. */
  readonly base: number[];
  readonly own: Set<number>[];
  readonly bytesOf: (candidate: number) => number;
  readonly upkeepOf: (candidate: number) => number;
  readonly add: (candidates: readonly Candidate[]) => Promise<readonly number[]>;
  readonly choose: () => Choice;
  /** What a plan is worth less than its cost says. */
  readonly chargeOf: (question: number, priced: Pick<Priced, "cost" | "careful">) => number;
  /** Of all questions and all upkeep, with these; infinite where a question becomes dearer than it may. */
  readonly costOf: (chosen: readonly number[]) => Promise<number>;
}

async function openSearch(input: SearchInput, { forChoice, isExplored }: Clock): Promise<Search> {
  const all: Search["all"] = [];
  const numbers = new Map<string, number>();
  const bytesOf = (one: number): number => {
    const known = all[one]?.known;
    return known === undefined || "refused" in known ? Infinity : known.bytes;
  };
  const upkeep = new Map<number, number>();
  const upkeepOf = (one: number): number => {
    const entry = all[one];
    if (entry === undefined) return 0;
    const known = upkeep.get(one) ?? input.upkeepOf(entry.candidate, bytesOf(one));
    upkeep.set(one, known);
    return known;
  };
  const tableOf = (one: number): number => all[one]?.candidate.table.oid ?? 0;
  const pricing = openPricing(input.planner, (question, candidate) => input.tables[question]?.has(tableOf(candidate)) === true);
  const add = async (candidates: readonly Candidate[]): Promise<readonly number[]> => {
    const fresh = [...new Map(candidates.map((one) => [keyOf(one), one])).entries()].filter(
      ([key, one]) => !numbers.has(key) && (input.leastBytesOf?.(one) ?? 0) <= input.budget,
    );
    const known = await input.planner.add(fresh.map(([, one], index) => input.sqlOf(one, all.length + index)));
    fresh.forEach(([key, candidate], index) => {
      numbers.set(key, all.length);
      all.push({ candidate, known: known[index] ?? { refused: "it was not made" } });
    });
    return [...new Set(candidates.flatMap((one) => numbers.get(keyOf(one)) ?? []))].filter((one) => bytesOf(one) <= input.budget);
  };
  const own: Set<number>[] = [];
  for (const [question, candidates] of input.candidates.entries()) {
    input.progress("making candidates", question, input.candidates.length);
    own.push(new Set(isExplored() ? [] : await add(candidates)));
  }
  const first = await pricing.all(
    input.questions.map((_, index) => index),
    new Set(),
  );
  const base = first.map(({ cost }) => cost);
  const chargeOf = chargesOver(first);
  const costOf: Search["costOf"] = async (chosen) => {
    const priced = await pricing.all(
      input.questions.map((_, index) => index),
      new Set(chosen),
    );
    if (priced.some(({ cost }, question) => !isWithin(question, cost, chosen))) return Infinity;
    return (
      priced.reduce((sum, one, index) => sum + (one.cost + chargeOf(index, one)) * (input.questions[index]?.weight ?? 0), 0) +
      chosen.reduce((sum, one) => sum + upkeepOf(one), 0)
    );
  };
  const limitsOf = (): Limits => ({
    most: 1 + MOST_REGRESSION,
    burdens: input.questions.flatMap((_, question) => all.flatMap((__, candidate) => burdenOf(question, candidate))),
  });
  const burdenOf = (question: number, candidate: number): Limits["burdens"] => {
    const entry = all[candidate];
    const cost = entry === undefined || !Number.isFinite(bytesOf(candidate)) ? 0 : (input.burdenOf?.(question, entry.candidate, bytesOf(candidate)) ?? 0);
    return cost > 0 ? [{ question, candidate, cost }] : [];
  };
  const isWithin = (question: number, cost: number, chosen: readonly number[]): boolean =>
    cost + chosen.reduce((sum, one) => sum + (burdenOf(question, one)[0]?.cost ?? 0), 0) <= Math.max(base[question] ?? 0, LEAST_COST) * (1 + MOST_REGRESSION);
  const choose = (): Choice => input.solver(program(), forChoice());
  const program = (): Program => ({
    questions: input.questions.map(({ weight }, index) => ({ cost: base[index] ?? 0, weight })),
    options: pricing.options().map((one) => ({ ...one, charge: chargeOf(one.question, one) })),
    candidates: all.map((_, index) => ({ bytes: bytesOf(index), upkeep: upkeepOf(index) })),
    budget: input.budget,
    limits: limitsOf(),
  });
  return { input, pricing, exploring: { pricing, bytesOf, tableOf, isOver: input.isOver }, all, base, own, bytesOf, upkeepOf, add, choose, chargeOf, costOf };
}

/**
 * Of what a plan would cost more than it does now, if memory were small, the part that it is charged with. Ours: of TPC-H's sets with a quarter, the least budget
 * gains less than with the published choices; with half, most of what the server's own price saves is lost; with none, the plans that take five times as long are not told from the others.
 */
const CHARGED = 0.1;

/** What is dearer by no more than a statement may become costs nothing here. */
function chargesOver(first: readonly Priced[]): (question: number, priced: Pick<Priced, "cost" | "careful">) => number {
  return (question, { cost, careful = cost }) => {
    const base = first[question]?.careful ?? first[question]?.cost ?? 0;
    return Number.isFinite(careful) && careful > base * (1 + MOST_REGRESSION) ? (careful - base) * CHARGED : 0;
  };
}

/** Costs of nothing at all, such as of a constant, are no measure. Ours. */
const LEAST_COST = 0.01;
