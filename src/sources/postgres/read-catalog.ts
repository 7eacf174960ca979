/** Rows of the catalog's queries to the catalog. */
import type {
  Catalog,
  Column,
  ColumnStatistics,
  Constraint,
  ConstraintKind,
  ExtendedStatistics,
  Index,
  IndexKey,
  DatabaseSequence,
  Table,
  TableKind,
  View,
} from "../../model/index.ts";
import { readArray } from "./read-array.ts";
import { groupBy } from "../../model/group-by.ts";
import { flag, number, numberOrNull, numbers, options, text, textOrNull, texts, type Row } from "./row-values.ts";

/** What each query gave; a part that could not be read is empty. */
export type CatalogRows = Readonly<
  Record<
    | "database"
    | "extensions"
    | "tables"
    | "tableSizes"
    | "columns"
    | "statistics"
    | "indexes"
    | "indexSizes"
    | "indexProgress"
    | "metapages"
    | "constraints"
    | "sequences"
    | "views"
    | "enums"
    | "extendedStatistics"
    | "extendedValues",
    readonly Row[]
  >
>;

export function readCatalog(rows: CatalogRows, ddl: readonly string[]): Catalog {
  const relations = new Map([...rows.tables, ...rows.indexes].map((one) => [`${text(one, "schema")}.${text(one, "name")}`, number(one, "oid")]));
  const statistics = groupBy(rows.statistics, (one) => relations.get(`${text(one, "schema")}.${text(one, "relation")}`) ?? -1);
  const columns = groupBy(rows.columns, (one) => number(one, "table"));
  const sizes = byOid(rows.tableSizes);
  const partitioned = new Set(rows.tables.filter((one) => one["kind"] === "p").map((one) => number(one, "oid")));
  return {
    database: databaseOf(rows.database[0] ?? {}),
    extensions: rows.extensions.map((one) => ({ name: text(one, "name"), version: text(one, "version"), schema: text(one, "schema") })),
    tables: rows.tables.map((one) => {
      const oid = number(one, "oid");
      const own = statistics.get(oid) ?? [];
      return tableOf(
        one,
        sizes.get(oid) ?? {},
        (columns.get(oid) ?? []).map((column) => columnOf(column, statisticsOf(own, text(column, "name")))),
        partitioned,
      );
    }),
    indexes: rows.indexes.map(indexReader(rows, statistics)),
    constraints: rows.constraints.map(constraintOf),
    sequences: rows.sequences.map(sequenceOf),
    views: rows.views.map(viewOf),
    extendedStatistics: rows.extendedStatistics.map((one) => extendedOf(one, rows.extendedValues)),
    enums: rows.enums.map((one) => ({ schema: text(one, "schema"), name: text(one, "name"), labels: texts(one, "labels") ?? [] })),
    ddl,
  };
}

function databaseOf(row: Row): Catalog["database"] {
  return {
    name: text(row, "name"),
    encoding: text(row, "encoding"),
    collate: text(row, "collate"),
    ctype: text(row, "ctype"),
    localeProvider: text(row, "provider"),
    bytes: numberOrNull(row, "bytes"),
    xidAge: numberOrNull(row, "xid_age"),
    multixactAge: numberOrNull(row, "multixact_age"),
  };
}

const KINDS: Readonly<Record<string, TableKind>> = { r: "table", p: "partitioned", f: "foreign", m: "materialised-view", t: "toast" };
const PERSISTENCE = { p: "permanent", u: "unlogged", t: "temporary" } as const;
const IDENTITY = { d: "default", n: "nothing", f: "full", i: "index" } as const;
const STRATEGY = { r: "range", l: "list", h: "hash" } as const;

function tableOf(row: Row, sizes: Row, columns: readonly Column[], partitioned: ReadonlySet<number>): Table {
  const parents = numbers(row, "parents") ?? [];
  const [parent] = parents;
  const bounds = textOrNull(row, "bounds");
  const toast = numberOrNull(row, "toast_oid");
  const definition = textOrNull(row, "partition_key");
  return {
    oid: number(row, "oid"),
    schema: text(row, "schema"),
    name: text(row, "name"),
    kind: KINDS[text(row, "kind")] ?? "table",
    persistence: oneOf(PERSISTENCE, text(row, "persistence"), "permanent"),
    owner: text(row, "owner"),
    comment: textOrNull(row, "comment"),
    accessMethod: textOrNull(row, "method"),
    tablespace: textOrNull(row, "tablespace"),
    columns,
    options: { ...options(texts(row, "options")), ...options(texts(row, "toast_options"), "toast.") },
    replicaIdentity: oneOf(IDENTITY, text(row, "identity"), "default"),
    rowSecurity: flag(row, "row_security"),
    reltuples: number(row, "reltuples"),
    relpages: number(row, "relpages"),
    relallvisible: number(row, "relallvisible"),
    bytes: numberOrNull(sizes, "bytes"),
    tableBytes: numberOrNull(sizes, "table_bytes"),
    toastBytes: numberOrNull(sizes, "toast_bytes"),
    indexBytes: numberOrNull(sizes, "index_bytes"),
    xidAge: numberOrNull(row, "xid_age"),
    multixactAge: numberOrNull(row, "multixact_age"),
    toast: toast === null ? null : { oid: toast, xidAge: numberOrNull(row, "toast_xid_age"), multixactAge: numberOrNull(row, "toast_multixact_age") },
    partitioning:
      definition === null
        ? null
        : {
            strategy: oneOf(STRATEGY, text(row, "strategy"), "range"),
            definition,
            columns: nullableTexts(row["partition_columns"]),
            defaultPartition: numberOrNull(row, "default_partition"),
          },
    partitionOf: bounds === null || parent === undefined ? null : { parent, bounds },
    inherits: parents.filter((one) => !partitioned.has(one)),
  };
}

