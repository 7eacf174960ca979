/**
 * Statistics of an expression over one column, from the values that the column's own statistics show, each with its share of the rows: no row is drawn, so that no chance is in
 * them. A common value's share is as sure as the column's; what a bound of a histogram gives is sure only where several give it.
 */
import type { StatisticFigures, StatisticSlot } from "../../model/index.ts";
import { quoteName } from "../quote.ts";
import {
  array,
  between,
  BOUNDS,
  elements,
  isBeyondChance,
  isContinuous,
  KIND,
  manyRows,
  MOST_COMMON,
  ONE_TO_ONE,
  widened,
  type SourceColumn,
} from "./expression-statistics.ts";

/** Between two bounds of a column whose values can be made up, so many are. Ours. */
const STEPS = 50;

/** Rows of a column's known values: it, under its own name, `luthier_share`, `luthier_often`, and `luthier_place` in the column's order. */
export function knownRows(column: SourceColumn): string {
  const { name, type, baseType, common, frequencies, histogram, nullFraction } = column;
  const shares = frequencies ?? [];
  const nulls = nullFraction ?? 0;
  const left = Math.max(0, 1 - nulls - shares.reduce((sum, one) => sum + one, 0));
  const known = `k AS MATERIALIZED (SELECT ${array(common, baseType)} AS m, '{${shares.join(",")}}'::pg_catalog.float8[] AS f, ${array(histogram, baseType)} AS h)`;
  const parts = [
    `SELECT x.v, x.w, true AS often FROM k, ROWS FROM (pg_catalog.unnest(k.m), pg_catalog.unnest(k.f)) x(v, w) WHERE x.v IS NOT NULL`,
    ...(histogram === null ? [] : [isContinuous(column) ? stepped(column, left) : bounds(left)]),
    ...(nulls > 0 ? [`SELECT NULL::${baseType}, ${nulls}, true`] : []),
  ];
  return `WITH ${known} SELECT x.v::${type} AS ${quoteName(name)}, x.w::pg_catalog.float8 AS luthier_share, x.often AS luthier_often, pg_catalog.dense_rank() OVER (ORDER BY x.v) AS luthier_place FROM (${parts.join(" UNION ALL ")}) x`;
}

const bounds = (left: number): string => `SELECT h.v, ${left}::pg_catalog.float8 / pg_catalog.array_length(k.h, 1), false FROM k, pg_catalog.unnest(k.h) h(v)`;

/** The bounds themselves, and between two of them one value in each part. */
function stepped(column: SourceColumn, left: number): string {
  const within = `((g.n + pg_catalog.random()) / ${STEPS})`;
  const value = between(column, "b.low", "b.high", within);
  return `SELECT CASE WHEN g.n = 0 THEN b.low ELSE (${value})::${column.baseType} END, ${left}::pg_catalog.float8 / (${STEPS} * (pg_catalog.array_length(k.h, 1) - 1) + 1), false
    FROM k, LATERAL (SELECT h.v AS low, pg_catalog.lead(h.v) OVER (ORDER BY h.n) AS high FROM pg_catalog.unnest(k.h) WITH ORDINALITY h(v, n)) b, pg_catalog.generate_series(0, ${STEPS - 1}) g(n) WHERE g.n = 0 OR b.high IS NOT NULL`;
}

/** Values by chance between the bounds alone, to see how often an expression gives one again. */
export function chanceRows(column: SourceColumn): string {
  const value = between(column, "b.low", "b.high", "pg_catalog.random()");
  return `WITH k AS MATERIALIZED (SELECT ${array(column.histogram, column.baseType)} AS h) SELECT (${value})::${column.type} AS ${quoteName(column.name)}
    FROM k, LATERAL (SELECT h.v AS low, pg_catalog.lead(h.v) OVER (ORDER BY h.n) AS high FROM pg_catalog.unnest(k.h) WITH ORDINALITY h(v, n)) b, pg_catalog.generate_series(1, ${STEPS}) g(n) WHERE b.high IS NOT NULL`;
}

