/** What two indexes have in common. */
import type { Index, IndexKey } from "../../model/index.ts";

/** Nothing but queries needs it: no constraint, no foreign key elsewhere, no replica identity, no clustering, no uniqueness. */
export function isDroppable(index: Index): boolean {
  return (
    !index.unique &&
    !index.primary &&
    !index.exclusion &&
    index.constraint === null &&
    index.referencedBy.length === 0 &&
    !index.replicaIdentity &&
    !index.clustered
  );
}

/** Same method, keys, operator classes, collations, order, included columns, predicate; uniqueness may differ. */
export function sameStructure(one: Index, other: Index): boolean {
  return (
    one.method === other.method &&
    one.predicate === other.predicate &&
    one.keys.length === other.keys.length &&
    startsWithKeys(other, one) &&
    coversIncluded(other, one) &&
    coversIncluded(one, other)
  );
}

/** The first keys of `wide` are those of `narrow`. */
export function startsWithKeys(wide: Index, narrow: Index): boolean {
  return narrow.keys.every((key, position) => {
    const other = wide.keys[position];
    return other !== undefined && sameKey(key, other);
  });
}

/** Everything that `narrow` carries along can be had from `wide`. */
export function coversIncluded(wide: Index, narrow: Index): boolean {
  const carried = new Set([...wide.include, ...wide.keys.flatMap(({ column }) => column ?? [])]);
  return narrow.include.every((column) => carried.has(column));
}

export function sameKey(one: IndexKey, other: IndexKey): boolean {
  return (
    one.column === other.column &&
    one.expression === other.expression &&
    one.operatorClass === other.operatorClass &&
    one.collation === other.collation &&
    one.descending === other.descending &&
    one.nullsFirst === other.nullsFirst
  );
}

/** The first keys of `wide`, read backwards, are those of `narrow`: a B-tree is read both ways. */
export function startsWithKeysReversed(wide: Index, narrow: Index): boolean {
  return narrow.keys.every((key, position) => {
    const other = wide.keys[position];
    return other !== undefined && sameKey({ ...key, descending: !key.descending, nullsFirst: !key.nullsFirst }, other);
  });
}

/** Every query that `narrow` serves, `wide` serves too, and of the two it is the one that stays. Both are B-trees. */
export function standsFor(wide: Index, narrow: Index): boolean {
  if (wide === narrow || wide.predicate !== narrow.predicate || sameStructure(narrow, wide)) return false;
  if (!coversIncluded(wide, narrow) || !(startsWithKeys(wide, narrow) || startsWithKeysReversed(wide, narrow))) return false;
  if (wide.keys.length > narrow.keys.length || wide.include.length > narrow.include.length) return true;
  // Equal but for the direction: the older one stays.
  return !isDroppable(wide) || wide.oid < narrow.oid;
}
