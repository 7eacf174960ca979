import type { FixDraft, Model, Table } from "../../model/index.ts";
import { generatedName, namesDigest, splitIdentifier } from "../../model/generated-names.ts";
import { alterField, fieldPlaceOf } from "./alter-field.ts";
import { conditionCode, conditionSql, type Condition } from "./condition.ts";
import { durationOf, heapBytes, PASSES } from "./durations.ts";
import { fieldNames } from "./index-spec.ts";
import { addToMeta } from "./meta-edit.ts";
import { operation, postgresOperation, runSql, separate } from "./operations.ts";
import { migrationFix, placeOf, sqlFix, type ChangeInput, type Place } from "./place.ts";
import { pythonList, pythonString, type PythonCode } from "./python-code.ts";
import { dropIndex, quoteName, tableRef } from "./sql-text.ts";

export interface UniqueSpec {
  readonly columns: readonly string[];
  /** With it, only these rows must differ: PostgreSQL has an index for that, no constraint. */
  readonly condition?: Condition;
  readonly name?: string;
}

/** Unique by an index that is built without holding up writes, and is then made the constraint's. It fails where rows are equal. */
export function addUniqueConstraint(input: ChangeInput, table: Table, spec: UniqueSpec): FixDraft {
  const { columns, condition } = spec;
  const name = spec.name ?? constraintName(table, [...columns, ...(condition === undefined ? [] : [conditionSql(condition)])], "uniq");
  const title = `Make ${columns.join(", ")} of ${table.name} unique, once equal rows are removed`;
  const where = condition === undefined ? "" : ` WHERE ${conditionSql(condition)}`;
  const index = { schema: table.schema, name };
  const build = `CREATE UNIQUE INDEX CONCURRENTLY ${quoteName(name)} ON ${tableRef(table)} (${columns.map(quoteName).join(", ")})${where}`;
  const adopt = `ALTER TABLE ${tableRef(table)} ADD CONSTRAINT ${quoteName(name)} UNIQUE USING INDEX ${quoteName(name)}`;
  // What a failed build left behind goes first, so that the migration can be run again.
  const forward = [dropIndex(index, true), build, ...(condition === undefined ? [adopt] : [])];
  const reverse = condition === undefined ? [dropConstraint(table, name)] : [dropIndex(index, true)];
  const sql = { forward, reverse, isTransactional: false };
  if (table.kind === "partitioned")
    return sqlFix(`${title}, by SQL alone: an index of a partitioned table cannot be built concurrently`, {
      ...sql,
      forward: [`ALTER TABLE ${tableRef(table)} ADD CONSTRAINT ${quoteName(name)} UNIQUE (${columns.map(quoteName).join(", ")})`],
      isTransactional: true,
    });
  const place = placeOf(input, table);
  if ("why" in place) return sqlFix(title, sql, place.why);
  const fieldOf = fieldNames(input.database, table, place.model);
  const fields = columns.map((column) => fieldOf(column));
  if (fields.some((one) => one === null)) return sqlFix(title, sql, `a column of it is no field of ${place.model.label}`);
  const entry: PythonCode = (nameIn) => {
    const conditional = condition === undefined ? "" : `, condition=${conditionCode(condition, (column) => fieldOf(column) ?? column)(nameIn)}`;
    return `${nameIn("django.db.models", "UniqueConstraint")}(fields=${pythonList(fields.flatMap((one) => one ?? []))}${conditional}, name=${pythonString(name)})`;
  };
  const edits = addToMeta(place, "constraints", entry);
  if (edits === null) return sqlFix(title, sql, `Meta.constraints of ${place.model.label} is not a plain list`);
  return migrationFix({
    title,
    place,
    edits,
    steps: [
      {
        slug: `add_${name}`,
        isAtomic: false,
        operations: [separate([runSql(forward, reverse)], [operation("AddConstraint", constraintArguments(place.model, entry))])],
      },
    ],
    plan: {
      lock:
        condition === undefined
          ? "ACCESS EXCLUSIVE for a moment, when the index becomes the constraint's; SHARE UPDATE EXCLUSIVE before"
          : "SHARE UPDATE EXCLUSIVE",
      duration: durationOf(heapBytes(table), PASSES.buildConcurrently, "read twice"),
      rollback: "Migrate back: the constraint and its index are dropped. Equal rows make the build fail; the next try drops what it left.",
    },
  });
}

export interface CheckSpec {
  readonly name: string;
  readonly condition: Condition;
}

