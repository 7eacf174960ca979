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
  isContinuous,
  KIND,
  manyRows,
  MOST_COMMON,
  ONE_TO_ONE,
  widened,
  type SourceColumn,
} from "./expression-statistics.ts";

/** Values that are made up of a column, and between two bounds of it at least and at most. Ours. */
const POINTS = 5000;
const STEPS = { least: 10, most: 50 } as const;

const known = ({ baseType, common, frequencies, histogram }: SourceColumn): string =>
  `k AS MATERIALIZED (SELECT ${array(common, baseType)} AS m, '{${(frequencies ?? []).join(",")}}'::pg_catalog.float8[] AS f, ${array(histogram, baseType)} AS h)`;

/** Two bounds that follow each other, and how many values are made up between them. */
const NEIGHBOURS = `(SELECT h.v AS low, pg_catalog.lead(h.v) OVER (ORDER BY h.n) AS high, least(${STEPS.most}, greatest(${STEPS.least}, ${POINTS} / greatest(1, pg_catalog.array_length(k.h, 1) - 1))) AS steps
    FROM k, pg_catalog.unnest(k.h) WITH ORDINALITY h(v, n))`;

/** A column's known values: `v`, each once, `w` for its share of the rows, and whether it is common. */
export function knownRows(column: SourceColumn): string {
  const { baseType, frequencies, histogram, nullFraction } = column;
  const nulls = nullFraction ?? 0;
  const left = Math.max(0, 1 - nulls - (frequencies ?? []).reduce((sum, one) => sum + one, 0));
  const parts = [
    `SELECT x.v, x.w, true AS often FROM k, ROWS FROM (pg_catalog.unnest(k.m), pg_catalog.unnest(k.f)) x(v, w) WHERE x.v IS NOT NULL`,
    ...(histogram === null ? [] : [isContinuous(column) ? stepped(column, left) : bounds(left)]),
    ...(nulls > 0 ? [`SELECT NULL::${baseType}, ${nulls}, true`] : []),
  ];
  return `SELECT x.v, pg_catalog.sum(x.w)::pg_catalog.float8 AS w, pg_catalog.bool_or(x.often) AS often FROM (${parts.join(" UNION ALL ")}) x GROUP BY x.v`;
}

const bounds = (left: number): string => `SELECT h.v, ${left}::pg_catalog.float8 / pg_catalog.array_length(k.h, 1), false FROM k, pg_catalog.unnest(k.h) h(v)`;

/** The bounds themselves, and between two of them one value in each part. */
function stepped(column: SourceColumn, left: number): string {
  const value = between(column, "b.low", "b.high", "((g.n + pg_catalog.random()) / b.steps)");
  return `SELECT CASE WHEN g.n = 0 THEN b.low ELSE (${value})::${column.baseType} END, ${left}::pg_catalog.float8 / (b.steps * (pg_catalog.array_length(k.h, 1) - 1) + 1), false
    FROM k, ${NEIGHBOURS} b, pg_catalog.generate_series(0, ${STEPS.most - 1}) g(n) WHERE g.n < b.steps AND (g.n = 0 OR b.high IS NOT NULL)`;
}

/** As ANALYZE describes it: values of the expression in its own order, with their shares. */
export interface Groups {
  readonly nulls: number;
  readonly width: number | null;
  /** Values of the column for which the expression has one. */
  readonly columns: number;
  /** An array that the server wrote; of each value its share, of how many values of the column it comes, and 1 where one of those is common. */
  readonly values: string | null;
  readonly shares: readonly number[] | null;
  readonly counts: readonly number[] | null;
  readonly often: readonly number[] | null;
  readonly correlation: number | null;
}

/**
 * A SELECT of one `Groups`. ANALYZE correlates places in the order of values with places in the table, and puts rows of one value in the table's order. A group's rows lie about the
 * mean place of its column values, as far as the column follows the table, and spread the more the less it does.
 */
