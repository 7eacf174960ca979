/** Queries of what the planner goes by and no view shows: statistics as they are stored, and the ends of indexes. */
import type { StatisticFigures, StatisticSlot } from "../../model/index.ts";
import { quoteName, quoteQualified } from "../../postgres/quote.ts";
import { number, text, type Row } from "./row-values.ts";

/** The first versions with statistics of expressions, and with those of a parent apart from its children's. */
const WITH_EXPRESSIONS = 140_000;
const WITH_INHERITED = 150_000;

const SLOTS = [1, 2, 3, 4, 5] as const;

/** As one value, so that slots without a kind cost nothing. Figures are text: `float4` to the last bit. */
const figures = (row: string): string => `
  ${row}.stanullfrac::text AS null_fraction, ${row}.stawidth AS width, ${row}.stadistinct::text AS distinct, jsonb_build_array(${SLOTS.map((n) => slot(row, n)).join(", ")}) AS slots`;

const slot = (row: string, n: number): string =>
  `CASE WHEN ${row}.stakind${n} <> 0 THEN jsonb_build_array(${row}.stakind${n}, ${row}.staop${n}::int8, ${row}.stacoll${n}::int8, ${row}.stanumbers${n}::text, ${row}.stavalues${n}::text) END`;

/** `$1` are tables and indexes. */
export const STATISTIC_ROWS = `
SELECT s.starelid::int8 AS relation, s.staattnum AS attribute, s.stainherit AS inherited, ${figures("s")}
FROM pg_statistic s WHERE s.starelid = ANY($1::oid[]) ORDER BY 1, 2, 3`;

/** Of a row with these. */
export function figuresOf(one: Row): StatisticFigures {
  const slots = Array.isArray(one["slots"]) ? one["slots"] : [];
  return { nullFraction: text(one, "null_fraction"), width: number(one, "width"), distinct: text(one, "distinct"), slots: slots.flatMap(slotOf) };
}

function slotOf(value: unknown): StatisticSlot[] {
  if (!Array.isArray(value)) return [];
  const [kind, operator, collation, numbers, values] = value as readonly unknown[];
  const textOf = (one: unknown): string | null => (typeof one === "string" ? one : null);
  return [{ kind: Number(kind), operator: Number(operator), collation: Number(collation), numbers: textOf(numbers), values: textOf(values) }];
}

/** `$1` are tables. The data's own types have no binary form that a driver reads, but their bytes. */
export const extendedRows = (version: number): string => `
SELECT s.oid::int8 AS statistics, ${version >= WITH_INHERITED ? "d.stxdinherit" : "false"} AS inherited,
  (SELECT jsonb_object_agg(a.attnum, a.attname) FROM unnest(s.stxkeys::int2[]) k(number) JOIN pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = k.number) AS columns,
  encode(d.stxdndistinct::bytea, 'base64') AS distinct, encode(d.stxddependencies::bytea, 'base64') AS dependencies, encode(d.stxdmcv::bytea, 'base64') AS common_values,
  ${version >= WITH_EXPRESSIONS ? EXPRESSIONS : "NULL"} AS expressions
FROM pg_statistic_ext s JOIN pg_statistic_ext_data d ON d.stxoid = s.oid WHERE s.stxrelid = ANY($1::oid[]) ORDER BY 1, 2`;

const EXPRESSIONS = `(SELECT jsonb_agg(to_jsonb(f) ORDER BY f.position) FROM (
    SELECT p.position, ${figures("x")} FROM generate_subscripts(d.stxdexpr, 1) p(position) CROSS JOIN LATERAL (SELECT (d.stxdexpr[p.position]).*) x) f)`;

/** Names of what rows of statistics refer to by oid: `$1` operators, `$2` collations. */
export const NAMES = `
SELECT 'operator' AS kind, o.oid::int8 AS oid, o.oid::regoperator::text AS name FROM unnest($1::oid[]) o(oid)
UNION ALL SELECT 'collation', c.oid::int8, quote_ident(n.nspname) || '.' || quote_ident(c.collname) FROM unnest($2::oid[]) o(oid) JOIN pg_collation c ON c.oid = o.oid JOIN pg_namespace n ON n.oid = c.collnamespace`;

/** Types that are not PostgreSQL's own: rows' types are of no use in statistics. */
export const TYPES = `SELECT t.oid::int8 AS oid, format_type(t.oid, NULL) AS name FROM pg_type t WHERE t.oid >= 16384 AND t.typtype IN ('b', 'd', 'e', 'r', 'm') AND t.typcategory <> 'A'`;

export const LABELS = `SELECT e.oid::int8 AS oid, e.enumtypid::int8 AS type, e.enumlabel AS label FROM pg_enum e`;

/** `daticulocale` in 15 and 16. */
export const LOCALE = `SELECT coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') AS locale FROM pg_database d WHERE d.datname = current_database()`;

export interface EndProbe {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** The index has nulls where an order without further words has none of them: only such an order comes from it. */
  readonly isUnusual: boolean;
}

/** Both ends of some columns: two pages of an index each, where nothing was deleted at its ends. */
export function endsOf(probes: readonly EndProbe[]): string {
  return probes.map((one, index) => `SELECT ${index} AS number, (${end(one, "low")}) AS low, (${end(one, "high")}) AS high`).join("\nUNION ALL ");
}

function end({ schema, table, column, isUnusual }: EndProbe, which: "low" | "high"): string {
  // By itself the name would be that of the text that is selected.
  const name = `t.${quoteName(column)}`;
  const order = which === "low" ? (isUnusual ? " NULLS FIRST" : "") : isUnusual ? " DESC NULLS LAST" : " DESC";
  return `SELECT ${name}::text FROM ONLY ${quoteQualified({ schema, name: table })} t WHERE ${name} IS NOT NULL ORDER BY ${name}${order} LIMIT 1`;
}
