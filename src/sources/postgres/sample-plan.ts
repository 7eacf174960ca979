/** What is worth measuring on rows: chosen from the catalog and its statistics alone, a bounded number for each table. */
import type { Catalog, Column, Constraint, Table } from "../../model/index.ts";
import { isList, isUuid } from "../../postgres/text-patterns.ts";

/** Each costs one pass over the table's sample; the likeliest ones come first. Ours. */
const MOST_DEPENDENCIES = 24;
const MOST_COPIES = 8;
const MOST_OTHERS = 16;

/** Longer texts are prose, which determines nothing, and are dear to compare. In bytes, ours. */
const WIDEST = 100;
const WIDEST_LIST = 400;

/** A column with fewer distinct values for each row determines others by being a key. Ours. */
const MOST_DISTINCT_SHARE = 0.5;
const LEAST_DISTINCT = 3;

/** What is nearly constant follows from anything. Ours. */
const MOST_COMMON_SHARE = 0.8;

/** X can only determine what has no more values than itself; estimates of distinct values are this far off. Ours. */
const DISTINCT_SLACK = 1.5;

export type Measure =
  | { readonly kind: "dependency"; readonly from: string; readonly to: string }
  | {
      readonly kind: "copy";
      readonly column: string;
      readonly through: string;
      readonly parent: Table;
      readonly parentKey: string;
      readonly parentColumn: string;
    }
  | { readonly kind: "range"; readonly column: string }
  | { readonly kind: "pattern"; readonly column: string; readonly pattern: "uuid" | "list" | "integer" };

export interface TablePlan {
  readonly table: Table;
  /** Estimated rows, children of a partitioned table included. */
  readonly rows: number;
  readonly pages: number;
  readonly measures: readonly Measure[];
}

/** Tables with something to measure, small ones first, so that the time is spent on as many as possible. */
export function planSample(catalog: Catalog): TablePlan[] {
  const facts = factsOf(catalog);
  return catalog.tables
    .filter((one) => (one.kind === "table" || one.kind === "partitioned") && one.persistence !== "temporary" && one.partitionOf === null)
    .map((table) => ({ table, ...sizeOf(table, catalog), measures: measuresOf(table, facts) }))
    .filter(({ rows, measures }) => rows > 0 && measures.length > 0)
    .toSorted((a, b) => a.rows - b.rows);
}

interface Facts {
  readonly tables: ReadonlyMap<number, Table>;
  readonly foreignKeys: ReadonlyMap<number, readonly Constraint[]>;
  /** `oid.column` of columns that are a key by themselves. */
  readonly unique: ReadonlySet<string>;
  /** `oid.column` of columns of any primary or foreign key. */
  readonly keys: ReadonlySet<string>;
  readonly rows: (table: Table) => number;
}

function factsOf(catalog: Catalog): Facts {
  const unique = catalog.indexes.flatMap(({ unique: isUnique, keys, predicate, table }) =>
    isUnique && predicate === null && keys.length === 1 ? [`${table}.${keys[0]?.column ?? ""}`] : [],
  );
  const foreign = catalog.constraints.filter(({ kind }) => kind === "foreign");
  const keys = catalog.constraints
    .filter(({ kind }) => kind === "foreign" || kind === "primary")
    .flatMap(({ table, columns }) => columns.map((one) => `${table}.${one}`));
  return {
    tables: new Map(catalog.tables.map((one) => [one.oid, one])),
    foreignKeys: new Map(catalog.tables.map(({ oid }) => [oid, foreign.filter(({ table, columns }) => table === oid && columns.length === 1)])),
    unique: new Set(unique),
    keys: new Set(keys),
    rows: (table) => sizeOf(table, catalog).rows,
  };
}

function sizeOf(table: Table, { tables }: Catalog): { readonly rows: number; readonly pages: number } {
  const parts = table.kind === "partitioned" ? leavesOf(table, tables) : [table];
  const sum = (figure: (one: Table) => number): number => parts.reduce((total, one) => total + Math.max(0, figure(one)), 0);
  return { rows: sum((one) => one.reltuples), pages: sum((one) => one.relpages) };
}

function leavesOf({ oid }: Table, tables: readonly Table[]): Table[] {
  return tables.filter((one) => one.partitionOf?.parent === oid).flatMap((one) => (one.kind === "partitioned" ? leavesOf(one, tables) : [one]));
}

function measuresOf(table: Table, facts: Facts): Measure[] {
  return [
    ...dependenciesOf(table, facts).slice(0, MOST_DEPENDENCIES),
    ...copiesOf(table, facts).slice(0, MOST_COPIES),
    ...othersOf(table, facts).slice(0, MOST_OTHERS),
  ];
}

// ------------------------------------------------------------------------------------------------------- dependencies

function dependenciesOf(table: Table, facts: Facts): Measure[] {
  const texts = table.columns.filter((one) => isWord(one) && isMiddling(one, table, facts));
  const pairs = texts.flatMap((from) => texts.flatMap((to) => pairOf(from, to, table, facts)));
  const keyed = (facts.foreignKeys.get(table.oid) ?? []).flatMap((key) => texts.flatMap((to) => keyPairOf(key, to, table, facts)));
  return [...pairs, ...keyed].toSorted((a, b) => b.closeness - a.closeness).map(({ from, to }) => ({ kind: "dependency", from, to }));
}

interface Pair {
  readonly from: string;
  readonly to: string;
  readonly closeness: number;
}

function pairOf(from: Column, to: Column, table: Table, facts: Facts): Pair[] {
  const [x, y] = [distinctOf(from, facts.rows(table)), distinctOf(to, facts.rows(table))];
  if (from === to || x === null || y === null || y > x * DISTINCT_SLACK) return [];
  return [{ from: from.name, to: to.name, closeness: Math.min(x, y) / Math.max(x, y) }];
}

