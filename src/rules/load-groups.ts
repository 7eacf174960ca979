/** Lazy loads that one change mends: same queryset, same path or a part of it. */
import type { LazyLoad } from "../model/index.ts";
import { groupBy } from "../model/group-by.ts";

export interface LoadGroup {
  /** The load with the longest path. */
  readonly load: LazyLoad;
  readonly loads: readonly LazyLoad[];
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
  const longest = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}__`)));
  const groups = longest.flatMap((path) => {
    const parts = paths.filter((other) => other === path || path.startsWith(`${other}__`));
    const all = parts.flatMap((part) => byPath.get(part) ?? []);
    const own = byPath.get(path) ?? [];
    const [load] = own.toSorted((a, b) => Number(a.withoutCaller) - Number(b.withoutCaller) || a.doubts.length - b.doubts.length);
    return load === undefined ? [] : [{ load, loads: [load, ...all.filter((one) => one !== load)] }];
  });
  const byRoot = groupBy(groups, rootOf);
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

function turnKey({ access, path }: LazyLoad): string {
  return `${access.file}:${access.start}:${access.end} ${path}`;
}

/** The shallowest relation of the group that was not loaded. */
function rootOf({ loads }: LoadGroup): string {
  return loads.reduce((path, load) => (load.path.length < path.length ? load.path : path), loads[0]?.path ?? "");
}

function folded(branches: readonly LoadGroup[]): LoadGroup[] {
  const loads = branches.flatMap((branch) => branch.loads);
  const [first] = loads.toSorted((a, b) => a.path.length - b.path.length);
  return first === undefined ? [] : [{ load: first, loads: [first, ...loads.filter((one) => one !== first)] }];
}
