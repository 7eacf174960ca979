import type { ProposalProof, StudiedIndex } from "../../model/index.ts";

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
  const isSameKey =
    JSON.stringify([wide.table.oid, a.method ?? "btree", a.keys, a.condition ?? null]) ===
    JSON.stringify([narrow.table.oid, b.method ?? "btree", b.keys, b.condition ?? null]);
  const [carried, asked] = [a.include ?? [], b.include ?? []];
  return isSameKey && carried.length > asked.length && asked.every((one) => carried.includes(one));
}

/** What a rule proposes with the reason for it, and perhaps in place of an index that is there, is not said twice. */
export function withoutProposed(added: readonly StudiedIndex[], proofs: readonly ProposalProof[]): readonly StudiedIndex[] {
  const useful = proofs.filter(({ refused, statements }) => refused === null && statements.some(({ verdict }) => verdict === "gain" || verdict === "verify"));
  const forms = new Set(useful.flatMap(({ proposal: { table, sql } }) => formOf(table.oid, sql) ?? []));
  return added.filter(({ table, sql }) => !forms.has(formOf(table.oid, sql) ?? ""));
}

/** Its columns and its condition, without names and the order of what it carries. Null for what is no list of columns. */
function formOf(table: number, sql: string): string | null {
  const parts = / ON \S+(?: USING (\w+))? \(([^()]*)\)(?: INCLUDE \(([^()]*)\))?(?: WITH \([^()]*\))?(.*)$/.exec(sql);
  if (parts === null) return null;
  const [, method = "btree", keys = "", include = "", rest = ""] = parts;
  const names = (list: string): readonly string[] => list.replaceAll('"', "").split(", ").filter(Boolean);
  return JSON.stringify([table, method, names(keys), names(include).toSorted(), rest.replaceAll(/[";]/g, "").trim()]);
}
