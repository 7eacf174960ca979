/** Rows that many querysets' rows lead to, and one loop goes through: what is read of each of them is mended at that loop, and told once. */
import { stepsToPayers } from "../../fixes/eager-paths.ts";
import { innerRows, isJoinableFrom } from "../../fixes/inner-rows.ts";
import { groupBy } from "../../model/group-by.ts";
import type { LazyLoad, Origin, RuleInput } from "../../model/index.ts";
import type { ToldLoads } from "../load-groups.ts";
import { confidenceOf } from "../load-places.ts";
import { loopSite } from "../loops.ts";

export interface Told extends ToldLoads {
  /** Further querysets whose rows come to the same inner loop, where one change mends all. */
  readonly comers: readonly Origin[];
  /** What to do there, where that is not what the first of them would be told. */
  readonly remedy?: string;
}

/** Whoever calls the function with the inner loop, that loop's queryset is where its rows are loaded further: one is told, with the others' places. */
export function oncePerInnerLoop(groups: readonly ToldLoads[], input: RuleInput): readonly Told[] {
  const placeOf = ({ load }: ToldLoads): unknown => {
    const inner = innerRows(load, input);
    if (inner !== null) return `${inner.all.file}:${inner.all.end} ${inner.path}`;
    return load.origin.kind === "related" ? `${load.origin.span.file}:${load.origin.span.end} ${load.path}` : load;
  };
  const told = [...groupBy(groups, placeOf).values()].flatMap((same): readonly Told[] => {
    const [first, ...others] = same.toSorted((a, b) => rank(a, input) - rank(b, input));
    return first === undefined ? [] : [{ ...first, comers: others.map(({ load }) => load.origin) }];
  });
  return [...groupBy(told, ({ load }) => innerRead(load, input)).values()].flatMap((same) => oncePerCrowd(same, input));
}

/** From as many querysets on, whose rows' rows are gone through in one inner loop, the loop is where it is mended. Ours: two can be mended where they are. */
const CROWD = 3;

/** The inner loop, and what is read of each of its rows. */
function innerRead({ loop, origin, path }: LazyLoad, { graph }: RuleInput): unknown {
  if (loop === null) return path;
  return `${loop.span.file}:${loop.span.start} ${path
    .split("__")
    .slice(stepsToPayers(graph, origin.model, path))
    .join("__")}`;
}

function oncePerCrowd(same: readonly Told[], input: RuleInput): readonly Told[] {
  const outer = ({ load }: Pick<Told, "load">): number => stepsToPayers(input.graph, load.origin.model, load.path);
  const crowd = same.filter(({ load }) => isWrittenLoop(load, input) && outer({ load }) > 0 && confidenceOf(load, input.facts) !== "possible");
  if (new Set(crowd.map(({ load }) => load.origin.id)).size < CROWD) return same;
  const own = same.find((one) => outer(one) === 0 && one.load.origin.kind === "related" && confidenceOf(one.load, input.facts) !== "possible");
  const [first, ...others] = own === undefined ? crowd : [own, ...crowd];
  if (first === undefined) return same;
  const { load } = first;
  const comers = [...first.comers, ...others.flatMap((one) => [one.load.origin, ...one.comers])];
  const remedy = own === undefined ? { remedy: remedyInLoop(load, outer(first), comers.length + 1, input) } : {};
  return [{ ...first, comers, ...remedy }, ...same.filter((one) => one !== own && !crowd.includes(one))];
}

/** Nobody can load more where a template or a serializer's field goes through the rows. */
function isWrittenLoop({ loop, calls, access }: LazyLoad, input: RuleInput): boolean {
  return loop !== null && loop.span.file.endsWith(".py") && loopSite(input, loop, calls[0] ?? access).rounds !== null;
}

function remedyInLoop(load: LazyLoad, steps: number, querysets: number, { graph }: RuleInput): string {
  const parts = load.path.split("__");
  const method = isJoinableFrom(load, steps, graph) ? "select_related" : "prefetch_related";
  return `Add \`${method}("${parts.slice(steps).join("__")}")\` where the rows of \`${parts[steps - 1]}\` are asked for, before the loop: the rows of ${querysets} querysets come here.`;
}

/** What is seen from further out tells of the rows on the way as well. */
function rank({ load }: ToldLoads, { facts }: RuleInput): number {
  if (confidenceOf(load, facts) === "possible") return 2;
  return load.path.includes("__") ? 0 : 1;
}
