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

function array(text: string | null, type: string): string {
  return `${text === null ? "NULL" : quoteLiteral(text)}::${type}[]`;
}

function drawn(column: SourceColumn): string {
  const { number, type, nullFraction, frequencies, common, histogram } = column;
  const nulls = nullFraction ?? 0;
  const [h, m, chance] = [`k${number}.h`, `k${number}.m`, `(r${number} - ${nulls})`];
  const all = (frequencies ?? []).reduce((sum, one) => sum + one, 0);
  const step = `(1 + pg_catalog.floor(u${number} * (pg_catalog.array_length(${h}, 1) - 1))::pg_catalog.int4)`;
  const within = `(u${number} * (pg_catalog.array_length(${h}, 1) - 1) - pg_catalog.floor(u${number} * (pg_catalog.array_length(${h}, 1) - 1)))`;
  const between = NUMBERS.has(column.typeName) ? `${h}[${step}] + (${h}[${step} + 1] - ${h}[${step}]) * ${within}::pg_catalog.numeric` : `${h}[${step}] + (${h}[${step} + 1] - ${h}[${step}]) * ${within}`;
  const bound = isContinuous(column) ? (column.typeName === "date" ? `${h}[${step}] + ((${h}[${step} + 1] - ${h}[${step}]) * ${within})::pg_catalog.int4` : numericSafe(column, between)) : `${h}[${step}]`;
  const rest = histogram === null ? (common === null ? "NULL" : `${m}[1]`) : `(${bound})::${type}`;
  const often = common === null ? "" : `WHEN ${chance} < ${all} THEN (${m}[pg_catalog.width_bucket(${chance}, k${number}.c) + 1])::${type} `;
  return `CASE WHEN r${number} < ${nulls} THEN NULL ${often}ELSE ${rest} END`;
}

/** Floating point and numeric do not mix. */
function numericSafe({ typeName }: SourceColumn, between: string): string {
  return typeName === "float4" || typeName === "float8" ? between.replace("::pg_catalog.numeric", "::pg_catalog.float8") : between;
}

const KIND = { common: 1, histogram: 2, correlation: 3 } as const;

/** Bounds of a histogram that must agree for a share of the rows to be believed. Ours. */
const BOUNDS = 3;

export interface Drawn {
  readonly figures: StatisticFigures;
  /** Distinct values of the expression and of its first column among the drawn rows. */
  readonly expressionDistinct: number;
  readonly columnDistinct: number;
}

/** What the drawn rows tell of all rows. */
export function adjustDrawn({ figures, expressionDistinct, columnDistinct }: Drawn, columns: readonly SourceColumn[]): StatisticFigures {
  const [first] = columns;
  const isGuessed = columns.some((one) => !isContinuous(one) && one.histogram !== null);
  const slots = figures.slots.flatMap((slot): StatisticSlot[] => {
    if (slot.kind === KIND.correlation) return columns.length === 1 ? [{ ...slot, numbers: scaled(slot.numbers, first?.correlation ?? 0) }] : [];
    // Texts between two bounds are not made up: the tails of their histogram are not known.
    if (isGuessed && slot.kind === KIND.histogram) return [];
    if (isGuessed && slot.kind === KIND.common) return commonEnough(slot);
    return [slot];
  });
  return { ...figures, distinct: distinctOf({ figures, expressionDistinct, columnDistinct }, columns), slots };
}

function scaled(numbers: string | null, by: number): string {
  return `{${Number(numbers?.slice(1, -1) ?? 0) * by}}`;
}

function commonEnough(slot: StatisticSlot): StatisticSlot[] {
  const shares = (slot.numbers ?? "{}").slice(1, -1).split(",").map(Number);
  const kept = shares.filter((share) => share >= BOUNDS / 100);
  if (kept.length === 0) return [];
  const values = (slot.values ?? "{}").slice(1, -1).match(/"(?:[^"\\]|\\[\s\S])*"|[^,]+/g) ?? [];
  return [{ ...slot, numbers: `{${kept.join(",")}}`, values: `{${values.slice(0, kept.length).join(",")}}` }];
}

/** From which share of the column's distinct values on each has a value of its own. */
const ONE_TO_ONE = 0.9;

function distinctOf({ figures, expressionDistinct, columnDistinct }: Drawn, columns: readonly SourceColumn[]): string {
  const [first] = columns;
  if (first === undefined || columns.length !== 1 || first.distinct === null || first.distinct === 0 || columnDistinct === 0) return figures.distinct;
  const ratio = expressionDistinct / columnDistinct;
  if (isContinuous(first)) return ratio >= ONE_TO_ONE ? `${first.distinct}` : figures.distinct;
  // A hundred bounds stand for all values: their own number says nothing, how many fall together does.
  const isSampled = first.distinct < 0 || first.distinct > columnDistinct;
  return isSampled && ratio > 0.5 ? `${first.distinct * ratio}` : `${expressionDistinct}`;
}
