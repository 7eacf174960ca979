/** The neighbourhood of a choice: with one more, without one, one for another. */
import type { Bounds } from "./pricing.ts";
import type { Search, Standing } from "./search.ts";

/** Plans of each question with one more candidate than is chosen, or one less: what the program then knows of the choice's neighbours. */
export async function lookAround({ input, pricing, own }: Search, chosen: readonly number[]): Promise<void> {
  const present = new Set(chosen);
  for (const question of input.questions.keys()) {
    if (input.isOver()) return;
    input.progress("looking around", question, input.questions.length);
    const { cost, used } = await pricing.of(question, present);
    for (const one of used) await pricing.of(question, without(present, one));
    for (const one of own[question] ?? []) {
      const more = new Set([...present, one]);
      const { least } = pricing.bounds(question, more);
      if (!present.has(one) && least < cost * WORTH) await pricing.of(question, more);
    }
  }
}

/** A plan that saves less of a question's cost than this is not asked for. Ours. */
const WORTH = 0.995;

function without(all: ReadonlySet<number>, gone: number): ReadonlySet<number> {
  return new Set([...all].filter((one) => one !== gone));
}

/** Swaps that are tried, by the plans that it takes. A count and no clock: the answer is the same on a busy machine. Ours. */
const MOST_PLANS = 600;
const SMALLEST_GAIN = 1e-5;

/** One comes in and as few go as make room for it, while that makes the whole cheaper. */
export async function swap(search: Search, start: Standing): Promise<Standing> {
  const last = search.pricing.asked() + MOST_PLANS;
  let best = start;
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (const chosen of movesOf(search, best)) {
      if (search.input.isOver() || search.pricing.asked() > last) return best;
      search.input.progress("swapping", search.pricing.asked(), last);
      const cost = await costBelow(search, chosen, best.cost * (1 - SMALLEST_GAIN));
      if (cost === null) continue;
      best = { chosen, cost };
      isBetter = true;
      break;
    }
  }
  return best;
}

/** The most promising first: those whose cost can be below what the choice costs, by the plans that were met. */
function movesOf(search: Search, { chosen, cost }: Standing): (readonly number[])[] {
  const pool = [...new Set(search.pricing.options().flatMap(({ needs }) => needs))].filter((one) => !chosen.includes(one)).toSorted((a, b) => a - b);
  const moves = [...chosen.map((one) => chosen.filter((other) => other !== one)), ...pool.flatMap((one) => swapsFor(search, chosen, one))];
  const present = new Set(chosen);
  const now: Around = { present, bounds: search.input.questions.map((_, question) => search.pricing.bounds(question, present)) };
  const bounded = moves.map((move) => ({ move, ...boundsOf(search, move, now) })).filter(({ least }) => least < cost * (1 - SMALLEST_GAIN));
  return bounded.toSorted((a, b) => a.least + a.most - (b.least + b.most) || compareSets(a.move, b.move)).map(({ move }) => move);
}

function compareSets(one: readonly number[], other: readonly number[]): number {
  return one.join(",") < other.join(",") ? -1 : 1;
}

/** With it: and without each one that makes room, or without two of which neither does alone. */
function swapsFor({ bytesOf, input }: Search, chosen: readonly number[], fresh: number): (readonly number[])[] {
  const over = [...chosen, fresh].reduce((sum, one) => sum + bytesOf(one), 0) - input.budget;
  if (over <= 0) return [[...chosen, fresh], ...chosen.map((one) => [...chosen.filter((other) => other !== one), fresh])];
  const lone = chosen.filter((one) => bytesOf(one) >= over);
  const small = chosen.filter((one) => bytesOf(one) < over);
  const pairs = small.flatMap((one, index) =>
    small
      .slice(index + 1)
      .filter((other) => bytesOf(one) + bytesOf(other) >= over)
      .map((other) => [one, other]),
  );
  return [...lone.map((one) => [one]), ...pairs].map((gone) => [...chosen.filter((one) => !gone.includes(one)), fresh]);
}

/** A choice, and between which each question's cost lies with it. */
interface Around {
  readonly present: ReadonlySet<number>;
  readonly bounds: readonly Bounds[];
}

/** Only questions that what comes or goes can matter to are bounded anew: there are thousands of moves, and each touches few. */
function boundsOf({ input, pricing, upkeepOf }: Search, chosen: readonly number[], now: Around): Bounds {
  const present = new Set(chosen);
  const changed = [...chosen.filter((one) => !now.present.has(one)), ...[...now.present].filter((one) => !present.has(one))];
  const upkeep = chosen.reduce((sum, one) => sum + upkeepOf(one), 0);
  let [least, most] = [upkeep, upkeep];
  for (const [question, { weight }] of input.questions.entries()) {
    const known = now.bounds[question];
    const bounds = known === undefined || changed.some((one) => pricing.matters(question, one)) ? pricing.bounds(question, present) : known;
    least += bounds.least * weight;
    most += bounds.most * weight;
  }
  return { least, most };
}

/** What the choice costs, where that is below; the questions of which least is known are asked first, and no more than it takes to see that it is not. */
async function costBelow(search: Search, chosen: readonly number[], limit: number): Promise<number | null> {
  const { input, pricing } = search;
  const present = new Set(chosen);
  const open = input.questions.map(({ weight }, question) => ({ question, weight, ...pricing.bounds(question, present) }));
  let least = chosen.reduce((sum, one) => sum + search.upkeepOf(one), 0) + open.reduce((sum, one) => sum + one.least * one.weight, 0);
  for (const one of open.toSorted((a, b) => (b.most - b.least) * b.weight - (a.most - a.least) * a.weight)) {
    if (least >= limit) return null;
    const priced = await pricing.of(one.question, present);
    least += (priced.cost + search.chargeOf(one.question, priced) - one.least) * one.weight;
  }
  const cost = await search.costOf(chosen);
  return cost < limit ? cost : null;
}
