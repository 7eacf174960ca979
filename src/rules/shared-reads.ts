/** Reads that many querysets' rows come to: where they are mended at the place itself, one finding tells of all. */
import type { LazyLoad, RuleInput, Spot } from "../model/index.ts";
import { groupBy } from "../model/group-by.ts";
import type { ToldLoads } from "./load-groups.ts";
import { confidenceOf, isMade } from "./load-places.ts";

/** From as many querysets on such a read is told once. Ours: two can be mended where they are. */
const MANY = 3;
/** Loops that are listed. */
const LISTED = 6;

export interface SharedRead {
  /** The surest, with its queryset and loop. */
  readonly group: ToldLoads;
  readonly elsewhere: readonly LazyLoad[];
}

export interface SharedReads {
  readonly single: readonly ToldLoads[];
  readonly shared: readonly SharedRead[];
}

/** Of those that are mended where they stand, what one place reads of the rows of many querysets. */
export function sharedReads(groups: readonly ToldLoads[], isMendedThere: (group: ToldLoads) => boolean, input: RuleInput): SharedReads {
  const shared: SharedRead[] = [];
  const told = new Set<ToldLoads>();
  const keyOf = ({ load }: ToldLoads): string => `${load.access.file}:${load.access.start} ${fieldOf(load)} ${load.method ?? ""}`;
  for (const alike of groupBy(groups, keyOf).values()) {
    // Most places read the rows of one queryset: whether it is mended there need not be asked of these.
    const same = areMany(alike) ? alike.filter(isMendedThere) : [];
    const [surest, ...rest] = same.toSorted((a, b) => rank(a.load, input) - rank(b.load, input));
    if (surest === undefined || !areMany(same)) continue;
    shared.push({ group: surest, elsewhere: rest.map(({ load }) => load) });
    for (const one of same) told.add(one);
  }
  return { single: groups.filter((group) => !told.has(group)), shared };
}

function areMany(groups: readonly ToldLoads[]): boolean {
  return new Set(groups.map(({ load }) => load.origin.id)).size >= MANY;
}

export function loopsOf(loads: readonly LazyLoad[]): Spot[] {
  return loads.flatMap(({ loop }): Spot[] => (loop === null ? [] : [{ role: "loop", span: loop.span, label: "comes there too" }])).slice(0, LISTED);
}

export function fieldOf({ path }: LazyLoad): string {
  return path.split("__").at(-1) ?? path;
}

const SURENESS = ["certain", "likely", "possible"];

function rank(load: LazyLoad, input: RuleInput): number {
  return SURENESS.indexOf(confidenceOf(load, input.facts)) * 2 + Number(isMade(load, input));
}
