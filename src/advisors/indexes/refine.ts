/** New candidates from what was chosen: two that become one, one that carries more or less. */
import { keyOf, mergeOf, narrowed, widened, type Candidate } from "./candidates.ts";
import { explore, usefulTo } from "./explore.ts";
import type { Search } from "./search.ts";

/** New candidates a round. Ours. */
const MOST_NEW = 120;
/** Sets of candidates looked at for each question. Ours. */
const SETS = 15;

/** Makes them, and looks what each question does with the chosen ones beside its own. */
export async function refine(search: Search, chosen: readonly number[]): Promise<void> {
  const { all, own, input } = search;
  const numbers = await search.add(freshOf(search, chosen));
  const before = new Set(chosen);
  for (const question of input.questions.keys()) {
    if (input.isOver()) return;
    input.progress("trying variants", question, input.questions.length);
    const mine = numbers.filter((one) => input.tables[question]?.has(all[one]?.candidate.table.oid ?? 0) === true);
    const useful = usefulTo(search, question);
    for (const one of mine) own[question]?.add(one);
    await explore(search.exploring, question, new Set([...useful, ...mine, ...before]), SETS, search.base[question] ?? 0);
    await explore(search.exploring, question, new Set([...before, ...mine]), SETS, search.base[question] ?? 0);
  }
}

function freshOf({ all, pricing, input }: Search, chosen: readonly number[]): Candidate[] {
  const known = new Set(all.map(({ candidate }) => keyOf(candidate)));
  const useful = [...new Set(pricing.options().flatMap(({ needs }) => needs))].toSorted((a, b) => a - b);
  const found = new Map<string, Candidate>();
  for (const one of chosen) {
    const candidate = all[one]?.candidate;
    if (candidate === undefined) continue;
    const others = useful.flatMap((other) => (other === one ? [] : (all[other]?.candidate ?? [])));
    const made = [...narrowed(candidate), ...others.flatMap((other) => [mergeOf(candidate, other) ?? [], widened(candidate, other) ?? []].flat())];
    for (const fresh of made) if (!known.has(keyOf(fresh)) && !input.isThere(fresh)) found.set(keyOf(fresh), fresh);
  }
  // Narrow ones first: they fit where wide ones do not.
  return [...found.values()].toSorted((a, b) => columnsOf(a) - columnsOf(b)).slice(0, MOST_NEW);
}

const columnsOf = ({ spec }: Candidate): number => spec.keys.length + (spec.include?.length ?? 0);
