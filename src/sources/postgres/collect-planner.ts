/** What another server needs to plan as this one does: statistics as they are stored, and the ends of indexes. */
import type { Catalog, ColumnEnds, ExtendedStatisticRow, Index, PlannerData, StatisticFigures, StatisticRow, StatisticSlot, Table } from "../../model/index.ts";
import { shownStatistics, shownValues } from "../../postgres/phantom/statistics-of-views.ts";
import * as q from "./planner-queries.ts";
import type { Missed, Probe } from "./probe.ts";
import { readArray } from "./read-array.ts";
import { flag, number, row, text, textOrNull, type Row } from "./row-values.ts";

/** The first version with `pg_read_all_data`. */
const WITH_READ_ALL_DATA = 140_000;

const missed = (version: number): Missed => ({
  cost: "plans are estimated from the statistics that views show",
  remedy: version >= WITH_READ_ALL_DATA ? "GRANT pg_read_all_data TO role" : "GRANT SELECT ON pg_statistic, pg_statistic_ext_data TO role",
});

/** Columns whose ends are looked up, those of the largest tables first. Each takes some tenths of a millisecond. Ours. */
const MOST_ENDS = 300;
const ENDS_AT_ONCE = 25;

export async function collectPlanner(probe: Probe, version: number, catalog: Catalog): Promise<PlannerData> {
  const tables = catalog.tables.map(({ oid }) => oid);
  const without = missed(version);
  const statistics = (await probe.rows<Row>("planner statistics", q.STATISTIC_ROWS, [[...tables, ...catalog.indexes.map(({ oid }) => oid)]], without)).map(
    (one) => ({
      relation: number(one, "relation"),
      attribute: number(one, "attribute"),
      inherited: flag(one, "inherited"),
      figures: q.figuresOf(one),
    }),
  );
  const extended =
    catalog.extendedStatistics.length === 0 ? [] : (await probe.rows<Row>("planner statistics", q.extendedRows(version), [tables], without)).map(extendedOf);
  const hasEnums = extended.length > 0 && catalog.enums.length > 0;
  return {
    statistics: withoutShown(statistics, catalog),
    extended,
    ...(await readNames(probe, without, [...statistics.map(({ figures }) => figures), ...extended.flatMap(({ expressions }) => expressions)])),
    types: extended.length === 0 ? {} : byOid(await probe.rows<Row>("planner statistics", q.TYPES)),
    labels: hasEnums ? labelsOf(await probe.rows<Row>("planner statistics", q.LABELS)) : {},
    ends: await readEnds(probe, catalog),
    locale: catalog.database.localeProvider === "libc" ? null : textOrNull((await probe.rows<Row>("database", q.LOCALE))[0] ?? {}, "locale"),
  };
}

