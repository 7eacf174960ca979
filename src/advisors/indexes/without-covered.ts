import type { StudiedIndex } from "../../model/index.ts";

/**
 * Two indexes with one key, of which one carries what the other does and more: the wider answers all that the narrower does, and two are written for one.
 * The planner's cost alone takes both, since the narrower has fewer pages.
 */
export function withoutCovered(added: readonly StudiedIndex[]): readonly StudiedIndex[] {
  const kept = added.filter((one) => !added.some((other) => other !== one && covers(other, one)));
  return kept.map((one) => ({ ...one, serves: [...new Set([one, ...added.filter((other) => covers(one, other))].flatMap(({ serves }) => serves))] }));
}

function covers(wide: StudiedIndex, narrow: StudiedIndex): boolean {
  const [a, b] = [wide.spec, narrow.spec];
  const isSameKey = JSON.stringify([wide.table.oid, a.method ?? "btree", a.keys, a.condition ?? null]) === JSON.stringify([narrow.table.oid, b.method ?? "btree", b.keys, b.condition ?? null]);
  const [carried, asked] = [a.include ?? [], b.include ?? []];
  return isSameKey && carried.length > asked.length && asked.every((one) => carried.includes(one));
}
