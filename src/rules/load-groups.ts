/** Lazy loads that one change mends: same queryset, same path or a part of it. */
import type { LazyLoad } from "../model/index.ts";
import { isAskedOnce, rarity } from "../model/otherwise.ts";
import { groupBy } from "../model/group-by.ts";
import { isOfOnceCommand } from "./command-files.ts";

export interface LoadGroup {
  /** The load with the longest path. */
  readonly load: LazyLoad;
  readonly loads: readonly LazyLoad[];
}

export interface ToldLoads extends LoadGroup {
  /** How many other models' rows are read at the same place for the same reason. */
  readonly others: number;
}

/** What is read of rows that a delete fetches for receivers is mended there alone, once for all models whose rows come there. */
export function oncePerReceiver(groups: readonly LoadGroup[]): readonly ToldLoads[] {
  const places = groupBy(groups, ({ load: { origin, path, access } }) =>
    origin.collected === true ? `${path} ${access.file}:${access.start}` : `${origin.id} ${path}`,
  );
  return [...places.values()].flatMap((same) => {
    // The surest is told: that other models' rows may come there too takes nothing from it.
    const first = same.find(({ load }) => load.doubts.length === 0 && !isAskedOnce(load.otherwise)) ?? same[0];
    if (first === undefined) return [];
    if (first.load.origin.collected !== true) return same.map((group) => ({ ...group, others: 0 }));
    return [{ ...first, others: new Set(same.map(({ load }) => load.origin.model)).size - 1 }];
  });
}

/** More branches than this below one relation are one finding: loading that relation is the first step to all of them. */
const MAX_BRANCHES = 8;

export function mergeLoads(loads: readonly LazyLoad[]): LoadGroup[] {
  const byOrigin = groupBy(loads, (load) => load.origin.id);
  return [...byOrigin.values()].flatMap(mergeOfOrigin);
}

function mergeOfOrigin(loads: readonly LazyLoad[]): LoadGroup[] {
  const byPath = groupBy(withoutFurtherTurns(loads), (load) => load.path);
  const paths = [...byPath.keys()];
  const mains = new Map([...byPath].map(([path, own]) => [path, mainOf(own)]));
  const isSure = (path: string): boolean => mains.get(path)?.doubts.length === 0 && mains.get(path)?.otherwise === undefined && !isFurtherDown(path);
  // What is only possible further down takes nothing from what is known: a relation that is surely loaded is told for itself.
  const tells = (path: string, other: string): boolean => path === other || (isBelow(path, other) && (isSure(path) || !isSure(other)));
  const longest = paths.filter((path) => !paths.some((other) => other !== path && tells(other, path)));
  const groups = longest.flatMap((path) => {
    const load = mains.get(path);
    const all = paths.filter((other) => tells(path, other)).flatMap((part) => byPath.get(part) ?? []);
    return load === undefined ? [] : [{ load, loads: [load, ...all.filter((one) => one !== load)] }];
  });
  const byRoot = groupBy(groups, ({ load }) => shortest(paths.filter((other) => other === load.path || isBelow(load.path, other))));
  return [...byRoot.values()].flatMap((branches) => (branches.length > MAX_BRANCHES ? folded(branches) : branches));
}

/**
 * A function that calls itself for `parent` asks for the lines of `parent`, of `parent.parent` and so on: what it reads there is told of the first
 * two rows, for nobody knows how far it goes.
 */
function withoutFurtherTurns(loads: readonly LazyLoad[]): readonly LazyLoad[] {
  const told = new Set(loads.map(turnKey));
  return loads.filter((load) => {
    const steps = load.path.split("__");
    const again = steps.findIndex((step, index) => index > 0 && index < steps.length - 1 && step === steps[index - 1]);
    return again < 0 || !told.has(turnKey({ ...load, path: steps.toSpliced(again, 1).join("__") }));
  });
}

/**
 * Rows below rows below rows: one level was loaded by hand, or two, and those who did it know how deep the tree is. Where a row between them says
 * which they are (`parts__part__parts__part`), a level is two steps.
 */
export function isFurtherDown(path: string): boolean {
  const steps = path.split("__");
  const isSame = (at: number, other: number): boolean => steps[at] !== undefined && steps[at] === steps[other];
  return steps.some((_, at) => isSame(at, at + 1) && isSame(at, at + 2)) || steps.some((_, at) => isSame(at, at + 2) && isSame(at + 1, at + 3));
}

function turnKey({ access, path }: LazyLoad): string {
  return `${access.file}:${access.start}:${access.end} ${path}`;
}

function mainOf(loads: readonly LazyLoad[]): LazyLoad | undefined {
  return loads.toSorted(
    (a, b) =>
      Number(a.withoutCaller) - Number(b.withoutCaller) ||
      a.doubts.length - b.doubts.length ||
      Number(isOfOnceCommand(a)) - Number(isOfOnceCommand(b)) ||
      Number(a.refreshed === true) - Number(b.refreshed === true) ||
      rarity(a.otherwise) - rarity(b.otherwise),
  )[0];
}

const isBelow = (path: string, other: string): boolean => path.startsWith(`${other}__`);

const shortest = (paths: readonly string[]): string => paths.toSorted((a, b) => a.length - b.length)[0] ?? "";

function folded(branches: readonly LoadGroup[]): LoadGroup[] {
  const loads = branches.flatMap((branch) => branch.loads);
  const [first] = loads.toSorted((a, b) => a.path.length - b.path.length);
  return first === undefined ? [] : [{ load: first, loads: [first, ...loads.filter((one) => one !== first)] }];
}
