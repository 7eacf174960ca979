import { groupBy } from "../model/group-by.ts";
import { inOrder, type Step } from "./in-order.ts";
import { quoteName, quoteQualified } from "./quote.ts";
import type { ConstraintPart, IndexPart, ObjectKey, SchemaParts, SequencePart, TablePart, ViewPart } from "./schema-parts.ts";
import { createTable, type TableContext } from "./table-ddl.ts";

interface Statement extends Step {
  readonly statements: readonly string[];
}

/**
 * Statements that rebuild a schema in an empty database, one each, in an order that works. Owners, grants and tablespaces are left out.
 * An index that is not valid, and what no statement was written for, is a comment.
 *
 * @example
 * for (const statement of buildDdl(parts)) await client.query(statement);
 */
export function buildDdl(given: SchemaParts): string[] {
  const parts = withoutOrphans(given);
  const names = new Map([...parts.tables, ...parts.views].map((one) => [one.oid, quoteQualified(one)]));
  const nameOf = (oid: number): string => names.get(oid) ?? "";
  return [
    "SET check_function_bodies = off",
    ...parts.roles.map(createRole),
    ...parts.schemas.map((name) => `CREATE SCHEMA IF NOT EXISTS ${quoteName(name)}`),
    ...parts.extensions.map(({ name, schema }) => `CREATE EXTENSION IF NOT EXISTS ${quoteName(name)} WITH SCHEMA ${quoteName(schema)}`),
    ...inOrder(objects(parts, nameOf)).flatMap(({ statements }) => statements),
    ...parts.sequences.flatMap(ownedBy),
    ...attachedIndexes(parts),
    ...foreignKeys(parts, nameOf),
    ...parts.finishing,
    ...parts.views.filter((view) => view.isPopulated && view.isMaterialised).map((view) => `REFRESH MATERIALIZED VIEW ${quoteQualified(view)}`),
    ...parts.unsupported.map((what) => `-- not rebuilt: ${what.replaceAll("\n", " ")}`),
  ];
}

/** What belongs to a table that could not be read, since it was locked, goes with it. */
function withoutOrphans(parts: SchemaParts): SchemaParts {
  const known = new Set([...parts.tables, ...parts.views].map(({ oid }) => oid));
  return {
    ...parts,
    constraints: parts.constraints.filter(({ table, target }) => known.has(table) && (target === null || known.has(target))),
    indexes: parts.indexes.filter(({ table }) => known.has(table)),
  };
}

/** Policies name roles, and no role is part of a database. */
function createRole(name: string): string {
  const literal = `'${name.replaceAll("'", "''")}'`;
  return `DO $luthier$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal}) THEN CREATE ROLE ${quoteName(name)} NOLOGIN; END IF; END $luthier$`;
}

/** All that others can depend on: their order follows from what they need. */
function objects(parts: SchemaParts, nameOf: (oid: number) => string): Statement[] {
  const context = tableContext(parts);
  const { alias, needs } = dependencies(parts, context);
  const step = (key: ObjectKey, rank: string, statements: readonly string[], structural: readonly ObjectKey[] = []): Statement => ({
    key,
    rank,
    statements,
    needs: [...(needs.get(key) ?? []), ...structural.map(alias)].filter((one) => one !== key),
  });
  const table = (oid: number): ObjectKey => `pg_class:${oid}`;
  return [
    ...parts.objects.map(({ key, name, statements }) => step(key, `1 ${name}`, statements)),
    ...parts.sequences.map((one) => step(table(one.oid), `2 ${quoteQualified(one)}`, [createSequence(one)])),
    ...parts.tables.map((one) => step(table(one.oid), `3 ${nameOf(one.oid)}`, createTable(one, context), one.parents.map(table))),
    ...parts.tables
      .filter(({ bounds }) => bounds !== null)
      .map((one) => step(`attach:${one.oid}`, `4 ${nameOf(one.oid)}`, [attachTable(one, nameOf)], [one.oid, ...one.parents].map(table))),
    ...context.lateDefaults.map((one) =>
      step(
        `pg_attrdef:${one.oid}`,
        `5 ${nameOf(one.table)} ${one.column}`,
        [`ALTER TABLE ONLY ${nameOf(one.table)} ALTER COLUMN ${quoteName(one.column)} SET DEFAULT ${one.expression}`],
        [table(one.table)],
      ),
    ),
    ...parts.constraints
      .filter(isBacked)
      .map((one) => step(`pg_constraint:${one.oid}`, `6 ${made(one.index)}`, addBacked(one, nameOf, parts), [table(one.table)])),
    ...context.lateChecks.map((one) =>
      step(
        `pg_constraint:${one.oid}`,
        `7 ${nameOf(one.table)} ${one.name}`,
        [`ALTER TABLE ${nameOf(one.table)} ADD CONSTRAINT ${quoteName(one.name)} ${one.definition}`],
        attachmentsBefore(one, parts, table),
      ),
    ),
    ...parts.indexes
      .filter(({ constraint }) => constraint === null)
      .map((one) => step(table(one.oid), `6 ${made(one.oid)}`, [createIndex(one)], [table(one.table)])),
    ...parts.views.map((one) => step(table(one.oid), `9 ${nameOf(one.oid)}`, [createView(one)])),
  ];
}

