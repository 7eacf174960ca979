/** How the project declares what a catalog holds: tables, columns, indexes and constraints to models, fields, Meta and migrations. */
import type {
  Catalog,
  Constraint,
  Declaration,
  Field,
  Index,
  Made,
  Model,
  ModelGraph,
  ProjectMigrations,
  RuleInput,
  Span,
  Table,
  TableHistory,
} from "../model/index.ts";
import { MAX_NAME, splitIdentifier } from "../model/generated-names.ts";
import type { SourceJoin } from "./database.ts";
import { expectedObjects, ownColumns, type Expected } from "./expected-objects.ts";

/**
 * Joins by name first, with the names that Django makes up, then by structure: an index that was made before its table was renamed
 * is still the field's.
 */
export function joinSource({ tables, indexes, constraints }: Catalog, { graph, migrations }: RuleInput): SourceJoin {
  const pairs = pairTables(tables, graph);
  const owners = new Map(pairs.map((pair) => [pair.table.oid, pair]));
  const byModel = new Map(pairs.map((pair) => [pair.model.label, pair.table]));
  const columns = new Map(pairs.map(({ table, model }) => [table.oid, ownColumns(model, graph)]));
  const parents = new Map(tables.flatMap((table): [number, number][] => (table.partitionOf === null ? [] : [[table.oid, table.partitionOf.parent]])));
  const joined = new Map<number, Declaration>();
  for (const pair of pairs) {
    const own = { indexes: indexes.filter((one) => one.table === pair.table.oid), constraints: constraints.filter((one) => one.table === pair.table.oid) };
    for (const [oid, declaration] of declare(pair, own, graph, migrations)) joined.set(oid, declaration);
  }
  const ofTable = (table: Table): Pair | undefined => owners.get(table.oid) ?? owners.get(parents.get(table.oid) ?? -1);
  const fieldOf = (table: Table, column: string): Field | null => columns.get(ofTable(table)?.table.oid ?? -1)?.get(column) ?? null;
  return {
    modelOf: (table) => ofTable(table)?.model ?? null,
    tableOf: (model) => byModel.get(model.label) ?? byModel.get(model.concrete) ?? null,
    fieldOf,
    declarationOf: (index) => {
      const parent = indexes.find((one) => one.oid === index.partitionOf);
      const known = [index, ...(parent === undefined ? [] : [parent])].flatMap((one) => joined.get(one.oid) ?? joined.get(one.constraint ?? -1) ?? []);
      return known[0] ?? bySql(index.name, migrations) ?? (parent === undefined ? null : bySql(parent.name, migrations));
    },
    declarationOfConstraint: (constraint) => joined.get(constraint.oid) ?? joined.get(constraint.parent ?? -1) ?? bySql(constraint.name, migrations),
    declarationOfColumn: (table, column) => {
      const [pair, field] = [ofTable(table), fieldOf(table, column)];
      if (pair === undefined || field === null) return null;
      const made = historyOf(pair, migrations)?.fields.get((pair.through ?? field).name)?.made ?? null;
      return { kind: "field", model: pair.model, field: pair.through ?? field, span: (pair.through ?? field).span, ...madeBy(made) };
    },
    declarationOfTable: (table) => {
      const pair = ofTable(table);
      return pair === undefined ? null : (pair.through?.span ?? headOf(pair.model));
    },
  };
}

/** A model that has a table, and for an automatic one the field that asks for it. */
interface Pair {
  readonly table: Table;
  readonly model: Model;
  readonly through: Field | null;
  /** The model whose migrations make the table: for an automatic one, that with the field. */
  readonly holder: Model;
}

function pairTables(tables: readonly Table[], graph: ModelGraph): readonly Pair[] {
  const named = new Map<string, Table>();
  for (const table of tables) {
    if (table.kind === "toast") continue;
    named.set(`${table.schema}.${table.name}`, table);
    if (table.schema === "public" || !named.has(table.name)) named.set(table.name, table);
  }
  const throughs = throughFields(graph);
  return [...graph.models.values()].flatMap((model) => {
    if (model.isAbstract || model.isProxy || model.table === undefined) return [];
    const { schema, name: whole } = splitIdentifier(model.table.name);
    const name = cut(whole);
    const table = named.get(schema === null ? name : `${schema}.${name}`) ?? named.get(dotted(name));
    return table === undefined ? [] : [{ table, model, holder: model, through: null, ...throughs.get(model.label) }];
  });
}

/** `sales.order` without quotes is one name to PostgreSQL, but some backends set it so. */
const dotted = (name: string): string => (name.includes(".") ? name : `?${name}`);

/** Automatic tables by their model's label. */
function throughFields(graph: ModelGraph): ReadonlyMap<string, Pick<Pair, "through" | "holder">> {
  const fields = new Map<string, Pick<Pair, "through" | "holder">>();
  for (const model of graph.models.values()) {
    if (model.isAbstract || model.isProxy) continue;
    for (const field of model.fields.values()) {
      const { kind, through } = field.relation ?? { kind: null, through: null };
      const automatic = through === null ? null : graph.byLabel(through);
      if (
        kind === "m2m" &&
        automatic?.label === `${model.label}_${field.name}` &&
        automatic.cls.def.body.length === 0 &&
        automatic.cls.def.start === field.span.start
      )
        fields.set(automatic.label, { through: field, holder: model });
    }
  }
  return fields;
}

