/** Names of tables, indexes and constraints as Django makes them up on PostgreSQL (django.db.backends.utils and .base.schema, 4.2 to 6.1). */
import { createHash } from "node:crypto";

/** NAMEDATALEN - 1: PostgreSQL cuts what is longer, and Django shortens names to it. */
export const MAX_NAME = 63;

/** Django's `names_digest`. */
export function namesDigest(names: readonly string[], length: number): string {
  const hash = createHash("md5");
  for (const name of names) hash.update(name, "utf8");
  return hash.digest("hex").slice(0, length);
}

/** `"sales"."order"` → `order` of `sales`; other names stand in no schema. */
export function splitIdentifier(identifier: string): { readonly schema: string | null; readonly name: string } {
  const [first = "", second] = identifier.split('"."');
  const bare = (text: string): string => text.replace(/^"+|"+$/g, "");
  return second === undefined ? { schema: null, name: bare(first) } : { schema: bare(first), name: bare(second) };
}

export function stripQuotes(name: string): string {
  return name.startsWith('"') && name.endsWith('"') && name.length > 1 ? name.slice(1, -1) : name;
}

/** Django's `truncate_name`, for tables: the end gives way to four digits of a hash. */
export function truncateName(identifier: string, length = MAX_NAME): string {
  const { schema, name } = splitIdentifier(identifier);
  if (name.length <= length) return identifier;
  const short = `${name.slice(0, length - 4)}${namesDigest([name], 4)}`;
  return schema === null ? short : `${schema}"."${short}`;
}

/**
 * `BaseDatabaseSchemaEditor._create_index_name`: indexes of single fields (`""`), their twins for LIKE (`_like`), unique constraints
 * (`_uniq`), index_together (`_idx`), foreign keys (`_fk_shop_book_id`), checks (`_check`).
 *
 * @example
 * generatedName("shop_order", ["customer_id"], ""); // "shop_order_customer_id_1b2c3d4e"
 */
export function generatedName(table: string, columns: readonly string[], suffix: string): string {
  const { name } = splitIdentifier(table);
  const hashed = `${namesDigest([name, ...columns], 8)}${suffix}`;
  const whole = `${name}_${columns.join("_")}_${hashed}`;
  if (whole.length <= MAX_NAME) return whole;
  const end = hashed.length > MAX_NAME / 3 ? hashed.slice(0, Math.floor(MAX_NAME / 3)) : hashed;
  const other = Math.floor((MAX_NAME - end.length) / 2) - 1;
  const short = `${name.slice(0, other)}_${columns.join("_").slice(0, other)}_${end}`;
  return /^[_\d]/.test(short) ? `D${short.slice(0, -1)}` : short;
}

/** `Index.set_name_with_model`: the name of an entry of Meta.indexes that has none. Columns with `-` where they descend. */
export function generatedIndexName(table: string, columns: readonly string[], suffix: string): string {
  const { name } = splitIdentifier(table);
  const [first = ""] = columns;
  const made = `${name.slice(0, 11)}_${first.replace(/^-/, "").slice(0, 7)}_${namesDigest([name, ...columns, suffix], 6)}_${suffix}`;
  return /^[_\d]/.test(made) ? `D${made.slice(1)}` : made;
}

const suffixes: Readonly<Record<string, string>> = {
  GinIndex: "gin",
  GistIndex: "gist",
  BrinIndex: "brin",
  HashIndex: "hash",
  BloomIndex: "bloom",
  SpGistIndex: "spgist",
  BTreeIndex: "btree",
};

/** The suffix of a class of index. */
export function indexSuffix(kind: string): string {
  return suffixes[kind] ?? "idx";
}
