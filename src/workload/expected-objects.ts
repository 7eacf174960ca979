/** What a model's declarations make in the database: the indexes and constraints that are to be expected, and their names. */
import type { Declaration, Field, MetaEntry, Model, ModelGraph, Span } from "../model/index.ts";
import { generatedIndexName, generatedName, indexSuffix } from "../model/generated-names.ts";

export interface Expected {
  readonly kind: Declaration["kind"];
  readonly field: Field | null;
  readonly span: Span;
  readonly entry?: MetaEntry;
  /** Names that Django gives it; with the former names of the table too. */
  readonly names: readonly string[];
  /** Null where it is made of expressions. */
  readonly columns: readonly string[] | null;
  readonly isUnique: boolean;
  /** The operator class is `…_pattern_ops`. */
  readonly isLike: boolean;
  readonly isPartial: boolean;
  /** The constraint that it is, if it is one. */
  readonly constraint: "primary" | "unique" | "foreign" | "check" | "exclusion" | null;
}

/** Columns of the model's own table, by name. */
export function ownColumns(model: Model, graph: ModelGraph): ReadonlyMap<string, Field> {
  const inherited = new Set(model.parents.flatMap((label) => [...(graph.byLabel(label)?.fields.values() ?? [])]));
  const columns = new Map<string, Field>();
  for (const field of model.fields.values()) {
    if (field.column !== undefined && field.column !== null && !inherited.has(field) && isForward(field)) columns.set(field.column, field);
  }
  return columns;
}

/** A reverse relation carries its forward field's declaration, and no column of this table. */
function isForward({ relation }: Field): boolean {
  return relation === null || relation.kind === "fk" || relation.kind === "o2o" || relation.kind === "mti-parent";
}

export interface ExpectedInput {
  readonly model: Model;
  readonly graph: ModelGraph;
  /** Its table's name and its former ones. */
  readonly tables: readonly string[];
  /** For an automatic table of a many-to-many, the field that asks for it. */
  readonly through: Field | null;
}

export function expectedObjects(input: ExpectedInput): readonly Expected[] {
  const columns = ownColumns(input.model, input.graph);
  const ofFields = [...columns].flatMap(([column, field]) => ofField(input, column, field));
  return [...ofMeta(input, columns), ...ofFields, ...ofThrough(input, columns)];
}

const NOTHING = { field: null, isUnique: false, isLike: false, isPartial: false, constraint: null, columns: null } as const;

function ofField({ model, tables, through }: ExpectedInput, column: string, field: Field): readonly Expected[] {
  const base = { ...NOTHING, field: through ?? field, span: (through ?? field).span, columns: [column] };
  const names = (suffix: string): readonly string[] => tables.map((table) => generatedName(table, [column], suffix));
  const found: Expected[] = [];
  if (field.primaryKey) found.push({ ...base, kind: "primary-key", names: tables.map((table) => `${table}_pkey`), isUnique: true, constraint: "primary" });
  else if (field.unique)
    found.push({
      ...base,
      kind: "field-unique",
      names: [...tables.map((table) => `${table}_${column}_key`), ...names("_uniq")],
      isUnique: true,
      constraint: "unique",
    });
  if (field.dbIndex === true) found.push({ ...base, kind: through === null ? indexKind(field) : "many-to-many", names: names("") });
  if (field.dbIndex === true || field.unique) found.push({ ...base, kind: "like", names: names("_like"), isLike: true });
  if (field.relation !== null && field.dbConstraint === true)
    found.push({ ...base, kind: through === null ? "foreign-key" : "many-to-many", names: [], constraint: "foreign" });
  if (/Positive\w*IntegerField$/.test(field.type))
    found.push({ ...base, kind: "field", names: [...tables.map((table) => `${table}_${column}_check`), ...names("_check")], constraint: "check" });
  return model.isProxy ? [] : found;
}

const indexKind = ({ relation }: Field): Declaration["kind"] => (relation === null ? "field-index" : "foreign-key");

function ofMeta({ model, tables }: ExpectedInput, columns: ReadonlyMap<string, Field>): readonly Expected[] {
  const { table } = model;
  if (table === undefined) return [];
  const columnOf = (name: string): string => [...columns].find(([column, field]) => field.name === name || column === name)?.[0] ?? name;
  const group =
    (kind: "unique-together" | "index-together", suffix: string, isUnique: boolean) =>
    ({ fields, span }: { readonly fields: readonly string[]; readonly span: Span }): Expected => {
      const names = fields.map(columnOf);
      return {
        ...NOTHING,
        kind,
        span,
        names: tables.map((one) => generatedName(one, names, suffix)),
        columns: names,
        isUnique,
        constraint: isUnique ? "unique" : null,
      };
    };
  return [
    ...table.indexes.map((entry) => ofIndex(entry, tables, columnOf)),
    ...table.constraints.map((entry) => ofConstraint(entry, columnOf)),
    ...table.uniqueTogether.map(group("unique-together", "_uniq", true)),
    ...table.indexTogether.map(group("index-together", "_idx", false)),
  ];
}

function ofIndex(entry: MetaEntry, tables: readonly string[], columnOf: (name: string) => string): Expected {
  const signed = entry.fields.map((name) => (name.startsWith("-") ? `-${columnOf(name.slice(1))}` : columnOf(name)));
  const names = entry.name === null ? tables.map((one) => generatedIndexName(one, signed, indexSuffix(entry.kind))) : [entry.name];
  const columns = entry.expressions > 0 || entry.fields.length === 0 ? null : signed.map((name) => name.replace(/^-/, ""));
  return { ...NOTHING, kind: "meta-index", span: entry.span, entry, names, columns, isPartial: entry.hasCondition };
}

const CONSTRAINTS: Readonly<Record<string, NonNullable<Expected["constraint"]>>> = {
  UniqueConstraint: "unique",
  CheckConstraint: "check",
  ExclusionConstraint: "exclusion",
};

function ofConstraint(entry: MetaEntry, columnOf: (name: string) => string): Expected {
  const constraint = CONSTRAINTS[entry.kind] ?? null;
  const isUnique = constraint === "unique";
  const columns = isUnique && entry.expressions === 0 && entry.fields.length > 0 ? entry.fields.map(columnOf) : null;
  return {
    ...NOTHING,
    kind: "meta-constraint",
    span: entry.span,
    entry,
    names: entry.name === null ? [] : [entry.name],
    columns,
    isUnique,
    isPartial: entry.hasCondition,
    constraint,
  };
}

/** Both ends of a many-to-many are unique together. */
function ofThrough({ tables, through }: ExpectedInput, columns: ReadonlyMap<string, Field>): readonly Expected[] {
  if (through === null) return [];
  const ends = [...columns].filter(([, field]) => field.relation !== null).map(([column]) => column);
  return [
    {
      ...NOTHING,
      kind: "many-to-many",
      field: through,
      span: through.span,
      names: tables.map((one) => generatedName(one, ends, "_uniq")),
      columns: ends,
      isUnique: true,
      constraint: "unique",
    },
  ];
}