const HUNDREDTHS = Array.from({ length: 101 }, (_, index) => index / 100).join(",");
const hundredths = (value: string): string => `pg_catalog.percentile_disc('{${HUNDREDTHS}}'::pg_catalog.float8[]) WITHIN GROUP (ORDER BY ${value})::text`;

/** Of the expression `e0`, `e1`, … of a table of such rows. */
const groupsIn = (table: string, expression: string): string => `
  t AS (SELECT ${expression} AS e, luthier_place AS place, pg_catalog.sum(luthier_share) AS share, pg_catalog.bool_or(luthier_often) AS often FROM ${table} GROUP BY 1, 2),
  g AS (SELECT t.e, pg_catalog.sum(t.share) AS share, pg_catalog.count(*) AS values, pg_catalog.bool_or(t.often) AS often FROM t WHERE t.e IS NOT NULL GROUP BY t.e),
  r AS (SELECT g.*, pg_catalog.row_number() OVER (ORDER BY g.often OR g.values >= ${BOUNDS} DESC, g.share DESC, g.e) AS rank FROM g)`;

export interface Groups {
  readonly nulls: number;
  readonly width: number | null;
  readonly columns: number;
  readonly distinct: number;
  readonly single: number;
  /** The commonest of those whose share is sure, then others: their shares, of how many values of the column, and whether one of those is common. */
  readonly shares: readonly number[] | null;
  readonly values: readonly number[] | null;
  readonly often: readonly boolean[] | null;
  readonly correlation: number | null;
  /** Hundredths of all of them, as an array that the server wrote. */
  readonly hundredths: string | null;
}

export function groupsOf(table: string, expression: string): string {
  const best = (what: string): string => `(SELECT pg_catalog.array_agg(${what} ORDER BY r.rank) FROM r WHERE r.rank <= ${MOST_COMMON})`;
  return `WITH ${groupsIn(table, expression)} SELECT coalesce((SELECT pg_catalog.sum(t.share) FROM t WHERE t.e IS NULL), 0) AS nulls,
    (SELECT pg_catalog.sum(t.share * pg_catalog.pg_column_size(t.e)) / nullif(pg_catalog.sum(t.share), 0) FROM t WHERE t.e IS NOT NULL) AS width,
    (SELECT pg_catalog.count(*) FROM t WHERE t.e IS NOT NULL)::pg_catalog.int4 AS columns, (SELECT pg_catalog.count(*) FROM g)::pg_catalog.int4 AS distinct, (SELECT pg_catalog.count(*) FROM g WHERE g.values = 1)::pg_catalog.int4 AS single,
    ${best("r.share")} AS shares, ${best("r.values::pg_catalog.int4")} AS values, ${best("r.often")} AS often,
    (SELECT pg_catalog.corr(o.a, o.b) FROM (SELECT pg_catalog.row_number() OVER (ORDER BY t.place)::pg_catalog.float8 AS a, pg_catalog.row_number() OVER (ORDER BY t.e, t.place)::pg_catalog.float8 AS b FROM t WHERE t.e IS NOT NULL) o) AS correlation,
    (SELECT ${hundredths("t.e")} FROM t WHERE t.e IS NOT NULL) AS hundredths`;
}

export interface Lists {
  /** As arrays that the server wrote. */
  readonly common: string | null;
  readonly hundredths: string | null;
}

/** The values of these ranks, and hundredths of all others. */
export function listsOf(table: string, expression: string, ranks: readonly number[]): string {
  const kept = `'{${ranks.join(",")}}'::pg_catalog.int8[]`;
  return `WITH ${groupsIn(table, expression)} SELECT (SELECT pg_catalog.array_agg(r.e ORDER BY r.share DESC, r.rank)::text FROM r WHERE r.rank = ANY (${kept})) AS common,
    (SELECT ${hundredths("t.e")} FROM t JOIN r ON r.e = t.e WHERE r.rank <> ALL (${kept})) AS hundredths`;
}

/** Every value of the expression is known: so few came once that ANALYZE's own estimator expects no other. */
const isWhole = ({ columns, distinct, single }: Groups): boolean =>
  distinct <= MOST_COMMON && single < columns && manyRows(columns, distinct, single) <= distinct;