function nullableTexts(value: unknown): (string | null)[] {
  return Array.isArray(value) ? value.map((one) => (one === null ? null : String(one))) : [];
}

function oneOf<Value extends string>(names: Readonly<Record<string, Value>>, letter: string, otherwise: Value): Value {
  return names[letter] ?? otherwise;
}

const ALIGNMENTS = new Map<number, Column["alignment"]>([
  [1, 1],
  [2, 2],
  [4, 4],
  [8, 8],
]);
const STORAGES = { plain: "plain", external: "external", main: "main", extended: "extended" } as const;

function columnOf(row: Row, statistics: ColumnStatistics | null): Column {
  const generated = text(row, "generated");
  const identity = text(row, "identity");
  return {
    number: number(row, "number"),
    name: text(row, "name"),
    type: text(row, "type"),
    typeName: text(row, "type_name"),
    typeKind: text(row, "type_kind"),
    length: number(row, "length"),
    alignment: ALIGNMENTS.get(number(row, "alignment")) ?? 8,
    storage: oneOf(STORAGES, text(row, "storage"), "extended"),
    notNull: flag(row, "not_null"),
    default: textOrNull(row, "default"),
    generated: generated === "s" ? "stored" : generated === "v" ? "virtual" : null,
    identity: identity === "a" ? "always" : identity === "d" ? "by default" : null,
    collation: textOrNull(row, "collation"),
    statisticsTarget: numberOrNull(row, "target"),
    comment: textOrNull(row, "comment"),
    statistics,
  };
}

function elements(row: Row, name: string): string[] | null {
  const value = textOrNull(row, name);
  return value === null ? null : readArray(value);
}

/** Of a parent and its children together where there is such a row. */
function statisticsOf(rows: readonly Row[], name: string): ColumnStatistics | null {
  const own = rows.filter((one) => one["name"] === name);
  const row = own.find((one) => one["inherited"] === true) ?? own[0];
  if (row === undefined) return null;
  const histogram = elements(row, "histogram");
  return {
    nullFraction: number(row, "null_fraction"),
    averageWidth: number(row, "width"),
    distinct: number(row, "distinct"),
    commonValues: elements(row, "common_values"),
    commonFrequencies: numbers(row, "common_frequencies"),
    histogram,
    histogramBounds: histogram?.length ?? 0,
    correlation: numberOrNull(row, "correlation"),
    commonElements: elements(row, "common_elements"),
    elementFrequencies: numbers(row, "element_frequencies"),
    inherited: flag(row, "inherited"),
  };
}

const DESCENDING = 1;
const NULLS_FIRST = 2;

function indexReader(rows: CatalogRows, statistics: ReadonlyMap<number, readonly Row[]>): (row: Row) => Index {
  const sizes = byOid(rows.indexSizes);
  const pages = byOid(rows.metapages);
  const progress = byOid(rows.indexProgress);
  return (row) => {
    const oid = number(row, "oid");
    const attributes = (Array.isArray(row["attributes"]) ? row["attributes"] : []) as readonly Row[];
    const count = number(row, "keys");
    const running = progress.get(oid);
    const own = statistics.get(oid) ?? [];
    const expressions = attributes.slice(0, count).flatMap((one, index) => {
      const found = one["expression"] === null ? null : statisticsOf(own, text(one, "attribute"));
      return found === null ? [] : [[index, found] as const];
    });
    return {
      oid,
      schema: text(row, "schema"),
      name: text(row, "name"),
      table: number(row, "table"),
      method: text(row, "method"),
      keys: attributes.slice(0, count).map(keyOf),
      include: attributes.slice(count).map((one) => text(one, "column")),
      unique: flag(row, "unique"),
      nullsNotDistinct: flag(row, "nulls_not_distinct"),
      primary: flag(row, "primary"),
      exclusion: flag(row, "exclusion"),
      immediate: flag(row, "immediate"),
      valid: flag(row, "valid"),
      ready: flag(row, "ready"),
      live: flag(row, "live"),
      clustered: flag(row, "clustered"),
      replicaIdentity: flag(row, "replica_identity"),
      predicate: textOrNull(row, "predicate"),
      definition: text(row, "definition"),
      options: options(texts(row, "options")),
      tablespace: textOrNull(row, "tablespace"),
      comment: textOrNull(row, "comment"),
      constraint: numberOrNull(row, "constraint"),
      referencedBy: numbers(row, "referenced_by") ?? [],
      partitionOf: numberOrNull(row, "partition_of"),
      reltuples: number(row, "reltuples"),
      relpages: number(row, "relpages"),
      bytes: numberOrNull(sizes.get(oid) ?? {}, "bytes"),
      metapage: textOrNull(pages.get(oid) ?? {}, "page")?.replaceAll("\n", "") ?? null,
      expressionStatistics: Object.fromEntries(expressions),
      progress: running === undefined ? null : { phase: text(running, "phase"), done: number(running, "done"), total: number(running, "total") },
    };
  };
}

