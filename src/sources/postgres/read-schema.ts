/** Rows of the schema's queries to its parts. */
import type { ColumnPart, ConstraintPart, DefaultPart, IndexPart, SchemaParts, SequencePart, TablePart, ViewPart } from "../../postgres/schema-parts.ts";
import { quoteLiteral, quoteName } from "../../postgres/quote.ts";
import { groupBy } from "../../model/group-by.ts";
import type { Probe, Values } from "./probe.ts";
import { flag, number, numberOrNull, numbers, text, textOrNull, texts, type Row } from "./row-values.ts";
import * as q from "./schema-queries.ts";

const MISSED = { cost: "the schema cannot be rebuilt whole" };

/** What it takes to rebuild the schema, but for relations that are locked. */
export async function readSchema(
  probe: Probe,
  version: number,
  catalog: { readonly indexes: readonly Row[]; readonly constraints: readonly Row[] },
): Promise<SchemaParts> {
  const unlocked = (locked: readonly number[]): readonly unknown[] => [locked];
  const rows = (sql: string, values: Values = []): Promise<Row[]> => probe.rows<Row>("schema", sql, values, MISSED);
  const names = async (sql: string): Promise<string[]> => (await rows(sql)).map((one) => text(one, "name"));
  const columns = groupBy(await rows(q.columnParts(version), unlocked), (one) => number(one, "table"));
  return {
    roles: await names(q.POLICY_ROLES),
    schemas: await names(q.SCHEMAS),
    extensions: (await rows(q.SCHEMA_EXTENSIONS)).map((one) => ({ name: text(one, "name"), schema: text(one, "schema") })),
    objects: (await rows(q.objects(version))).map((one) => ({ key: text(one, "key"), name: text(one, "name"), statements: texts(one, "statements") ?? [] })),
    sequences: (await rows(q.SEQUENCE_PARTS)).map(sequenceOf),
    tables: (await rows(q.TABLE_PARTS, unlocked)).map((one) => tableOf(one, (columns.get(number(one, "oid")) ?? []).map(columnOf))),
    defaults: (await rows(q.DEFAULT_PARTS, unlocked)).map(defaultOf),
    constraints: catalog.constraints.map(constraintReader(catalog.indexes)),
    indexes: catalog.indexes.map(indexOf),
    views: (await rows(q.VIEW_PARTS, unlocked)).map(viewOf),
    finishing: (await rows(q.FINISHING, unlocked)).map((one) => text(one, "statement")),
    dependencies: (await rows(q.DEPENDENCIES)).map((one) => ({ from: text(one, "from"), to: text(one, "to") })),
    unsupported: (await rows(q.UNSUPPORTED)).map((one) => text(one, "what")),
  };
}

function named(row: Row): { oid: number; schema: string; name: string } {
  return { oid: number(row, "oid"), schema: text(row, "schema"), name: text(row, "name") };
}

function sequenceOf(row: Row): SequencePart {
  const table = textOrNull(row, "owner_table");
  const owner = table === null ? null : { schema: text(row, "owner_schema"), table, column: text(row, "owner_column") };
  return { ...named(row), text: text(row, "text"), unlogged: flag(row, "unlogged"), owner };
}

const TABLE_KINDS: Readonly<Record<string, TablePart["kind"]>> = { table: "table", partitioned: "partitioned", foreign: "foreign" };

function tableOf(row: Row, columns: readonly ColumnPart[]): TablePart {
  return {
    ...named(row),
    kind: TABLE_KINDS[text(row, "kind")] ?? "table",
    unlogged: flag(row, "unlogged"),
    accessMethod: textOrNull(row, "method"),
    options: texts(row, "options") ?? [],
    partitionKey: textOrNull(row, "partition_key"),
    parents: numbers(row, "parents") ?? [],
    bounds: textOrNull(row, "bounds"),
    ofType: textOrNull(row, "of_type"),
    server: textOrNull(row, "server"),
    serverOptions: textOrNull(row, "server_options"),
    columns,
  };
}

function columnOf(row: Row): ColumnPart {
  return {
    name: text(row, "name"),
    text: text(row, "text"),
    notNull: flag(row, "not_null"),
    isLocal: flag(row, "local"),
    isInherited: flag(row, "inherited"),
    identity: textOrNull(row, "identity"),
  };
}

function defaultOf(row: Row): DefaultPart {
  const generated = text(row, "generated");
  return {
    oid: number(row, "oid"),
    table: number(row, "table"),
    column: text(row, "column"),
    expression: text(row, "expression"),
    generated: generated === "s" ? "stored" : generated === "v" ? "virtual" : null,
  };
}

const CONSTRAINT_KINDS: Readonly<Record<string, ConstraintPart["kind"]>> = {
  p: "primary",
  u: "unique",
  f: "foreign",
  c: "check",
  x: "exclusion",
  n: "not-null",
};

function constraintReader(indexes: readonly Row[]): (row: Row) => ConstraintPart {
  const options = new Map(indexes.map((one) => [number(one, "oid"), texts(one, "options") ?? []]));
  return (row) => {
    const kind = CONSTRAINT_KINDS[text(row, "kind")] ?? "check";
    const index = numberOrNull(row, "index");
    return {
      oid: number(row, "oid"),
      name: text(row, "name"),
      kind,
      table: number(row, "table"),
      definition: text(row, "definition"),
      column: kind === "not-null" ? (texts(row, "columns")?.[0] ?? null) : null,
      isLocal: flag(row, "local"),
      isInherited: flag(row, "inherited"),
      isValidated: flag(row, "validated"),
      parent: numberOrNull(row, "parent"),
      target: numberOrNull(row, "target"),
      index,
      indexOptions: (options.get(index ?? 0) ?? []).map(optionText),
    };
  };
}

/** `fillfactor=70` as a statement has it. */
function optionText(word: string): string {
  const at = word.indexOf("=");
  return `${quoteName(word.slice(0, at))}=${quoteLiteral(word.slice(at + 1))}`;
}

/** One of a partitioned table is valid only once those of all partitions are attached. */
function indexOf(row: Row): IndexPart {
  return {
    ...named(row),
    table: number(row, "table"),
    definition: text(row, "definition"),
    isValid: flag(row, "valid") || flag(row, "partitioned"),
    parent: numberOrNull(row, "partition_of"),
    constraint: numberOrNull(row, "constraint"),
  };
}

function viewOf(row: Row): ViewPart {
  return {
    ...named(row),
    isMaterialised: flag(row, "materialised"),
    isPopulated: flag(row, "populated"),
    accessMethod: textOrNull(row, "method"),
    options: texts(row, "options") ?? [],
    definition: text(row, "definition"),
  };
}
