import type { Database, FixDraft, Table } from "../../model/index.ts";
import { durationOf, heapBytes, PASSES } from "./durations.ts";
import { createIndexSql, fieldNames, indexCode, indexName, type IndexSpec } from "./index-spec.ts";
import { addToMeta } from "./meta-edit.ts";
import { operation, postgresOperation } from "./operations.ts";
import { migrationFix, placeOf, sqlFix, type ChangeInput, type Place } from "./place.ts";
import { pythonString, type PythonCode } from "./python-code.ts";
import { dropIndex } from "./sql-text.ts";

/** Operator classes that an extension brings. */
const EXTENSIONS: readonly { readonly pattern: RegExp; readonly extension: string; readonly operation: string }[] = [
  { pattern: /_trgm_ops$/, extension: "pg_trgm", operation: "TrigramExtension" },
];

/**
 * An entry of Meta.indexes and a migration that builds it without holding up writes. Where the table is no model of the project's, SQL.
 *
 * @example
 * addIndex(input, table, { keys: [{ kind: "column", column: "status" }], condition: [{ column: "status", operator: "=", value: "new" }] });
 */
export function addIndex(input: ChangeInput, table: Table, wanted: IndexSpec): FixDraft {
  const { database } = input;
  const place = placeOf(input, table);
  const spec = "why" in place ? wanted : withPlainClass(place, wanted);
  const name = indexName(spec, table, database.catalog);
  const title = `Add the index \`${name}\` to ${table.name}`;
  const isConcurrent = table.kind !== "partitioned";
  const extensions = missingExtensions(input, spec);
  const sql = {
    forward: [...extensions.map(({ extension }) => `CREATE EXTENSION IF NOT EXISTS ${extension}`), createIndexSql(spec, name, table, isConcurrent)],
    reverse: [dropIndex({ schema: table.schema, name }, isConcurrent)],
    isTransactional: !isConcurrent,
  };
  if ("why" in place) return sqlFix(title, sql, place.why);
  const why = whyNotInDjango(place, spec);
  if (why !== null) return sqlFix(title, sql, why);
  const entry = indexCode(spec, name, fieldNames(database, table, place.model));
  if (entry === null) return sqlFix(title, sql, `a column of it is no field of ${place.model.label}`);
  const edits = addToMeta(place, "indexes", entry);
  if (edits === null) return sqlFix(title, sql, `Meta.indexes of ${place.model.label} is not a plain list`);
  const args: PythonCode = (nameIn) => `model_name=${pythonString(place.model.name.toLowerCase())}, index=${entry(nameIn)}`;
  return migrationFix({
    title,
    place,
    edits,
    steps: [
      {
        slug: `add_${name}`,
        isAtomic: !isConcurrent,
        operations: [
          ...extensions.map((one) => postgresOperation(one.operation, () => "")),
          isConcurrent ? postgresOperation("AddIndexConcurrently", args) : operation("AddIndex", args),
        ],
      },
    ],
    plan: {
      lock: isConcurrent ? "SHARE UPDATE EXCLUSIVE" : "SHARE",
      duration: isConcurrent
        ? durationOf(heapBytes(table), PASSES.buildConcurrently, "read twice")
        : durationOf(partitionBytes(input, table), PASSES.build, "read"),
      rollback: isConcurrent
        ? "Migrate back: the index is dropped concurrently. A build that fails leaves an invalid index: drop it and migrate again."
        : "Migrate back: the index is dropped.",
    },
  });
}

/** Of a parent, what its partitions have. */
function partitionBytes({ database }: ChangeInput, table: Table): number | null {
  const parts = database.catalog.tables.filter((one) => one.partitionOf?.parent === table.oid).map(heapBytes);
  return parts.some((one) => one === null) ? null : parts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

/** Of what its operator classes need, what the database does not have. */
export function missingExtensions({ database }: { readonly database: Pick<Database, "catalog"> }, { keys }: IndexSpec): typeof EXTENSIONS {
  const classes = keys.flatMap((key) => key.operatorClass ?? []);
  const installed = new Set(database.catalog.extensions.map((one) => one.name));
  return EXTENSIONS.filter(({ pattern, extension }) => !installed.has(extension) && classes.some((one) => pattern.test(one)));
}

/** From this version on, Django's checks refuse the index classes of an app that is not installed (postgres.E005). */
const CHECKED_SINCE = 6;

function lacksPostgres({ source: { project } }: Place): boolean {
  const version = Number.parseInt(project.djangoVersion ?? "", 10);
  return version >= CHECKED_SINCE && !project.apps.some((app) => app.name === "django.contrib.postgres");
}

/** A B-tree with storage parameters is a class of django.contrib.postgres; without them it is Django's own. */
export function withPlainClass(place: Place, spec: IndexSpec): IndexSpec {
  if ((spec.method ?? "btree") !== "btree" || spec.options === undefined || !lacksPostgres(place)) return spec;
  const { options: _, ...plain } = spec;
  return plain;
}

/** OpClass around an expression is written as SQL only once django.contrib.postgres is set up; `opclasses` needs nothing. */
function whyNotInDjango(place: Place, { keys, method = "btree" }: IndexSpec): string | null {
  const { source, model } = place;
  if (method !== "btree" && lacksPostgres(place))
    return `Django ${source.project.djangoVersion ?? ""} wants django.contrib.postgres in INSTALLED_APPS for ${method} indexes`;
  const isWrapped = keys.some((key) => key.kind !== "column") && keys.some((key) => key.operatorClass !== undefined);
  const hasPostgres = source.project.apps.some((app) => app.name === "django.contrib.postgres");
  if (isWrapped && !hasPostgres) return "OpClass needs django.contrib.postgres in INSTALLED_APPS";
  return model.table?.isManaged === false ? `${model.label} is not managed by Django` : null;
}
