/** Reads that are mended where they stand, whatever loop comes there: by what a row's write sets off, and of a key that came with the row. */
import type { LazyLoad, RuleInput, Spot } from "../../model/index.ts";
import { keyColumn } from "../../fixes/key-access.ts";
import { groupBy } from "../../model/group-by.ts";
import type { ToldLoads } from "../load-groups.ts";
import { confidenceOf, isMade } from "../load-places.ts";
import { isSetOffByWrite } from "../set-off.ts";

/** From as many querysets on such a read is told once. Ours: two can be mended where they are. */
const MANY = 3;
/** Loops that are listed. */
const LISTED = 6;

export interface HandlerRead {
  /** The surest, with its queryset and loop. */
  readonly group: ToldLoads;
  readonly elsewhere: readonly LazyLoad[];
}

export function byHandler(groups: readonly ToldLoads[], input: RuleInput): { readonly single: readonly ToldLoads[]; readonly shared: readonly HandlerRead[] } {
  const single: ToldLoads[] = [];
  const shared: HandlerRead[] = [];
  const [mendedThere, others] = partition(groups, (group) => isMendedThere(group, input));
  for (const same of groupBy(mendedThere, ({ load }) => `${load.access.file}:${load.access.start} ${fieldOf(load)}`).values()) {
    const querysets = new Set(same.map(({ load }) => load.origin.id));
    const [surest, ...rest] = same.toSorted((a, b) => rank(a.load, input) - rank(b.load, input));
    if (querysets.size < MANY || surest === undefined) single.push(...same);
    else shared.push({ group: surest, elsewhere: rest.map(({ load }) => load) });
  }
  return { single: [...others, ...single], shared };
}

function isMendedThere({ load, loads }: ToldLoads, input: RuleInput): boolean {
  if (load.origin.collected === true) return false;
  return isSetOffByWrite(load.calls, load.access, input) || keyColumn(load, loads, input) !== null;
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

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