/** Values are most of a snapshot: those that the catalog has already are not written twice. Arrays of arrays were not kept apart there. */
function withoutShown(rows: readonly StatisticRow[], catalog: Catalog): StatisticRow[] {
  const statistics = shownStatistics(catalog);
  return rows.map((one) => {
    const shown = statistics(one);
    const slots = one.figures.slots.map((slot): StatisticSlot => {
      const list = shownValues(slot.kind, shown);
      const isSame = slot.values !== null && list !== null && !slot.values.startsWith("{{") && list.length > 0 && isEqual(readArray(slot.values), list);
      return isSame ? { ...slot, values: null, shown: true } : slot;
    });
    return { ...one, figures: { ...one.figures, slots } };
  });
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function extendedOf(one: Row): ExtendedStatisticRow {
  const bytes = (name: string): string | null => textOrNull(one, name)?.replaceAll("\n", "") ?? null;
  const expressions = one["expressions"];
  return {
    statistics: number(one, "statistics"),
    inherited: flag(one, "inherited"),
    columns: Object.fromEntries(Object.entries(row(one, "columns")).map(([key, name]) => [Number(key), String(name)])),
    distinct: bytes("distinct"),
    dependencies: bytes("dependencies"),
    commonValues: bytes("common_values"),
    expressions: Array.isArray(expressions) ? expressions.map((each) => q.figuresOf(each as Row)) : [],
  };
}

async function readNames(probe: Probe, without: Missed, figures: readonly StatisticFigures[]): Promise<Pick<PlannerData, "operators" | "collations">> {
  const slots = figures.flatMap((one) => one.slots);
  const distinct = (oids: readonly number[]): number[] => [...new Set(oids)].filter((oid) => oid !== 0);
  const operators = distinct(slots.map(({ operator }) => operator));
  if (operators.length === 0) return { operators: {}, collations: {} };
  const rows = await probe.rows<Row>("planner statistics", q.NAMES, [operators, distinct(slots.map(({ collation }) => collation))], without);
  const of = (kind: string): Record<number, string> => byOid(rows.filter((one) => one["kind"] === kind));
  return { operators: of("operator"), collations: of("collation") };
}

function byOid(rows: readonly Row[]): Record<number, string> {
  return Object.fromEntries(rows.map((one) => [number(one, "oid"), text(one, "name")]));
}

function labelsOf(rows: readonly Row[]): PlannerData["labels"] {
  return Object.fromEntries(rows.map((one) => [number(one, "oid"), { type: number(one, "type"), label: text(one, "label") }]));
}

// ------------------------------------------------------------------------------------------------------------ ends

interface Candidate extends q.EndProbe {
  readonly oid: number;
  readonly bytes: number;
}

async function readEnds(probe: Probe, catalog: Catalog): Promise<ColumnEnds[]> {
  const candidates = endCandidates(catalog)
    .filter(({ oid }) => !probe.locked().includes(oid))
    .toSorted((a, b) => b.bytes - a.bytes);
  const chosen = candidates.slice(0, MOST_ENDS);
  if (chosen.length < candidates.length) {
    const left = candidates.length - chosen.length;
    probe.gap({
      part: "ends of indexes",
      why: `only the ${MOST_ENDS} largest of ${candidates.length} are looked up`,
      cost: `for ${left} columns, conditions beyond the histogram are planned without them`,
      remedy: "",
    });
  }
  const ends: ColumnEnds[] = [];
  for (let from = 0; from < chosen.length; from += ENDS_AT_ONCE) {
    const batch = chosen.slice(from, from + ENDS_AT_ONCE);
    const rows = await probe.rows<Row>("ends of indexes", q.endsOf(batch), [], {
      cost: "conditions beyond a histogram are planned without the columns' real ends",
    });
    // An index with much that is dead at its ends takes long; so may the others.
    if (rows.length === 0) break;
    ends.push(...rows.flatMap((one) => endsOf(one, batch)));
  }
  return ends;
}

function endsOf(one: Row, batch: readonly Candidate[]): ColumnEnds[] {
  const candidate = batch[number(one, "number")];
  const [low, high] = [textOrNull(one, "low"), textOrNull(one, "high")];
  return candidate === undefined || low === null || high === null ? [] : [{ table: candidate.oid, column: candidate.column, low, high }];
}

/** Columns with a histogram that lead an index from which their order comes. The histogram is only seen by who may read the column. */
function endCandidates({ tables, indexes }: Catalog): Candidate[] {
  const byOid = new Map(tables.map((one) => [one.oid, one]));
  const found = new Map<string, Candidate>();
  for (const index of indexes) {
    const table = byOid.get(index.table);
    const candidate = table === undefined ? null : candidateOf(table, index);
    if (candidate !== null) found.set(`${candidate.oid} ${candidate.column}`, candidate);
  }
  return [...found.values()];
}

function candidateOf(table: Table, index: Index): Candidate | null {
  const [key] = index.keys;
  const isOrdered = index.method === "btree" && index.valid && index.predicate === null && key?.isDefaultClass === true;
  const isStored = table.kind === "table" || table.kind === "materialised-view";
  if (!isOrdered || !isStored || table.bytes === null || table.bytes === 0 || key.column === null) return null;
  const column = table.columns.find(({ name }) => name === key.column);
  if (column?.statistics?.histogramBounds === undefined || column.statistics.histogramBounds === 0 || !isSameOrder(column.collation, key.collation))
    return null;
  return { oid: table.oid, bytes: table.bytes, schema: table.schema, table: table.name, column: column.name, isUnusual: key.descending !== key.nullsFirst };
}

/** The column's own collation is qualified and quoted, the index's is a plain name. */
function isSameOrder(column: string | null, index: string | null): boolean {
  if (column === null) return index === null || index === "default";
  return column.endsWith(`.${index}`) || column.endsWith(`."${index}"`);
}