export function groupsOf(column: SourceColumn, expression: string): string {
  const follows = `(${followed(column)})::pg_catalog.float8`;
  const mean = "pg_catalog.sum(t.luthier_w * t.luthier_at) / pg_catalog.sum(t.luthier_w)";
  return `WITH ${known(column)}, y AS (${knownRows(column)}),
  z AS (SELECT y.v, y.w, y.often, CASE WHEN y.v IS NULL THEN 1 ELSE y.w / pg_catalog.sum(y.w) OVER n END AS part,
    CASE WHEN y.v IS NULL THEN 0.5 ELSE (pg_catalog.sum(y.w) OVER o - y.w / 2) / pg_catalog.sum(y.w) OVER n END AS at FROM y WINDOW n AS (PARTITION BY y.v IS NULL), o AS (PARTITION BY y.v IS NULL ORDER BY y.v)),
  t AS MATERIALIZED (SELECT ${expression} AS luthier_e, luthier_w, luthier_often, luthier_part, luthier_at
    FROM (SELECT z.v::${column.type} AS ${quoteName(column.name)}, z.w AS luthier_w, z.often AS luthier_often, z.part AS luthier_part, z.at AS luthier_at FROM z) known),
  g AS (SELECT t.luthier_e AS e, pg_catalog.sum(t.luthier_w) AS share, pg_catalog.count(*)::pg_catalog.int4 AS count, pg_catalog.bool_or(t.luthier_often)::pg_catalog.int4 AS often, ${mean} AS at,
    pg_catalog.sum(t.luthier_w * (t.luthier_at ^ 2 + t.luthier_part ^ 2 / 12)) / pg_catalog.sum(t.luthier_w) - (${mean}) ^ 2 AS spread FROM t WHERE t.luthier_e IS NOT NULL GROUP BY t.luthier_e),
  o AS (SELECT g.*, g.share / pg_catalog.sum(g.share) OVER () AS part, (pg_catalog.sum(g.share) OVER (ORDER BY g.e) - g.share / 2) / pg_catalog.sum(g.share) OVER () AS place FROM g)
  SELECT pg_catalog.json_build_object('nulls', coalesce((SELECT pg_catalog.sum(t.luthier_w) FROM t WHERE t.luthier_e IS NULL), 0),
    'width', (SELECT pg_catalog.sum(t.luthier_w * pg_catalog.pg_column_size(t.luthier_e)) / nullif(pg_catalog.sum(t.luthier_w), 0) FROM t WHERE t.luthier_e IS NOT NULL),
    'columns', coalesce(pg_catalog.sum(o.count), 0), 'values', pg_catalog.array_agg(o.e ORDER BY o.e)::text, 'shares', pg_catalog.array_agg(o.share::pg_catalog.float4 ORDER BY o.e),
    'counts', pg_catalog.array_agg(o.count ORDER BY o.e), 'often', pg_catalog.array_agg(o.often ORDER BY o.e),
    'correlation', pg_catalog.sum(12 * o.part * (o.place - 0.5) * (o.at - 0.5)) * ${follows} + pg_catalog.sum(o.part ^ 2 * pg_catalog.sqrt(greatest(0, ${follows} ^ 2 * 12 * o.spread + 1 - ${follows} ^ 2)))) FROM o`;
}

/** How far the column follows the table but for rows of equal value, which ANALYZE takes in order: so far that its common values bring about the correlation that was found. */
export function followed({ correlation, frequencies, nullFraction }: Pick<SourceColumn, "correlation" | "frequencies" | "nullFraction">): number {
  const shares = (frequencies ?? []).map((one) => Math.min(1, one / Math.max(1e-9, 1 - (nullFraction ?? 0))));
  const cubes = shares.reduce((sum, one) => sum + one ** 3, 0);
  const found = (follows: number): number =>
    follows * (1 - cubes) + shares.reduce((sum, one) => sum + one ** 2 * Math.sqrt(follows ** 2 * one ** 2 + 1 - follows ** 2), 0);
  let [low, high] = [-1, 1];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (found(middle) < (correlation ?? 0)) low = middle;
    else high = middle;
  }
  return high;
}

