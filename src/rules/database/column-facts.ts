/** What the catalog, the statistics and a sample say of columns, and where they are declared. */
import type { Column, ColumnStatistics, Database, Evidence, ObjectSpot, Sample, Spot, Table, Unjudged } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { declarationSpots, modelLabel, shortName, tableSpot } from "./names.ts";

/** The table, then the fields that make the columns. */
export function columnSpots(database: Database, table: Table, columns: readonly string[], label?: string): (Spot | ObjectSpot)[] {
  return [tableSpot(table, label), ...columns.flatMap((column) => declarationSpots(database.declarationOfColumn(table, column), "declared here"))];
}

export function modelOfTable(database: Database, table: Table): { readonly model?: string } {
  const model = modelLabel(database, table);
  return model === undefined ? {} : { model };
}

/** `orders_orderline.book_title` */
export const columnName = (table: Table, column: string): string => `${shortName(table)}.${column}`;

export function isTextType({ typeName }: Column): boolean {
  return TEXTS.has(typeName);
}

const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar", "citext"]);

/** Share of rows without a value: NULL, and the empty text that Django's `blank=True` leaves. */
export function emptyShare({ nullFraction, commonValues, commonFrequencies }: ColumnStatistics): number {
  const at = commonValues?.indexOf("") ?? -1;
  return nullFraction + (at < 0 ? 0 : (commonFrequencies?.[at] ?? 0));
}

/** One index alone keeps its values apart. */
export function isUniqueColumn(database: Database, table: Table, column: string): boolean {
  return database.indexesOf(table).some(({ unique, predicate, keys }) => unique && predicate === null && keys.length === 1 && keys[0]?.column === column);
}

/** Columns of primary and foreign keys. */
export function keyColumns(database: Database, table: Table): ReadonlySet<string> {
  return new Set(database.constraintsOf(table).flatMap(({ kind, columns }) => (kind === "primary" || kind === "foreign" ? columns : [])));
}

export type SampleOf<Kind extends Sample["kind"]> = Extract<Sample, { readonly kind: Kind }>;

export function samplesOf<Kind extends Sample["kind"]>({ snapshot }: Database, kind: Kind): SampleOf<Kind>[] {
  return snapshot.samples.filter((one): one is SampleOf<Kind> => one.kind === kind);
}

/** Rules about rows are silent where none were looked at, and say so. */
export function notSampled({ snapshot }: Database): Unjudged[] {
  if (snapshot.samples.length === 0) return [{ object: "", why: "needs a sample of rows: luthier snapshot --sample" }];
  return snapshot.gaps.flatMap(({ part, why }) => (part.startsWith("rows of ") ? [{ object: "", why: `needs ${part}: ${why}` }] : []));
}

export function sampleEvidence(database: Database, table: Table, rows: number, figures: Readonly<Record<string, number>>): Evidence {
  return {
    kind: "measured",
    note: `${formatNumber(rows)} rows of ${shortName(table)}, sampled on ${database.snapshot.takenAt.slice(0, 10)}`,
    rows,
    ...figures,
  };
}
