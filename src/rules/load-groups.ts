/** Lazy loads that one change mends: same queryset, same path or a part of it. */
import type { LazyLoad } from "../model/index.ts";
import { groupBy } from "./group-by.ts";

export interface LoadGroup {
  /** The load with the longest path. */
  readonly load: LazyLoad;
  readonly loads: readonly LazyLoad[];
}

export function mergeLoads(loads: readonly LazyLoad[]): LoadGroup[] {
  const byOrigin = groupBy(loads, (load) => load.origin.id);
  return [...byOrigin.values()].flatMap(mergeOfOrigin);
}

function mergeOfOrigin(loads: readonly LazyLoad[]): LoadGroup[] {
  const byPath = groupBy(loads, (load) => load.path);
  const paths = [...byPath.keys()];
  const longest = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}__`)));
  return longest.flatMap((path) => {
    const parts = paths.filter((other) => other === path || path.startsWith(`${other}__`));
    const all = parts.flatMap((part) => byPath.get(part) ?? []);
    const own = byPath.get(path) ?? [];
    const [load] = own.toSorted((a, b) => Number(a.withoutCaller) - Number(b.withoutCaller) || a.doubts.length - b.doubts.length);
    return load === undefined ? [] : [{ load, loads: [load, ...all.filter((one) => one !== load)] }];
  });
}