/** Of values that lie as by chance, how many there were and how many different ones an expression gave. */
export interface Chance {
  readonly columns: number;
  readonly distinct: number;
  readonly single: number;
}

/** A SELECT of one `Chance`, of values between the bounds alone. */
export function chanceOf(column: SourceColumn, expression: string): string {
  const name = quoteName(column.name);
  return `WITH ${known(column)} SELECT pg_catalog.json_build_object('columns', coalesce(pg_catalog.sum(g.columns), 0), 'distinct', pg_catalog.count(*), 'single', pg_catalog.count(*) FILTER (WHERE g.columns = 1))
    FROM (SELECT pg_catalog.count(DISTINCT t.luthier_c) AS columns FROM (SELECT ${expression} AS luthier_e, ${name} AS luthier_c FROM (SELECT (${between(column, "b.low", "b.high", "pg_catalog.random()")})::${column.type} AS ${name}
    FROM k, ${NEIGHBOURS} b, pg_catalog.generate_series(1, ${STEPS.most}) g(n) WHERE g.n <= b.steps AND b.high IS NOT NULL) chance) t WHERE t.luthier_e IS NOT NULL GROUP BY t.luthier_e) g`;
}

const distinctIn = ({ shares }: Groups): number => shares?.length ?? 0;
const singleIn = ({ counts }: Groups): number => counts?.filter((one) => one === 1).length ?? 0;

/** From which share of values with a value of their own on there are more than were tried. Ours: below it the estimator of ANALYZE adds a tenth at most. */
const MANY_SINGLE = 0.1;

/** Whether chance tells how many values there are: some that were tried give a value of their own, and not all do. */
export function isSparse(groups: Groups, column: SourceColumn): boolean {
  const single = singleIn(groups);
  return isContinuous(column) && column.histogram !== null && single < groups.columns && single > MANY_SINGLE * groups.columns;
}

/** How many values the expression has in the table, as ANALYZE writes it. */
export function knownDistinct(groups: Groups, column: SourceColumn, chance: Chance | null): number {
  const [{ columns }, distinct, single] = [groups, distinctIn(groups), singleIn(groups)];
  const all = column.distinct ?? 0;
  if (single >= columns) return all;
  if (!isContinuous(column)) return all > 0 && all <= columns ? distinct : manyRows(columns, distinct, single);
  if (chance === null || chance.columns === 0) return distinct;
  if (chance.distinct >= ONE_TO_ONE * chance.columns) return all;
  const many = Math.max(distinct, manyRows(chance.columns, chance.distinct, chance.single));
  return all > 0 ? Math.min(all, many) : many;
}

/** Every value of the expression is known: all of the column's are common, or so few came once that ANALYZE's own estimator expects no other. */
function isWhole(groups: Groups, { histogram }: SourceColumn): boolean {
  const [distinct, single] = [distinctIn(groups), singleIn(groups)];
  if (distinct > MOST_COMMON) return false;
  return histogram === null || (single < groups.columns && manyRows(groups.columns, distinct, single) <= distinct);
}

/** Places of the common ones, the commonest first. */
export function commonPlaces(groups: Groups, column: SourceColumn, distinct: number): number[] {
  const shares = groups.shares ?? [];
  const all = shares.map((_, place) => place).toSorted((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0) || a - b);
  if (isWhole(groups, column)) return all;
  const sure = all.filter((place) => groups.often?.[place] === 1 || (groups.counts?.[place] ?? 0) >= BOUNDS).slice(0, MOST_COMMON);
  if (!isContinuous(column)) return sure;
  const { rows, sampled } = column;
  const others = { nulls: groups.nulls, distinct: distinct < 0 ? -distinct * rows : distinct, sampled: Math.min(rows, sampled), rows };
  return sure.slice(
    0,
    commonest(
      sure.map((place) => shares[place] ?? 0),
      others,
    ),
  );
}