/** New rows are checked at once, old ones in a second migration that holds up no writes. */
export function addCheckConstraint(input: ChangeInput, table: Table, { name, condition }: CheckSpec): FixDraft {
  const title = `Check ${conditionSql(condition)} on ${table.name}`;
  const add = `ALTER TABLE ${tableRef(table)} ADD CONSTRAINT ${quoteName(name)} CHECK (${conditionSql(condition)}) NOT VALID`;
  const sql = { forward: [add, validate(table, name)], reverse: [dropConstraint(table, name)], isTransactional: false };
  const place = placeOf(input, table);
  if ("why" in place) return sqlFix(title, sql, place.why);
  const fieldOf = fieldNames(input.database, table, place.model);
  if (condition.some((one) => fieldOf(one.column) === null)) return sqlFix(title, sql, `a column of it is no field of ${place.model.label}`);
  const entry: PythonCode = (nameIn) =>
    `${nameIn("django.db.models", "CheckConstraint")}(${checkArgument(place)}=${conditionCode(condition, (column) => fieldOf(column) ?? column)(nameIn)}, name=${pythonString(name)})`;
  const edits = addToMeta(place, "constraints", entry);
  if (edits === null) return sqlFix(title, sql, `Meta.constraints of ${place.model.label} is not a plain list`);
  const named: PythonCode = () => `model_name=${pythonString(place.model.name.toLowerCase())}, name=${pythonString(name)}`;
  return migrationFix({
    title,
    place,
    edits,
    steps: [
      { slug: `add_${name}`, isAtomic: true, operations: [postgresOperation("AddConstraintNotValid", constraintArguments(place.model, entry))] },
      { slug: `validate_${name}`, isAtomic: true, operations: [postgresOperation("ValidateConstraint", named)] },
    ],
    plan: {
      lock: "ACCESS EXCLUSIVE for a moment, when it is added; SHARE UPDATE EXCLUSIVE while old rows are checked",
      duration: durationOf(heapBytes(table), PASSES.scan, "read once"),
      rollback: "Migrate back: the constraint is dropped. Where an old row fails the check, mend the row and migrate again.",
    },
  });
}

/** `check` until Django 5.0, `condition` from 5.1 on; 6.0 has no `check`. */
function checkArgument({ source }: Place): "check" | "condition" {
  const [major = 5, minor = 1] = (source.project.djangoVersion ?? "5.1").split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 1) ? "condition" : "check";
}

/** A relation without a constraint (`db_constraint=False`) gets one. It fails where rows point nowhere. */
export function addForeignKey(input: ChangeInput, table: Table, column: string, target: { readonly table: Table; readonly column: string }): FixDraft {
  const title = `Let the database hold ${table.name}.${column} to ${target.table.name}`;
  const name = generatedName(table.name, [column], `_fk_${splitIdentifier(target.table.name).name}_${target.column}`);
  const add = `ALTER TABLE ${tableRef(table)} ADD CONSTRAINT ${quoteName(name)} FOREIGN KEY (${quoteName(column)}) REFERENCES ${tableRef(target.table)} (${quoteName(target.column)}) DEFERRABLE INITIALLY DEFERRED NOT VALID`;
  const sql = { forward: [add, validate(table, name)], reverse: [dropConstraint(table, name)], isTransactional: false };
  const place = fieldPlaceOf(input, table, column);
  if ("why" in place) return sqlFix(title, sql, place.why);
  if (place.place.model.table?.isManaged === false) return sqlFix(title, sql, `${place.place.model.label} is not managed by Django`);
  const altered = place.field.relation === null ? null : alterField(place, { arguments: { db_constraint: null } });
  if (altered === null) return sqlFix(title, sql, `${place.field.name} is no plain ForeignKey`);
  return migrationFix({
    title,
    place: place.place,
    edits: altered.edits,
    steps: [
      {
        slug: `constrain_${table.name}_${column}`,
        isAtomic: true,
        operations: [separate([runSql([add], [dropConstraint(table, name)])], [altered.operation])],
        imports: altered.imports,
      },
      { slug: `validate_${table.name}_${column}`, isAtomic: true, operations: [runSql([validate(table, name)], "noop")] },
    ],
    plan: {
      lock: "SHARE ROW EXCLUSIVE on both tables for a moment, when it is added; SHARE UPDATE EXCLUSIVE while old rows are checked",
      duration: durationOf(heapBytes(table), PASSES.scan, "read once"),
      rollback: "Migrate back: the constraint is dropped. Where an old row points nowhere, mend the row and migrate again.",
    },
  });
}

function constraintArguments(model: Model, entry: PythonCode): PythonCode {
  return (name) => `model_name=${pythonString(model.name.toLowerCase())}, constraint=${entry(name)}`;
}

export function validate(table: Table, name: string): string {
  return `ALTER TABLE ${tableRef(table)} VALIDATE CONSTRAINT ${quoteName(name)}`;
}

export function dropConstraint(table: Table, name: string): string {
  return `ALTER TABLE ${tableRef(table)} DROP CONSTRAINT IF EXISTS ${quoteName(name)}`;
}

const LONGEST = 60;

function constraintName({ name }: Table, parts: readonly string[], suffix: string): string {
  const whole = `${name}_${parts.filter((one) => /^\w+$/.test(one)).join("_")}_${suffix}`;
  const isPlain = parts.every((one) => /^\w+$/.test(one));
  return isPlain && whole.length <= LONGEST ? whole : `${whole.slice(0, LONGEST - 14)}_${namesDigest([name, ...parts], 6)}_${suffix}`;
}
