/**
 * Which of many things did it, in few trials: each thing takes part in a set of trials of its own, so the set of trials
 * in which an effect shows names the thing. Every set has the same size: the union of two sets is larger and their
 * intersection smaller than any, so an effect that two things share is not taken for that of a third.
 */
export interface Weighings {
  /** How many trials. */
  readonly trials: number;
  /** For each thing the trials it takes part in, as bits. */
  readonly codes: readonly number[];
}

/** The plan for so many things; one alone needs no trial beside the one of all. */
export function planWeighings(things: number): Weighings {
  if (things <= 1) return { trials: 0, codes: things === 1 ? [0] : [] };
  let trials = 2;
  while (choose(trials, Math.floor(trials / 2)) < things) trials += 1;
  const size = Math.floor(trials / 2);
  const codes: number[] = [];
  for (let code = 0; codes.length < things; code += 1) if (bitCount(code) === size) codes.push(code);
  return { trials, codes };
}

/** The members of a trial. */
export function membersOf<T>(things: readonly T[], { codes }: Weighings, trial: number): readonly T[] {
  return things.filter((_, index) => ((codes[index] ?? 0) & (1 << trial)) !== 0);
}

/** Who caused an effect that showed in these trials: one thing alone, else those that may have together. */
export function readWeighings({ codes }: Weighings, seen: number): { readonly sure: boolean; readonly things: readonly number[] } {
  const alone = codes.indexOf(seen);
  if (alone >= 0) return { sure: true, things: [alone] };
  const isOfAll = (code: number): boolean => (code & seen) === code || (code & seen) === seen;
  return { sure: false, things: codes.flatMap((code, index) => (isOfAll(code) ? [index] : [])) };
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let index = 1; index <= k; index += 1) result = (result * (n - k + index)) / index;
  return Math.round(result);
}

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest &= rest - 1) count += 1;
  return count;
}
