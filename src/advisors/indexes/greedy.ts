/** A choice without a solver: plan after plan, what saves most for its bytes. For when there is no time to solve the program. */
import type { Option, Program } from "./program.ts";

export const chargedCost = ({ cost, charge = 0 }: Option): number => cost + charge;

/** Of all questions, by the plans that were met, and of all upkeep. */
export function costWith({ questions, options, candidates }: Program, chosen: ReadonlySet<number>): number {
  const upkeep = [...chosen].reduce((sum, one) => sum + (candidates[one]?.upkeep ?? 0), 0);
  return takenPlans(questions, options, chosen).reduce((sum, { charged }, question) => sum + charged * (questions[question]?.weight ?? 0), upkeep);
}

/** The plan that the planner takes: the cheapest, whatever it is charged with. */
interface Taken {
  readonly cost: number;
  readonly charged: number;
}

/** By question. */
function takenPlans(questions: Program["questions"], options: readonly Option[], chosen: ReadonlySet<number>): Taken[] {
  const taken = questions.map(({ cost }): Taken => ({ cost, charged: cost }));
  for (const one of options) {
    if (one.cost >= (taken[one.question]?.cost ?? 0) || !one.needs.every((need) => chosen.has(need))) continue;
    taken[one.question] = { cost: one.cost, charged: chargedCost(one) };
  }
  return taken;
}

/** Only candidates that the program names. A question that would become too dearer is seen by whoever plans the choice. */
export function greedyChoice(program: Program, named: readonly number[]): readonly number[] {
  const chosen = new Set<number>();
  const mayHave = new Set(named);
  const options = program.options.filter(({ needs }) => needs.length > 0 && needs.every((one) => mayHave.has(one)));
  let taken = takenPlans(program.questions, options, chosen);
  for (let room = program.budget; ;) {
    const best = bestOf(program, options, taken, chosen, room);
    if (best === null) return [...chosen].toSorted((a, b) => a - b);
    for (const one of best.needs) chosen.add(one);
    room -= best.bytes;
    taken = takenPlans(program.questions, options, chosen);
  }
}

interface Step {
  readonly needs: readonly number[];
  readonly bytes: number;
  readonly value: number;
}

/** What is missing for a plan is missing for others' plans too: it is worth what all of them save. */
function bestOf(program: Program, options: readonly Option[], taken: readonly Taken[], chosen: ReadonlySet<number>, room: number): Step | null {
  const { candidates } = program;
  let best: Step | null = null;
  for (const { missing, saved } of savingsOf(program, options, taken, chosen).values()) {
    const sum = (of: (one: number) => number): number => missing.reduce((total, one) => total + of(one), 0);
    const bytes = sum((one) => candidates[one]?.bytes ?? Infinity);
    const net = [...saved.values()].reduce((total, one) => total + one, 0) - sum((one) => candidates[one]?.upkeep ?? 0);
    const value = net / Math.max(1, bytes);
    if (net > 0 && bytes <= room && value > (best?.value ?? 0)) best = { needs: missing, bytes, value };
  }
  return best;
}

interface Savings {
  readonly missing: readonly number[];
  /** By question, of its best plan that lacks just these. */
  readonly saved: Map<number, number>;
}

function savingsOf({ questions }: Program, options: readonly Option[], taken: readonly Taken[], chosen: ReadonlySet<number>): ReadonlyMap<string, Savings> {
  const found = new Map<string, Savings>();
  for (const option of options) {
    const { question, needs, cost } = option;
    const now = taken[question];
    // A plan that costs more than the one that is taken would not be, however little it is charged with: what it needs is chosen already, perhaps.
    if (now === undefined || cost >= now.cost) continue;
    const saving = (now.charged - chargedCost(option)) * (questions[question]?.weight ?? 0);
    if (saving <= 0) continue;
    const missing = needs.filter((need) => !chosen.has(need));
    const key = missing.join(",");
    const entry = found.get(key) ?? { missing, saved: new Map<number, number>() };
    found.set(key, entry);
    if (saving > (entry.saved.get(question) ?? 0)) entry.saved.set(question, saving);
  }
  return found;
}