/** Indexes in the order in which they were made: of two that serve a statement equally well, the planner takes one by that. */
function made(index: number | null): string {
  return String(index ?? 0).padStart(OID_DIGITS, "0");
}

const OID_DIGITS = 10;

/** A check that is added to a parent goes to the children that it has by then. */
function attachmentsBefore(one: ConstraintPart, parts: SchemaParts, table: (oid: number) => ObjectKey): ObjectKey[] {
  const children = parts.tables.filter(({ parents }) => parents.includes(one.table));
  return [table(one.table), ...children.flatMap(({ oid, bounds }) => (bounds === null ? [table(oid)] : [`attach:${oid}`]))];
}

/** What is written inside of CREATE TABLE, and what must follow later because it needs something that is not there by then. */
function tableContext(parts: SchemaParts): TableContext {
  const dependent = new Set(parts.dependencies.map(({ from }) => from));
  const tables = new Map(parts.tables.map((one) => [one.oid, one]));
  const isInherited = (table: number, column: string): boolean =>
    tables.get(table)?.columns.some((one) => one.name === column && one.isInherited && tables.get(table)?.bounds === null) ?? false;
  const defaults = parts.defaults.filter(({ table }) => tables.has(table) || parts.views.some(({ oid }) => oid === table));
  const isLateDefault = (one: SchemaParts["defaults"][number]): boolean =>
    one.generated === null && (dependent.has(`pg_attrdef:${one.oid}`) || isInherited(one.table, one.column) || !tables.has(one.table));
  const checks = parts.constraints.filter(({ kind }) => kind === "check" || kind === "not-null");
  const isLateCheck = (one: ConstraintPart): boolean => {
    const isPartition = tables.get(one.table)?.bounds !== null;
    return !one.isValidated || (one.isLocal && one.kind === "check" && !isPartition && dependent.has(`pg_constraint:${one.oid}`));
  };
  const inlineDefaults = defaults.filter((one) => !isLateDefault(one));
  const inlineChecks = checks.filter((one) => !isLateCheck(one));
  return {
    tables,
    lateDefaults: defaults.filter(isLateDefault),
    // Children get theirs from the parent when that gets it.
    lateChecks: checks.filter((one) => isLateCheck(one) && one.isLocal),
    lateNotNull: new Set(checks.filter((one) => one.kind === "not-null" && isLateCheck(one)).map((one) => `${one.table} ${one.column}`)),
    inlineDefaults: new Map(inlineDefaults.map((one) => [`${one.table} ${one.column}`, one])),
    inlineChecks: groupBy(inlineChecks, ({ table }) => table),
  };
}

