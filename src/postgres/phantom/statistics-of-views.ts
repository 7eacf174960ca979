/** Statistics as `pg_stats` shows them, in the form of `pg_statistic`: for a role that could not read that. */
import type { Catalog, ColumnStatistics, StatisticRow, StatisticSlot } from "../../model/index.ts";

/** Operators and collation of a column, by their oids; null where its type has none. */
export interface ColumnOperators {
  readonly equal: number | null;
  readonly less: number | null;
  /** Of an array's elements. */
  readonly elementEqual: number | null;
  readonly collation: number;
}

/** Of a table's column by its name, or of an index's by its position. */
export type OperatorsOf = (relation: number, column: string | number) => ColumnOperators | null;

const KIND = { common: 1, histogram: 2, correlation: 3, elements: 4 } as const;

export function statisticsOfViews({ tables, indexes }: Pick<Catalog, "tables" | "indexes">, operatorsOf: OperatorsOf): StatisticRow[] {
  const row = (relation: number, attribute: number, column: string | number, statistics: ColumnStatistics): StatisticRow[] => {
    const operators = operatorsOf(relation, column);
    return operators === null
      ? []
      : [
          {
            relation,
            attribute,
            inherited: statistics.inherited,
            figures: {
              nullFraction: `${statistics.nullFraction}`,
              width: statistics.averageWidth,
              distinct: `${statistics.distinct}`,
              slots: slotsOf(statistics, operators),
            },
          },
        ];
  };
  return [
    ...tables.flatMap(({ oid, columns }) => columns.flatMap(({ number, name, statistics }) => (statistics === null ? [] : row(oid, number, name, statistics)))),
    ...indexes.flatMap(({ oid, expressionStatistics }) =>
      Object.entries(expressionStatistics).flatMap(([position, one]) => row(oid, Number(position) + 1, Number(position) + 1, one)),
    ),
  ];
}

function slotsOf(statistics: ColumnStatistics, { equal, less, elementEqual, collation }: ColumnOperators): StatisticSlot[] {
  const slots: StatisticSlot[] = [];
  // Arrays within an array were not kept apart.
  const isPlain = elementEqual === null;
  const { commonValues, commonFrequencies, histogram, correlation, commonElements, elementFrequencies } = statistics;
  if (isPlain && equal !== null && commonValues !== null && commonFrequencies !== null)
    slots.push({ kind: KIND.common, operator: equal, collation, numbers: numbers(commonFrequencies), values: array(commonValues) });
  if (isPlain && less !== null && histogram !== null) slots.push({ kind: KIND.histogram, operator: less, collation, numbers: null, values: array(histogram) });
  if (less !== null && correlation !== null) slots.push({ kind: KIND.correlation, operator: less, collation, numbers: numbers([correlation]), values: null });
  if (elementEqual !== null && commonElements !== null && elementFrequencies !== null)
    slots.push({ kind: KIND.elements, operator: elementEqual, collation, numbers: numbers(elementFrequencies), values: array(commonElements) });
  return slots;
}

function numbers(values: readonly number[]): string {
  return `{${values.join(",")}}`;
}

function array(values: readonly string[]): string {
  return `{${values.map((one) => `"${one.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(",")}}`;
}

/** Statistics that the catalog shows of a column, or of an index's expression by its position. */
export function shownStatistics({
  tables,
  indexes,
}: Pick<Catalog, "tables" | "indexes">): (row: Pick<StatisticRow, "relation" | "attribute" | "inherited">) => ColumnStatistics | null {
  const shown = new Map<string, ColumnStatistics>();
  for (const { oid, columns } of tables)
    for (const { number, statistics } of columns) if (statistics !== null) shown.set(`${oid} ${number} ${statistics.inherited}`, statistics);
  for (const { oid, expressionStatistics } of indexes)
    for (const [position, one] of Object.entries(expressionStatistics)) shown.set(`${oid} ${Number(position) + 1} ${one.inherited}`, one);
  return ({ relation, attribute, inherited }) => shown.get(`${relation} ${attribute} ${inherited}`) ?? null;
}

/** The list of a slot of this kind that views show as well. */
export function shownValues(kind: number, statistics: ColumnStatistics | null): readonly string[] | null {
  if (kind === KIND.common) return statistics?.commonValues ?? null;
  if (kind === KIND.histogram) return statistics?.histogram ?? null;
  return kind === KIND.elements ? (statistics?.commonElements ?? null) : null;
}

/** A row with all of its values, where some are only in the catalog. */
export function withShownValues(row: StatisticRow, statistics: ColumnStatistics | null): StatisticRow {
  const slots = row.figures.slots.map((slot): StatisticSlot => {
    const values = slot.shown === true ? shownValues(slot.kind, statistics) : null;
    return values === null ? slot : { ...slot, values: array(values) };
  });
  return { ...row, figures: { ...row.figures, slots } };
}
