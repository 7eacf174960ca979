/** A choice without a solver: plan after plan, what saves most for its bytes. For when there is no time to solve the program. */
import type { Option, Program } from "./program.ts";

export const chargedCost = ({ cost, charge = 0 }: Option): number => cost + charge;

/** Of all questions, by the plans that were met, and of all upkeep. */
export function costWith({ questions, options, candidates }: Program, chosen: ReadonlySet<number>): number {
  const costs = takenCosts(questions, options, chosen);
  const upkeep = [...chosen].reduce((sum, one) => sum + (candidates[one]?.upkeep ?? 0), 0);
  return costs.reduce((sum, cost, question) => sum + cost * (questions[question]?.weight ?? 0), upkeep);
}

/** By question, charges included: the planner takes the cheapest plan without them. */
function takenCosts(questions: Program["questions"], options: readonly Option[], chosen: ReadonlySet<number>): number[] {
  const least = questions.map(({ cost }) => cost);
  const costs = [...least];
  for (const one of options) {
    if (one.cost >= (least[one.question] ?? 0) || !one.needs.every((need) => chosen.has(need))) continue;
    least[one.question] = one.cost;
    costs[one.question] = chargedCost(one);
  }
  return costs;
}

/** Only candidates that the program names. A question that would become too dearer is seen by whoever plans the choice. */
export function greedyChoice(program: Program, named: readonly number[]): readonly number[] {
  const chosen = new Set<number>();
  const mayHave = new Set(named);
  const options = program.options.filter(({ needs }) => needs.length > 0 && needs.every((one) => mayHave.has(one)));
  let costs = takenCosts(program.questions, options, chosen);
  for (let room = program.budget; ;) {
    const best = bestOf(program, options, costs, chosen, room);
    if (best === null) return [...chosen].toSorted((a, b) => a - b);
    for (const one of best.needs) chosen.add(one);
    room -= best.bytes;
    costs = takenCosts(program.questions, options, chosen);
  }
}

interface Step {
  readonly needs: readonly number[];
  readonly bytes: number;
  readonly value: number;
}

function bestOf(
  { questions, candidates }: Program,
  options: readonly Option[],
  costs: readonly number[],
  chosen: ReadonlySet<number>,
  room: number,
): Step | null {
  let best: Step | null = null;
  for (const option of options) {
    const { question, needs } = option;
    const saved = ((costs[question] ?? 0) - chargedCost(option)) * (questions[question]?.weight ?? 0);
    if (saved <= 0) continue;
    const missing = needs.filter((one) => !chosen.has(one));
    const sum = (of: (one: number) => number): number => missing.reduce((total, one) => total + of(one), 0);
    const [bytes, net] = [sum((one) => candidates[one]?.bytes ?? Infinity), saved - sum((one) => candidates[one]?.upkeep ?? 0)];
    const value = net / Math.max(1, bytes);
    if (net > 0 && bytes <= room && value > (best?.value ?? 0)) best = { needs: missing, bytes, value };
  }
  return best;
}