/** Needs of each statement: what is written inside of another one's needs count as that one's. */
function dependencies(parts: SchemaParts, context: TableContext): { alias: (key: ObjectKey) => ObjectKey; needs: ReadonlyMap<ObjectKey, ObjectKey[]> } {
  const inside = new Map<ObjectKey, ObjectKey>();
  for (const one of context.inlineDefaults.values()) inside.set(`pg_attrdef:${one.oid}`, `pg_class:${one.table}`);
  for (const one of [...context.inlineChecks.values()].flat()) inside.set(`pg_constraint:${one.oid}`, `pg_class:${one.table}`);
  for (const one of parts.constraints.filter(isBacked)) inside.set(`pg_class:${one.index}`, `pg_constraint:${one.oid}`);
  const alias = (key: ObjectKey): ObjectKey => inside.get(key) ?? key;
  const needs = groupBy(parts.dependencies, ({ from }) => alias(from));
  return { alias, needs: new Map([...needs].map(([key, list]) => [key, list.map(({ to }) => alias(to))])) };
}

function isBacked({ kind }: ConstraintPart): boolean {
  return kind === "primary" || kind === "unique" || kind === "exclusion";
}

function createSequence(one: SequencePart): string {
  return `CREATE ${one.unlogged ? "UNLOGGED " : ""}SEQUENCE ${quoteQualified(one)} ${one.text}`;
}

function ownedBy(one: SequencePart): string[] {
  if (one.owner === null) return [];
  const { schema, table, column } = one.owner;
  return [`ALTER SEQUENCE ${quoteQualified(one)} OWNED BY ${quoteQualified({ schema, name: table })}.${quoteName(column)}`];
}

/** Made for itself first, so that its columns may come in an order of their own. */
function attachTable(one: TablePart, nameOf: (oid: number) => string): string {
  return `ALTER TABLE ONLY ${nameOf(one.parents[0] ?? 0)} ATTACH PARTITION ${nameOf(one.oid)} ${one.bounds}`;
}

function addBacked(one: ConstraintPart, nameOf: (oid: number) => string, parts: SchemaParts): string[] {
  const add = `ALTER TABLE ONLY ${nameOf(one.table)} ADD CONSTRAINT ${quoteName(one.name)} ${one.definition}`;
  const index = parts.indexes.find(({ oid }) => oid === one.index);
  if (one.indexOptions.length === 0 || index === undefined) return [add];
  return [add, `ALTER INDEX ${quoteQualified(index)} SET (${one.indexOptions.join(", ")})`];
}

function createIndex(one: IndexPart): string {
  return one.isValid ? one.definition : `-- not valid: ${one.definition.replaceAll("\n", " ")}`;
}

function createView(one: ViewPart): string {
  const options = one.options.length > 0 ? ` WITH (${one.options.join(", ")})` : "";
  const query = one.definition.trim().replace(/;$/, "");
  if (!one.isMaterialised) return `CREATE VIEW ${quoteQualified(one)}${options} AS ${query}`;
  const method = one.accessMethod === null || one.accessMethod === "heap" ? "" : ` USING ${quoteName(one.accessMethod)}`;
  return `CREATE MATERIALIZED VIEW ${quoteQualified(one)}${method}${options} AS ${query} WITH NO DATA`;
}

/** Every partition's index by itself: the parent's becomes valid with the last one. */
function attachedIndexes({ indexes }: SchemaParts): string[] {
  const byOid = new Map(indexes.map((one) => [one.oid, one]));
  return indexes.flatMap((one) => {
    const parent = one.parent === null ? undefined : byOid.get(one.parent);
    return parent === undefined ? [] : [`ALTER INDEX ${quoteQualified(parent)} ATTACH PARTITION ${quoteQualified(one)}`];
  });
}

/**
 * Last, since they go in circles. A partition gets its parent's under the same name; one that has another name was there before, and
 * becomes the parent's again when that is added.
 */
function foreignKeys({ constraints }: SchemaParts, nameOf: (oid: number) => string): string[] {
  const byOid = new Map(constraints.map((one) => [one.oid, one]));
  const isMade = (one: ConstraintPart): boolean => {
    const parent = one.parent === null ? undefined : byOid.get(one.parent);
    return parent !== undefined && (parent.name === one.name || parent.table === one.table);
  };
  const own = constraints.filter((one) => one.kind === "foreign" && !isMade(one));
  const rank = (one: ConstraintPart): string => `${one.parent === null ? 2 : 1} ${nameOf(one.table)} ${one.name}`;
  return own
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map((one) => `ALTER TABLE ${nameOf(one.table)} ADD CONSTRAINT ${quoteName(one.name)} ${one.definition}`);
}
