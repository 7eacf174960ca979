/**
 * Statistics of an expression that nobody has gathered, from those of the columns that it reads: rows are drawn from their common values
 * and histograms, and the expression is analysed on them. What a few bounds of a histogram cannot tell is left out again.
 */
import type { StatisticFigures, StatisticSlot } from "../../model/index.ts";
import { quoteLiteral, quoteName } from "../quote.ts";

/** A column with its statistics; arrays as the server writes them. */
export interface SourceColumn {
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly baseType: string;
  readonly typeName: string;
  readonly nullFraction: number | null;
  readonly distinct: number | null;
  readonly common: string | null;
  readonly frequencies: readonly number[] | null;
  readonly histogram: string | null;
  readonly correlation: number | null;
  /** Of the table, and how many of them ANALYZE reads. */
  readonly rows: number;
  readonly sampled: number;
}

const NUMBERS = new Set(["int2", "int4", "int8", "numeric", "float4", "float8"]);
const TIMES = new Set(["timestamptz", "timestamp", "date"]);

/** Between two bounds of its histogram lie values that can be made up. */
export function isContinuous({ typeName }: Pick<SourceColumn, "typeName">): boolean {
  return NUMBERS.has(typeName) || TIMES.has(typeName);
}

/** Drawn rows. Ours: a tenth of a second, and a hundredth of a per cent is seen. */
const ROWS = 10_000;

/** A SELECT of drawn rows with the columns' own names, in the order of the first. */
export function drawRows(columns: readonly SourceColumn[]): string {
  const chances = columns.flatMap(({ number }) => [`pg_catalog.random() AS r${number}`, `pg_catalog.random() AS u${number}`]);
  const values = columns.map((one) => `${drawn(one)} AS ${quoteName(one.name)}`);
  const tables = columns.map(({ number, baseType, common, histogram, frequencies }) => {
    const cumulated = (frequencies ?? []).reduce<number[]>((sums, one) => [...sums, (sums.at(-1) ?? 0) + one], []);
    return `k${number} AS MATERIALIZED (SELECT ${array(common, baseType)} AS m, ${array(histogram, baseType)} AS h, '{${cumulated.join(",")}}'::pg_catalog.float8[] AS c)`;
  });
  return `WITH ${[...tables, `g AS MATERIALIZED (SELECT ${chances.join(", ")} FROM pg_catalog.generate_series(1, ${ROWS}))`].join(", ")} SELECT ${values.join(", ")} FROM g${columns.map(({ number }) => `, k${number}`).join("")} ORDER BY 1`;
}

export function array(text: string | null, type: string): string {
  return `${text === null ? "NULL" : quoteLiteral(text)}::${type}[]`;
}

function drawn(column: SourceColumn): string {
  const { number, type, nullFraction, frequencies, common, histogram } = column;
  const nulls = nullFraction ?? 0;
  const [h, m, chance] = [`k${number}.h`, `k${number}.m`, `(r${number} - ${nulls})`];
  const all = (frequencies ?? []).reduce((sum, one) => sum + one, 0);
  const step = `(1 + pg_catalog.floor(u${number} * (pg_catalog.array_length(${h}, 1) - 1))::pg_catalog.int4)`;
  const within = `(u${number} * (pg_catalog.array_length(${h}, 1) - 1) - pg_catalog.floor(u${number} * (pg_catalog.array_length(${h}, 1) - 1)))`;
  const bound = isContinuous(column) ? between(column, `${h}[${step}]`, `${h}[${step} + 1]`, within) : `${h}[${step}]`;
  const rest = histogram === null ? (common === null ? "NULL" : `${m}[1]`) : `(${bound})::${type}`;
  const often = common === null ? "" : `WHEN ${chance} < ${all} THEN (${m}[pg_catalog.width_bucket(${chance}, k${number}.c) + 1])::${type} `;
  return `CASE WHEN r${number} < ${nulls} THEN NULL ${often}ELSE ${rest} END`;
}

/** A value between two others, `within` being 0 to 1. Floating point and numeric do not mix, and of days there are whole ones. */
export function between({ typeName }: Pick<SourceColumn, "typeName">, low: string, high: string, within: string): string {
  if (typeName === "date") return `${low} + ((${high} - ${low}) * ${within})::pg_catalog.int4`;
  if (!NUMBERS.has(typeName)) return `${low} + (${high} - ${low}) * ${within}`;
  return `${low} + (${high} - ${low}) * ${within}::pg_catalog.${typeName === "float4" || typeName === "float8" ? "float8" : "numeric"}`;
}

export const KIND = { common: 1, histogram: 2, correlation: 3 } as const;

/** Bounds of a histogram that must agree for a share of the rows to be believed. Ours. */
export const BOUNDS = 3;

export interface Drawn {
  readonly figures: StatisticFigures;
  readonly typeName: string;
  /** Different values of the first column among the drawn rows; of the expression, and of these the ones that a single value of the column gives. */
  readonly columnDistinct: number;
  readonly distinct: number;
  readonly single: number;
  /** The expression's hundredths over all drawn rows, as an array that the server wrote. */
  readonly hundredths: string | null;
}

/** What the drawn rows tell of all rows. */
export function adjustDrawn(drawn: Drawn, columns: readonly SourceColumn[]): StatisticFigures {
  const { figures } = drawn;
  const isSampled = columns.some((one) => !isContinuous(one) && one.histogram !== null);
  const slots = isSampled ? sampledSlots(drawn) : figures.slots.flatMap((slot) => (slot.kind === KIND.common ? beyondChance(slot, drawn) : [slot]));
  return {
    ...figures,
    distinct: distinctOf(drawn, columns),
    slots: slots.flatMap((slot) => (slot.kind === KIND.correlation ? correlationOf(slot, columns) : [slot])),
  };
}

