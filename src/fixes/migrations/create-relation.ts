/** New relations that Django has no operation for: partitions, and views with the model that reads them. */
import type { FixDraft, Table } from "../../model/index.ts";
import { insertion } from "../chain-edit.ts";
import { styleOf } from "../source-text.ts";
import { CATALOG_ONLY } from "./durations.ts";
import { operation, runSql } from "./operations.ts";
import { migrationFix, placeOf, sqlFix, type ChangeInput } from "./place.ts";
import { pythonString, writeInModule, type PythonCode } from "./python-code.ts";
import { quoteName, tableRef } from "./sql-text.ts";

export interface PartitionSpec {
  readonly name: string;
  /** Bounds as SQL literals: `'2026-05-01'`; the upper one is not in it. */
  readonly from: string;
  readonly to: string;
}

/** A partition is made beside its parent and attached: the parent's readers and writers are not held up. */
export function createPartition(input: ChangeInput, parent: Table, partitions: readonly PartitionSpec[]): FixDraft {
  const title = `Add ${partitions.length === 1 ? `the partition ${partitions[0]?.name ?? ""}` : `${partitions.length} partitions`} to ${parent.name}`;
  const ref = (name: string): string => tableRef({ schema: parent.schema, name });
  const forward = partitions.flatMap(({ name, from, to }) => [
    `CREATE TABLE ${ref(name)} (LIKE ${tableRef(parent)} INCLUDING ALL)`,
    `ALTER TABLE ${tableRef(parent)} ATTACH PARTITION ${ref(name)} FOR VALUES FROM (${from}) TO (${to})`,
  ]);
  const reverse = partitions.toReversed().flatMap(({ name }) => [`ALTER TABLE ${tableRef(parent)} DETACH PARTITION ${ref(name)}`]);
  const hasDefault = parent.partitioning?.defaultPartition !== null && parent.partitioning?.defaultPartition !== undefined;
  const place = placeOf(input, parent);
  if ("why" in place) return sqlFix(title, { forward, reverse, isTransactional: true }, place.why);
  return migrationFix({
    title,
    place,
    steps: [{ slug: `add_${partitions.map((one) => one.name).join("_")}`, isAtomic: true, operations: [runSql(forward, reverse)] }],
    plan: {
      lock: hasDefault
        ? "SHARE UPDATE EXCLUSIVE on the parent, ACCESS EXCLUSIVE on the default partition while its rows are looked through"
        : "SHARE UPDATE EXCLUSIVE",
      duration: CATALOG_ONLY,
      rollback: "Migrate back: the partition is detached and keeps its rows as a table of its own; drop it before you migrate again.",
    },
  });
}

export interface ViewColumn {
  readonly name: string;
  /** `BigIntegerField()`, `DecimalField(max_digits=8, decimal_places=2)`. */
  readonly field: string;
  readonly isKey?: boolean;
}

export interface ViewSpec {
  /** Name of the view, and of the model: `catalog_book_sales`, `BookSales`. */
  readonly name: string;
  readonly model: string;
  readonly columns: readonly ViewColumn[];
  readonly query: string;
  readonly isMaterialised: boolean;
}

/** A view and an unmanaged model behind the models of `beside`'s app. */
export function createView(input: ChangeInput, beside: Table, view: ViewSpec): FixDraft {
  const title = `Add the ${view.isMaterialised ? "materialised view" : "view"} ${view.name}`;
  const kind = view.isMaterialised ? "MATERIALIZED VIEW" : "VIEW";
  const name = tableRef({ schema: beside.schema, name: view.name });
  const keys = view.columns.filter((one) => one.isKey === true).map((one) => quoteName(one.name));
  // REFRESH … CONCURRENTLY asks for a unique index.
  const unique = view.isMaterialised && keys.length > 0 ? [`CREATE UNIQUE INDEX ${quoteName(`${view.name}_key`)} ON ${name} (${keys.join(", ")})`] : [];
  const forward = [`CREATE ${kind} ${name} AS ${view.query}`, ...unique];
  const reverse = [`DROP ${kind} IF EXISTS ${name}`];
  const place = placeOf(input, beside);
  if ("why" in place) return sqlFix(title, { forward, reverse, isTransactional: true }, place.why);
  const { module, source } = place;
  const text = source.text(module.ir.file);
  const code = writeInModule(module, text, modelCode(view, styleOf(text).step));
  const end = text.trimEnd().length;
  const state: PythonCode = (nameIn) => {
    const fields = view.columns.map((one) => `(${pythonString(one.name)}, ${fieldText(one)(nameIn)})`).join(", ");
    return `name=${pythonString(view.model)}, fields=[${fields}], options={"db_table": ${pythonString(view.name)}, "managed": False}`;
  };
  return migrationFix({
    title,
    place,
    edits: [...code.edits, insertion(module.ir.file, end, `\n\n\n${code.text}`)],
    steps: [{ slug: `add_${view.name}`, isAtomic: true, operations: [runSql(forward, reverse), operation("CreateModel", state)] }],
    plan: {
      lock: "ACCESS SHARE on the tables that it reads",
      duration: view.isMaterialised ? "as long as its query takes" : CATALOG_ONLY,
      rollback: "Migrate back: the view is dropped; the tables that it reads stay as they are.",
    },
  });
}

function fieldText({ field, isKey }: ViewColumn): PythonCode {
  const [, type = field, args = ""] = /^(\w+)\(([\s\S]*)\)$/.exec(field) ?? [];
  const all = [args, ...(isKey === true ? ["primary_key=True"] : [])].filter((one) => one !== "").join(", ");
  return (nameIn) => `${nameIn("django.db.models", type)}(${all})`;
}

function modelCode({ model, columns, name }: ViewSpec, step: string): PythonCode {
  return (nameIn) => {
    const fields = columns.map((one) => `${step}${one.name} = ${fieldText(one)(nameIn)}`).join("\n");
    return `class ${model}(${nameIn("django.db.models", "Model")}):\n${fields}\n\n${step}class Meta:\n${step}${step}managed = False\n${step}${step}db_table = ${pythonString(name)}`;
  };
}
