/** Columns that an index may carry along whatever is written later. */
import type { Column } from "../../model/index.ts";

/**
 * Bytes that an entry of a B-tree may have: a third of a page of 8 kB (nbtree.h, BTMaxItemSize: 2704). A row with a longer one is refused, so that what
 * statistics say of the rows of today is not enough.
 */
const MOST_BYTES = 2704;
/** Of one character in UTF-8. */
const CHARACTER = 4;
/** Columns that share the entry. Ours: half of it is left to them. */
const PART = 0.5;
/** Digits of a numeric without a limit take little, and are nobody's free text. */
const SHORT: ReadonlySet<string> = new Set(["numeric", "inet", "cidr", "bit", "varbit"]);

/** Its type itself keeps every value short. */
export function isBounded({ type, typeName, typeKind, length }: Pick<Column, "type" | "typeName" | "typeKind" | "length">): boolean {
  if (length > 0 || typeKind === "e" || SHORT.has(typeName)) return true;
  const [, letters] = /^(?:character varying|character)\((\d+)\)$/.exec(type) ?? [];
  return letters !== undefined && Number(letters) * CHARACTER <= MOST_BYTES * PART;
}