/** `publisher_id` beside `publisher_name`: the name is asked for, since a key determines much of its row by chance. */
function keyPairOf({ columns: [key = ""] }: Constraint, to: Column, table: Table, facts: Facts): Pair[] {
  const column = table.columns.find(({ name }) => name === key);
  const stem = stemOf(key);
  if (column === undefined || facts.unique.has(`${table.oid}.${key}`) || stem === "" || !to.name.startsWith(`${stem}_`)) return [];
  return [{ from: key, to: to.name, closeness: 1 }];
}

/** Values repeat, there are some, none fills the column, and it is no key of its own. */
function isMiddling(column: Column, table: Table, facts: Facts): boolean {
  const rows = facts.rows(table);
  const distinct = distinctOf(column, rows);
  if (distinct === null || distinct < LEAST_DISTINCT || distinct > rows * MOST_DISTINCT_SHARE) return false;
  const common = column.statistics?.commonFrequencies?.[0] ?? 0;
  return common <= MOST_COMMON_SHARE && !facts.unique.has(`${table.oid}.${column.name}`);
}

const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar", "citext", "name"]);
const INTEGERS: ReadonlySet<string> = new Set(["int2", "int4", "int8"]);

const isText = ({ typeName }: Column): boolean => TEXTS.has(typeName);

function isWord(column: Column): boolean {
  return (isText(column) || column.typeKind === "e") && column.generated === null && (column.statistics?.averageWidth ?? WIDEST + 1) <= WIDEST;
}

function distinctOf({ statistics }: Column, rows: number): number | null {
  if (statistics === null || statistics.distinct === 0) return null;
  return statistics.distinct > 0 ? statistics.distinct : -statistics.distinct * rows;
}

// ------------------------------------------------------------------------------------------------------------- copies

/** A copied key is how tenants are kept apart, and a copied time of writing is when both rows were written. */
const TIMES_OF_WRITING = /^(?:created|updated|modified|inserted|changed|date_created|date_modified|last_modified)/;
const COPYABLE: ReadonlySet<string> = new Set([...TEXTS, "numeric", "float4", "float8", "money", "date", "timestamp", "timestamptz", "int4", "int8", "uuid"]);

/** A parent's column that is the same in many rows equals its child's by chance. Ours. */
const MOST_PARENT_COMMON = 0.5;
const LEAST_PARENT_DISTINCT = 10;

function copiesOf(table: Table, facts: Facts): Measure[] {
  return (facts.foreignKeys.get(table.oid) ?? []).flatMap(({ columns: [through = ""], references }) => {
    const parent = references === null ? undefined : facts.tables.get(references.table);
    const [parentKey = ""] = references?.columns ?? [];
    if (parent === undefined || parent.oid === table.oid) return [];
    const candidates = parent.columns.filter((one) => isTelling(one, parent, facts));
    return candidates.flatMap((original) =>
      table.columns
        .filter((column) => isCopyOf(column, original, stemOf(through)) && isCopyable(column, table, facts))
        .map(({ name }): Measure => ({ kind: "copy", column: name, through, parent, parentKey, parentColumn: original.name })),
    );
  });
}

/** `title`, `book_title` of the foreign key `book_id`, and `unit_price` of `price`. */
function isCopyOf(column: Column, original: Column, stem: string): boolean {
  const isNamed = column.name === original.name || column.name === `${stem}_${original.name}` || column.name.endsWith(`_${original.name}`);
  return isNamed && (column.typeName === original.typeName || (isText(column) && isText(original)));
}

function isCopyable({ name, typeName, generated }: Column, { oid }: Table, { keys }: Facts): boolean {
  return COPYABLE.has(typeName) && generated === null && !keys.has(`${oid}.${name}`) && !TIMES_OF_WRITING.test(name);
}

function isTelling(column: Column, parent: Table, facts: Facts): boolean {
  const { statistics } = column;
  const distinct = distinctOf(column, facts.rows(parent));
  if (statistics === null || distinct === null || distinct < LEAST_PARENT_DISTINCT || statistics.averageWidth > WIDEST_LIST) return false;
  return isCopyable(column, parent, facts) && (statistics.commonFrequencies?.[0] ?? 0) <= MOST_PARENT_COMMON;
}

const stemOf = (key: string): string => (key.endsWith("_id") ? key.slice(0, -"_id".length) : "");

// ------------------------------------------------------------------------------------------------------------- others

function othersOf(table: Table, facts: Facts): Measure[] {
  return table.columns.flatMap((column): Measure[] => {
    const { name, typeName, statistics, generated } = column;
    if (generated !== null) return [];
    if (facts.keys.has(`${table.oid}.${name}`) && typeName !== "varchar" && typeName !== "text" && typeName !== "bpchar") return [];
    if (INTEGERS.has(typeName)) return [{ kind: "range", column: name }];
    if (typeName === "numeric") return [{ kind: "pattern", column: name, pattern: "integer" }];
    if (!isText(column) || statistics === null) return [];
    if (isPlausible(column, isUuid, statistics.averageWidth >= 32 && statistics.averageWidth <= 40))
      return [{ kind: "pattern", column: name, pattern: "uuid" }];
    return isPlausible(column, isList, statistics.averageWidth <= WIDEST_LIST) ? [{ kind: "pattern", column: name, pattern: "list" }] : [];
  });
}

/** Some known value is one; a column of which no value is known may hold any. */
function isPlausible({ statistics }: Column, test: (text: string) => boolean, fits: boolean): boolean {
  const known = [...(statistics?.commonValues ?? []), ...(statistics?.histogram ?? [])];
  return fits && (known.length === 0 || known.some(test));
}