/**
 * How many of the commonest values ANALYZE keeps (`analyze_mcv_list`): from the rarest on it leaves out those that it did not see more often than those that it does not keep, by two standard
 * deviations of a draw without putting back.
 */
export function commonest(
  shares: readonly number[],
  { nulls, distinct, sampled, rows }: { readonly nulls: number; readonly distinct: number; readonly sampled: number; readonly rows: number },
): number {
  const seen = shares.map((one) => one * sampled);
  let kept = seen.findIndex((one) => one < SEEN_AGAIN);
  if (kept < 0) kept = seen.length;
  if (sampled >= rows) return kept;
  for (; kept > 0; kept -= 1) {
    const before = shares.slice(0, kept - 1).reduce((sum, one) => sum + one, 0);
    const other = Math.max(0, 1 - nulls - before) / Math.max(1, distinct - (kept - 1));
    const last = seen[kept - 1] ?? 0;
    const whole = Math.min(rows, (shares[kept - 1] ?? 0) * rows);
    const variance = (sampled * whole * (rows - whole) * (rows - sampled)) / (rows * rows * Math.max(1, rows - 1));
    if (last > other * sampled + 2 * Math.sqrt(variance) + 0.5) break;
  }
  return kept;
}

/** ANALYZE tracks values that it saw twice; as a mean, this is seen twice rather than once. */
const SEEN_AGAIN = 1.5;

export interface Operators {
  readonly equal: number;
  readonly less: number;
  readonly collation: number;
  readonly typeName: string;
}

export function knownFigures(groups: Groups, column: SourceColumn, chance: Chance | null, { equal, less, collation, typeName }: Operators): StatisticFigures {
  const slots: StatisticSlot[] = [];
  const [values, shares, distinct] = [elements(groups.values ?? "{}"), groups.shares ?? [], knownDistinct(groups, column, chance)];
  const common = commonPlaces(groups, column, distinct);
  const listed = (places: readonly number[]): string => `{${places.map((place) => values[place] ?? "NULL").join(",")}}`;
  // The planner takes the last for the least.
  if (common.length > 0)
    slots.push({ kind: KIND.common, operator: equal, collation, numbers: `{${common.map((place) => shares[place] ?? 0).join(",")}}`, values: listed(common) });
  const places = isWhole(groups, column) ? [] : boundPlaces(shares, new Set(common));
  if (places.length > 1) {
    const bounding = isContinuous(column) ? listed(places) : widened(elements(listed([...new Set(places)])), typeName);
    slots.push({ kind: KIND.histogram, operator: less, collation, numbers: null, values: bounding });
  }
  if (groups.correlation !== null)
    slots.push({ kind: KIND.correlation, operator: less, collation, numbers: `{${Math.max(-1, Math.min(1, groups.correlation))}}`, values: null });
  return { nullFraction: `${Math.min(1, groups.nulls)}`, width: Math.max(1, Math.round(groups.width ?? 1)), distinct: `${distinct}`, slots };
}

/** Places of a histogram's bounds, between which as many rows lie each: of those that are not common, and as many as there are values at most, as ANALYZE has them. */
export function boundPlaces(shares: readonly number[], common: ReadonlySet<number>): number[] {
  const others = shares.flatMap((share, place) => (common.has(place) ? [] : [{ share, place }]));
  const count = Math.min(MOST_COMMON + 1, others.length);
  const [first, all] = [others[0], others.reduce((sum, { share }) => sum + share, 0)];
  if (first === undefined || count < 2) return [];
  let [at, upTo] = [0, first.share];
  return Array.from({ length: count }, (_, bound) => {
    if (bound === count - 1) return others.at(-1)?.place ?? first.place;
    while (at < others.length - 1 && upTo < (bound / (count - 1)) * all) upTo += others[(at += 1)]?.share ?? 0;
    return others[at]?.place ?? first.place;
  });
}