/** Ranks of those that are common, from 1. */
export function commonRanks(groups: Groups, column: SourceColumn): number[] {
  const { shares, values, often } = groups;
  const all = (shares ?? []).map((share, index) => ({ rank: index + 1, share, values: values?.[index] ?? 0, isOften: often?.[index] === true }));
  if (isWhole(groups)) return all.map(({ rank }) => rank);
  if (!isContinuous(column)) return all.filter((one) => one.isOften || one.values >= BOUNDS).map(({ rank }) => rank);
  const kept = all.filter(({ isOften }) => isOften);
  const others = all.filter(({ isOften }) => !isOften);
  const left = 1 - groups.nulls - kept.reduce((sum, { share }) => sum + share, 0);
  const mean = left / Math.max(1, groups.distinct - kept.length);
  return [...kept, ...others.filter(({ share }) => isBeyondChance(share, mean, groups.columns))].map(({ rank }) => rank).toSorted((a, b) => a - b);
}

export interface Operators {
  readonly equal: number;
  readonly less: number;
  readonly collation: number;
  readonly typeName: string;
}

export interface Known {
  readonly groups: Groups;
  readonly ranks: readonly number[];
  readonly lists: Lists;
  readonly distinct: string;
}

export function knownFigures(
  { groups, ranks, lists, distinct }: Known,
  { equal, less, collation, typeName }: Operators,
  column: SourceColumn,
): StatisticFigures {
  const slots: StatisticSlot[] = [];
  if (ranks.length > 0 && lists.common !== null) {
    // The planner takes the last for the least.
    const shares = ranks.map((rank) => groups.shares?.[rank - 1] ?? 0).toSorted((a, b) => b - a);
    slots.push({ kind: KIND.common, operator: equal, collation, numbers: `{${shares.join(",")}}`, values: lists.common });
  }
  const others = [...new Set(elements(lists.hundredths ?? "{}"))];
  if (others.length > 1 && !isWhole(groups))
    slots.push({
      kind: KIND.histogram,
      operator: less,
      collation,
      numbers: null,
      values: isContinuous(column) ? `{${others.join(",")}}` : widened(others, typeName),
    });
  if (groups.correlation !== null)
    slots.push({ kind: KIND.correlation, operator: less, collation, numbers: `{${correlationOf(groups, column)}}`, values: null });
  return { nullFraction: `${Math.min(1, groups.nulls)}`, width: Math.max(1, Math.round(groups.width ?? 1)), distinct, slots };
}

/** By how much the expression follows the column, and the column the table. ANALYZE sorts rows of one value by their place: where one has most of the rows, most are in order. */
function correlationOf({ correlation, shares }: Groups, column: SourceColumn): number {
  const followed = column.correlation ?? 0;
  const alike = (shares ?? []).reduce((sum, one) => sum + one * one, 0);
  return (correlation ?? 0) * followed + alike * (1 - Math.abs(followed));
}

/** Of values that lie as by chance, how many there were and how many different ones an expression gave. */
export interface Chance {
  readonly columns: number;
  readonly distinct: number;
  readonly single: number;
}

/** Half of the values that were tried give a value of their own: there are more than were tried. */
export const isSparse = ({ columns, distinct }: Groups): boolean => distinct > columns / 2;

/** How many values the expression has in the table. */
export function knownDistinct(groups: Groups, column: SourceColumn, chance: Chance | null): string {
  const { columns, distinct, single } = groups;
  const all = column.distinct ?? 0;
  if (single >= columns) return `${all}`;
  if (!isContinuous(column)) return all > 0 && all <= columns ? `${distinct}` : `${manyRows(columns, distinct, single)}`;
  if (chance === null) return `${distinct}`;
  if (chance.distinct >= ONE_TO_ONE * chance.columns) return `${all}`;
  const many = manyRows(chance.columns, chance.distinct, chance.single);
  return `${all > 0 ? Math.min(all, many) : many}`;
}