function keyOf(row: Row): IndexKey {
  const bits = number(row, "option");
  return {
    column: textOrNull(row, "column"),
    expression: textOrNull(row, "expression"),
    operatorClass: text(row, "class"),
    isDefaultClass: flag(row, "default"),
    collation: textOrNull(row, "collation"),
    descending: (bits & DESCENDING) !== 0,
    nullsFirst: (bits & NULLS_FIRST) !== 0,
  };
}

const CONSTRAINTS: Readonly<Record<string, ConstraintKind>> = { p: "primary", u: "unique", f: "foreign", c: "check", x: "exclusion", n: "not-null" };
const ACTIONS = { a: "no action", r: "restrict", c: "cascade", n: "set null", d: "set default" } as const;

function constraintOf(row: Row): Constraint {
  const target = numberOrNull(row, "target");
  return {
    oid: number(row, "oid"),
    name: text(row, "name"),
    kind: CONSTRAINTS[text(row, "kind")] ?? "check",
    table: number(row, "table"),
    columns: texts(row, "columns") ?? [],
    references:
      target === null
        ? null
        : {
            table: target,
            columns: texts(row, "target_columns") ?? [],
            onDelete: oneOf(ACTIONS, text(row, "on_delete"), "no action"),
            onUpdate: oneOf(ACTIONS, text(row, "on_update"), "no action"),
          },
    deferrable: flag(row, "deferrable"),
    deferred: flag(row, "deferred"),
    validated: flag(row, "validated"),
    index: numberOrNull(row, "index"),
    definition: text(row, "definition"),
    parent: numberOrNull(row, "parent"),
  };
}

function sequenceOf(row: Row): DatabaseSequence {
  const table = numberOrNull(row, "table");
  return {
    oid: number(row, "oid"),
    schema: text(row, "schema"),
    name: text(row, "name"),
    type: text(row, "type"),
    lastValue: textOrNull(row, "last_value"),
    minimum: text(row, "minimum"),
    maximum: text(row, "maximum"),
    increment: text(row, "increment"),
    cycles: flag(row, "cycles"),
    ownedBy: table === null ? null : { table, column: text(row, "column") },
  };
}

function viewOf(row: Row): View {
  return {
    oid: number(row, "oid"),
    schema: text(row, "schema"),
    name: text(row, "name"),
    materialised: flag(row, "materialised"),
    definition: text(row, "definition"),
    isPopulated: flag(row, "populated"),
    options: options(texts(row, "options")),
    reads: numbers(row, "reads") ?? [],
  };
}

const STATISTICS_KINDS = { d: "ndistinct", f: "dependencies", m: "mcv", e: "expressions" } as const;

function extendedOf(row: Row, values: readonly Row[]): ExtendedStatistics {
  const value = values.find((one) => one["schema"] === row["schema"] && one["name"] === row["name"]) ?? {};
  return {
    oid: number(row, "oid"),
    schema: text(row, "schema"),
    name: text(row, "name"),
    table: number(row, "table"),
    columns: texts(row, "columns") ?? [],
    expressions: texts(value, "expressions") ?? [],
    kinds: (texts(row, "kinds") ?? []).flatMap((letter) => (letter in STATISTICS_KINDS ? STATISTICS_KINDS[letter as keyof typeof STATISTICS_KINDS] : [])),
    definition: text(row, "definition"),
    target: numberOrNull(row, "target"),
    distinct: textOrNull(value, "distinct"),
    dependencies: textOrNull(value, "dependencies"),
  };
}

function byOid(rows: readonly Row[]): ReadonlyMap<number, Row> {
  return new Map(rows.map((one) => [number(one, "oid"), one]));
}