function headOf({ cls }: Model): Span {
  return { file: cls.module.ir.file, start: cls.def.start, end: cls.def.headEnd };
}

function historyOf({ holder: model }: Pair, migrations: ProjectMigrations | undefined): TableHistory | null {
  return migrations?.historyOf(model.app, model.name) ?? null;
}

interface Objects {
  readonly indexes: readonly Index[];
  readonly constraints: readonly Constraint[];
}

/** Declarations by the oid of the index or constraint. */
function declare(
  pair: Pair,
  { indexes, constraints }: Objects,
  graph: ModelGraph,
  migrations: ProjectMigrations | undefined,
): readonly (readonly [number, Declaration])[] {
  const history = historyOf(pair, migrations);
  const tables = [...new Set([pair.table.name, ...(history?.tables ?? [])])];
  const all = expectedObjects({ model: pair.model, graph, tables, through: pair.through });
  // Of a table that Django does not manage, it makes neither indexes nor constraints.
  const expected = pair.model.table?.isManaged === false ? all.filter((one) => one.kind === "primary-key") : all;
  const said = (one: Expected): Declaration => ({
    kind: one.kind,
    model: pair.model,
    field: one.field,
    span: one.span,
    ...(one.entry && { entry: one.entry }),
    ...madeBy(madeOf(one, history)),
  });
  const ofConstraints = match(
    constraints,
    expected.filter((one) => one.constraint !== null),
    isSameConstraint,
  );
  const plain = indexes.filter((one) => one.constraint === null);
  // A conditional UniqueConstraint is an index alone.
  const ofIndexes = match(
    plain,
    expected.filter((one) => one.constraint === null || one.constraint === "unique"),
    isSameIndex,
  );
  return [...ofConstraints, ...ofIndexes].map(([object, one]) => [object.oid, said(one)] as const);
}

/** Every object takes what has its name; what is left is taken by what looks like it. */
function match<Thing extends { readonly name: string }>(
  things: readonly Thing[],
  expected: readonly Expected[],
  isSame: (thing: Thing, one: Expected) => boolean,
): readonly (readonly [Thing, Expected])[] {
  const taken = new Set<Expected>();
  const found = new Map<Thing, Expected>();
  const take = (test: (thing: Thing, one: Expected) => boolean): void => {
    for (const thing of things) {
      const one = found.has(thing) ? undefined : expected.find((each) => !taken.has(each) && test(thing, each));
      if (one === undefined) continue;
      found.set(thing, one);
      taken.add(one);
    }
  };
  take((thing, one) => one.names.some((name) => cut(name) === thing.name));
  take(isSame);
  return [...found];
}

/** PostgreSQL cuts what is too long. */
const cut = (name: string): string => name.slice(0, MAX_NAME);

function isSameConstraint({ kind, columns }: Constraint, one: Expected): boolean {
  return one.constraint === kind && one.columns !== null && sameList(columns, one.columns);
}

function isSameIndex(index: Index, one: Expected): boolean {
  if (one.columns === null || one.entry?.name === index.name) return one.names.includes(index.name);
  const columns = index.keys.map((key) => key.column);
  const isLike = index.keys.some((key) => key.operatorClass.endsWith("_pattern_ops"));
  const isPlain = (index.predicate !== null) === one.isPartial && index.unique === one.isUnique && isLike === one.isLike;
  // An entry with a name keeps it: another name is another index.
  return isPlain && one.entry?.name == null && sameList(columns, one.columns);
}

function sameList(a: readonly (string | null)[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

function madeOf({ kind, field, entry }: Expected, history: TableHistory | null): Made | null {
  if (history === null) return null;
  const name = entry?.name ?? "";
  if (kind === "meta-index") return history.indexes.get(name) ?? null;
  if (kind === "meta-constraint") return history.constraints.get(name) ?? null;
  if (kind === "unique-together") return history.uniqueTogether;
  if (kind === "index-together") return history.indexTogether;
  const state = field === null ? undefined : history.fields.get(field.name);
  return (kind === "field-index" || kind === "foreign-key" || kind === "like" || kind === "field-unique" ? state?.indexed : null) ?? state?.made ?? null;
}

function madeBy(made: Made | null): Pick<Declaration, "migration"> {
  return made === null ? {} : { migration: { app: made.migration.app, name: made.migration.name, span: made.span } };
}

/** Made by SQL of a migration: the last one that names it and does not drop it. */
function bySql(name: string, migrations: ProjectMigrations | undefined): Declaration | null {
  const word = new RegExp(`(?<![\\w$])${name.replaceAll(/[^\w]/g, (char) => `\\${char}`)}(?![\\w$])`, "i");
  const found = migrations?.statements.findLast(({ sql }) => word.test(sql) && /\b(?:create|add)\b/i.test(sql));
  return found === undefined ? null : { kind: "migration", model: null, field: null, span: found.made.span, ...madeBy(found.made) };
}