/** By how much the expression follows the column, and the column the table. */
function correlationOf(slot: StatisticSlot, columns: readonly SourceColumn[]): StatisticSlot[] {
  const own = Number(slot.numbers?.slice(1, -1) ?? 0);
  return columns.length === 1 ? [{ ...slot, numbers: `{${own * (columns[0]?.correlation ?? 0)}}` }] : [];
}

/** Of a hundred bounds a value that comes from one of them is not common, but one of many: it belongs to a histogram. */
function sampledSlots({ figures: { slots }, typeName, hundredths }: Drawn): StatisticSlot[] {
  const common = slots.filter(({ kind }) => kind === KIND.common).flatMap(commonEnough);
  const correlation = slots.filter(({ kind }) => kind === KIND.correlation);
  const [order] = correlation;
  // The server takes half of what is not common for a range where there is no histogram.
  const often = new Set(common.flatMap(({ values }) => elements(values ?? "{}")));
  const others = [...new Set(elements(hundredths ?? "{}"))].filter((one) => !often.has(one));
  const histogram: StatisticSlot[] =
    others.length < 2 || order === undefined
      ? []
      : [{ kind: KIND.histogram, operator: order.operator, collation: order.collation, numbers: null, values: widened(others, typeName) }];
  return [...common, ...histogram, ...correlation];
}

function commonEnough(slot: StatisticSlot): StatisticSlot[] {
  const shares = (slot.numbers ?? "{}").slice(1, -1).split(",").map(Number);
  const kept = shares.filter((share) => share >= BOUNDS / 100);
  if (kept.length === 0) return [];
  return [
    {
      ...slot,
      numbers: `{${kept.join(",")}}`,
      values: `{${elements(slot.values ?? "{}")
        .slice(0, kept.length)
        .join(",")}}`,
    },
  ];
}

/** ANALYZE saw all rows that were drawn, and takes the commonest of them for common as they are: of a table it would keep those that chance does not explain. */
function beyondChance(slot: StatisticSlot, { distinct, figures }: Drawn): StatisticSlot[] {
  const shares = (slot.numbers ?? "{}").slice(1, -1).split(",").map(Number);
  if (distinct <= shares.length) return [slot];
  const kept = shares.filter((share, index) => {
    const before = shares.slice(0, index).reduce((sum, one) => sum + one, 0);
    return isBeyondChance(share, (1 - Number(figures.nullFraction) - before) / (distinct - index), ROWS);
  });
  return kept.length === 0
    ? []
    : [
        {
          ...slot,
          numbers: `{${kept.join(",")}}`,
          values: `{${elements(slot.values ?? "{}")
            .slice(0, kept.length)
            .join(",")}}`,
        },
      ];
}

/** As ANALYZE decides that a value is common (`analyze_mcv_list`): it was seen oftener than the others by two standard deviations. */
function isBeyondChance(share: number, mean: number, rows: number): boolean {
  const seen = share * rows;
  return seen > mean * rows + 2 * Math.sqrt(seen * Math.max(0, 1 - share)) + 0.5;
}

export function elements(array: string): string[] {
  return array.slice(1, -1).match(/"(?:[^"\\]|\\[\s\S])*"|[^,]+/g) ?? [];
}

/**
 * How far values go beyond the greatest of so many is as by chance, one step on average, and so is their share there: where it is taken for even, up to twice a step. Of texts nobody
 * can say how far.
 */
const BEYOND = 2;

export function widened(bounds: readonly string[], typeName: string): string {
  const [first, last] = [Number(bounds[0]), Number(bounds.at(-1))];
  if (!NUMBERS.has(typeName) || bounds.length < 2 || !Number.isFinite(last - first)) return `{${bounds.join(",")}}`;
  const beyond = (BEYOND * (last - first)) / (bounds.length - 1);
  const written = (value: number): string => (typeName.startsWith("int") ? `${Math.round(value)}` : `${value}`);
  return `{${[written(first - beyond), ...bounds.slice(1, -1), written(last + beyond)].join(",")}}`;
}

/** From which share of the column's distinct values on each has a value of its own. Ours: of ten thousand values fifty that come again are the one million that may be there. */
export const ONE_TO_ONE = 0.995;
/** Common values that ANALYZE keeps, with PostgreSQL's own target. */
export const MOST_COMMON = 100;

function distinctOf({ figures, distinct, single, columnDistinct }: Drawn, columns: readonly SourceColumn[]): string {
  const [first] = columns;
  if (first === undefined || columns.length !== 1 || first.distinct === null || first.distinct === 0 || columnDistinct === 0) return figures.distinct;
  if (isContinuous(first)) return distinct >= ONE_TO_ONE * columnDistinct ? `${first.distinct}` : `${manyRows(columnDistinct, distinct, single)}`;
  if (first.distinct > 0 && first.distinct <= columnDistinct) return `${distinct}`;
  // Each value of the column gives another one: so it does in the table.
  if (single >= columnDistinct) return `${first.distinct}`;
  return `${manyRows(columnDistinct, distinct, single)}`;
}

/**
 * The estimator of ANALYZE itself (Haas and Stokes, Duj1), of a table that is large beside what was drawn. What ANALYZE says of the drawn rows
 * would be wrong: it saw all of them, and takes a number that is more than a tenth of them for a share of the rows.
 */
export function manyRows(drawn: number, distinct: number, single: number): number {
  return Math.round((drawn * distinct) / Math.max(1, drawn - single));
}
