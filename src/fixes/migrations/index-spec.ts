/** What a new index is: as Django writes it and as SQL. */
import type { Catalog, Database, Model, Table } from "../../model/index.ts";
import { namesDigest } from "../../model/generated-names.ts";
import { conditionCode, conditionSql, type Comparison, type Condition } from "./condition.ts";
import { pythonList, pythonString, type NameIn, type PythonCode } from "./python-code.ts";
import { quoteName, tableRef } from "./sql-text.ts";

export type IndexMethod = "btree" | "gin" | "gist" | "brin" | "hash" | "spgist";

export type IndexKeySpec =
  | { readonly kind: "column"; readonly column: string; readonly descending?: boolean; readonly operatorClass?: string }
  | { readonly kind: "function"; readonly function: "upper" | "lower"; readonly column: string; readonly operatorClass?: string }
  /** `column ->> 'key'`. */
  | { readonly kind: "json-key"; readonly column: string; readonly key: string; readonly operatorClass?: string }
  /** Anything else, written twice. */
  | { readonly kind: "expression"; readonly python: PythonCode; readonly sql: string; readonly operatorClass?: string };

export interface IndexSpec {
  readonly keys: readonly IndexKeySpec[];
  /** `btree` when it is not said. */
  readonly method?: IndexMethod;
  /** Columns of INCLUDE. */
  readonly include?: readonly string[];
  /** All of them must hold: the index is partial. */
  readonly condition?: Condition;
  /** At most 30 characters, Django's limit; made up of the columns when it is not said. */
  readonly name?: string;
  /** Storage parameters: `fillfactor`, `pages_per_range`, `fastupdate`. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
}

const CLASSES: Readonly<Record<IndexMethod, readonly [from: string, name: string]>> = {
  btree: ["django.db.models", "Index"],
  gin: ["django.contrib.postgres.indexes", "GinIndex"],
  gist: ["django.contrib.postgres.indexes", "GistIndex"],
  brin: ["django.contrib.postgres.indexes", "BrinIndex"],
  hash: ["django.contrib.postgres.indexes", "HashIndex"],
  spgist: ["django.contrib.postgres.indexes", "SpGistIndex"],
};

/** Django's `Index.max_name_length`. */
const LONGEST = 30;

/** A free name: the model's, the columns', `idx`, with a few digits where it would be too long or is taken. */
export function indexName({ keys, name, condition }: IndexSpec, table: Pick<Table, "name">, { indexes }: Pick<Catalog, "indexes">): string {
  if (name !== undefined) return name;
  const columns = keys.map((key) => ("column" in key ? key.column.replace(/_id$/, "") : "expr"));
  const words = [table.name.slice(table.name.indexOf("_") + 1), ...columns, ...conditionWords(condition, columns)].join("_");
  const whole = `${words.replaceAll(/\W+/g, "_").replace(/^[_\d]+/, "")}_idx`;
  const digest = namesDigest([table.name, JSON.stringify(keys), JSON.stringify(condition ?? null)], 4);
  const isTaken = indexes.some((one) => one.name === whole);
  return whole.length <= LONGEST && !isTaken ? whole : `${whole.slice(0, LONGEST - 9).replace(/_(?:idx)?$/, "")}_${digest}_idx`;
}

/** Two partial indexes of one column differ in what they ask for. */
function conditionWords(condition: IndexSpec["condition"], columns: readonly string[]): readonly string[] {
  if (condition === undefined) return [];
  const asked = condition.map(({ column }) => column).filter((one) => !columns.includes(one.replace(/_id$/, "")));
  return [...new Set(asked), ...condition.flatMap(valueWords), "part"];
}

const OPERATOR_WORDS: Readonly<Record<string, readonly string[]>> = { "=": [], "<>": ["not"], "<": ["lt"], "<=": ["lte"], ">": ["gt"], ">=": ["gte"] };

/** `status = 'failed'` beside `status = 'new'` and `status <> 'new'`; what holds of most such indexes needs no word. */
function valueWords(test: Comparison): readonly string[] {
  if (!("value" in test)) return "values" in test ? ["in", shortWord(test.values.join("_"))] : test.operator === "is null" ? ["null"] : [];
  if (typeof test.value === "boolean") return test.value === (test.operator === "=") ? [] : ["not"];
  return [...(OPERATOR_WORDS[test.operator] ?? []), shortWord(String(test.value))];
}

/** The value, where it is a short word or number; else digits that no other value has. */
function shortWord(value: string): string {
  return /^\w{1,12}$/.test(value) && value === value.toLowerCase() ? value : namesDigest([value], 4);
}

/** Null where a column is no field of the model. */
export function indexCode(spec: IndexSpec, name: string, fieldOf: (column: string) => string | null): PythonCode | null {
  const fields = [
    ...spec.keys.flatMap((key) => ("column" in key ? [key.column] : [])),
    ...(spec.include ?? []),
    ...(spec.condition ?? []).map((one) => one.column),
  ];
  if (fields.some((column) => fieldOf(column) === null)) return null;
  const named = (column: string): string => fieldOf(column) ?? column;
  const [from, cls] = classOf(spec);
  const condition = spec.condition === undefined ? null : conditionCode(spec.condition, named);
  return (nameIn) => {
    const args = [
      ...keyArguments(spec.keys, named, nameIn),
      `name=${pythonString(name)}`,
      ...(spec.include === undefined ? [] : [`include=${pythonList(spec.include.map(named))}`]),
      ...(condition === null ? [] : [`condition=${condition(nameIn)}`]),
      ...Object.entries(spec.options ?? {}).map(([option, value]) => `${option}=${pythonValue(value)}`),
    ];
    return `${nameIn(from, cls)}(${args.join(", ")})`;
  };
}

/** `models.Index` takes no storage parameters. */
function classOf({ method = "btree", options }: IndexSpec): readonly [from: string, name: string] {
  return method === "btree" && options !== undefined ? ["django.contrib.postgres.indexes", "BTreeIndex"] : CLASSES[method];
}

/** Plain columns go by `fields`, with `opclasses` beside them; anything else makes all of them expressions. */
function keyArguments(keys: readonly IndexKeySpec[], named: (column: string) => string, nameIn: NameIn): readonly string[] {
  if (!keys.every((key) => key.kind === "column")) return keys.map((key) => expressionOf(key, named, nameIn));
  const fields = `fields=${pythonList(keys.map((key) => `${key.descending === true ? "-" : ""}${named(key.column)}`))}`;
  if (keys.every((key) => key.operatorClass === undefined)) return [fields];
  return [fields, `opclasses=${pythonList(keys.map((key) => key.operatorClass ?? ""))}`];
}

function expressionOf(key: IndexKeySpec, named: (column: string) => string, nameIn: NameIn): string {
  const inner = innerOf(key, named, nameIn);
  if (key.operatorClass === undefined) return inner;
  return `${nameIn("django.contrib.postgres.indexes", "OpClass")}(${inner}, name=${pythonString(key.operatorClass)})`;
}

function innerOf(key: IndexKeySpec, named: (column: string) => string, nameIn: NameIn): string {
  if (key.kind === "column") {
    const field = `${nameIn("django.db.models", "F")}(${pythonString(named(key.column))})`;
    return key.descending === true ? `${field}.desc()` : field;
  }
  if (key.kind === "function")
    return `${nameIn("django.db.models.functions", key.function === "upper" ? "Upper" : "Lower")}(${pythonString(named(key.column))})`;
  if (key.kind === "json-key")
    return `${nameIn("django.db.models.fields.json", "KeyTextTransform")}(${pythonString(key.key)}, ${pythonString(named(key.column))})`;
  return key.python(nameIn);
}

function pythonValue(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? String(value) : pythonString(value);
}

export function createIndexSql(spec: IndexSpec, name: string, table: Table, isConcurrent: boolean): string {
  const keys = spec.keys.map(
    (key) =>
      `${keySql(key)}${key.operatorClass === undefined ? "" : ` ${key.operatorClass}`}${key.kind === "column" && key.descending === true ? " DESC" : ""}`,
  );
  const include = spec.include === undefined ? "" : ` INCLUDE (${spec.include.map(quoteName).join(", ")})`;
  const options = Object.entries(spec.options ?? {}).map(([option, value]) => `${option} = ${String(value)}`);
  const settings = options.length === 0 ? "" : ` WITH (${options.join(", ")})`;
  const where = spec.condition === undefined ? "" : ` WHERE ${conditionSql(spec.condition)}`;
  const concurrently = isConcurrent ? " CONCURRENTLY" : "";
  return `CREATE INDEX${concurrently} ${quoteName(name)} ON ${tableRef(table)} USING ${spec.method ?? "btree"} (${keys.join(", ")})${include}${settings}${where}`;
}

function keySql(key: IndexKeySpec): string {
  if (key.kind === "column") return quoteName(key.column);
  if (key.kind === "function") return `${key.function}(${quoteName(key.column)}::text)`;
  if (key.kind === "json-key") return `(${quoteName(key.column)} ->> '${key.key.replaceAll("'", "''")}')`;
  return `(${key.sql})`;
}

/** The field of a column by the name that Django's lists know it by: `customer` for `customer_id`. */
export function fieldNames(database: Database, table: Table, model: Model | null): (column: string) => string | null {
  return (column) => (model === null ? null : (database.fieldOf(table, column)?.name ?? null));
}
