/** What a statement's text says beyond its shape: what each `$1` is compared with, which functions it calls, whether it writes. */
import { readStatement } from "./statements.ts";

export interface StatementParts {
  /** `read`: nothing but SELECT, without row locks. */
  readonly kind: "read" | "insert" | "update" | "delete" | "lock" | "other";
  /** Names without schema, in lower case. */
  readonly functions: readonly string[];
  readonly tables: readonly { readonly schema: string | null; readonly name: string }[];
  readonly parameters: ReadonlyMap<number, ParameterUse>;
}

export type ParameterUse =
  /** Equal to a column, or one of a list that it is in. */
  | { readonly kind: "column"; readonly table: string; readonly column: string; readonly isArray: boolean }
  /** What SET or VALUES gives a column. */
  | { readonly kind: "set" | "value"; readonly table: string; readonly column: string; readonly row: number }
  | { readonly kind: "limit" | "offset" | "output" }
  | { readonly kind: "unknown"; readonly operator: string };

type Node = Readonly<Record<string, unknown>>;

/** Null where it is no statement, or more than one. */
export async function openStatementReader(): Promise<(sql: string) => StatementParts | null> {
  const { loadModule, parseSync } = await import("libpg-query");
  await loadModule();
  return (sql) => {
    try {
      const [first, ...others] = parseSync(sql).stmts ?? [];
      if (first?.stmt === undefined || others.length > 0 || readStatement(first.stmt) === null) return null;
      return partsOf(first.stmt);
    } catch {
      return null;
    }
  };
}

interface Reading {
  readonly names: Map<string, string>;
  readonly tables: { readonly schema: string | null; readonly name: string }[];
  readonly functions: Set<string>;
  readonly parameters: Map<number, ParameterUse>;
  readonly kinds: Set<string>;
}

function partsOf(statement: Node): StatementParts {
  const reading: Reading = { names: new Map(), tables: [], functions: new Set(), parameters: new Map(), kinds: new Set() };
  visit(statement, (node) => readNames(node, reading));
  visit(statement, (node) => readUses(node, reading));
  visit(statement, (node) => {
    const number = nodeIn(node, "ParamRef")?.["number"];
    if (typeof number === "number" && !reading.parameters.has(number)) reading.parameters.set(number, { kind: "unknown", operator: "" });
  });
  return { kind: kindOf(reading), functions: [...reading.functions], tables: reading.tables, parameters: reading.parameters };
}

function kindOf({ kinds }: Reading): StatementParts["kind"] {
  const [write, ...others] = (["InsertStmt", "UpdateStmt", "DeleteStmt"] as const).filter((one) => kinds.has(one));
  if (others.length > 0) return "other";
  if (write !== undefined) return ({ InsertStmt: "insert", UpdateStmt: "update", DeleteStmt: "delete" } as const)[write];
  return kinds.has("LockingClause") ? "lock" : "read";
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) return value.forEach((one) => visit(one, see));
  if (typeof value !== "object" || value === null) return;
  see(value as Node);
  for (const inner of Object.values(value)) visit(inner, see);
}

// ------------------------------------------------------------------------------------------------------------ names

function readNames(node: Node, { names, tables, functions, kinds }: Reading): void {
  for (const kind of ["InsertStmt", "UpdateStmt", "DeleteStmt", "LockingClause"]) if (kind in node) kinds.add(kind);
  for (const table of [nodeIn(node, "RangeVar"), ...["InsertStmt", "UpdateStmt", "DeleteStmt"].map((kind) => childOf(nodeIn(node, kind), "relation"))]) {
    const name = table?.["relname"];
    if (typeof name !== "string") continue;
    const schema = table?.["schemaname"];
    tables.push({ schema: typeof schema === "string" ? schema : null, name });
    const alias = childOf(table, "alias")?.["aliasname"];
    names.set(typeof alias === "string" ? alias : name, typeof schema === "string" ? `${schema}.${name}` : name);
  }
  const called = stringsOf(nodeIn(node, "FuncCall")?.["funcname"]).at(-1);
  if (called !== undefined) functions.add(called.toLowerCase());
}

function stringsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((one) => {
    const text = nodeIn(one as Node, "String")?.["sval"];
    return typeof text === "string" ? [text] : [];
  });
}

/** The column's table as the statement calls it; null where it does not say which of several. */
function columnOf(expression: unknown, { names }: Reading): { readonly table: string; readonly column: string } | null {
  const fields = stringsOf(nodeIn(bare(expression), "ColumnRef")?.["fields"]);
  const column = fields.at(-1);
  if (column === undefined) return null;
  const given = fields.at(-2);
  const only = new Set(names.values()).size === 1 ? [...names.values()][0] : undefined;
  const table = given === undefined ? only : names.get(given);
  return table === undefined ? null : { table, column };
}

/** Without casts. */
function bare(expression: unknown): Node | undefined {
  if (typeof expression !== "object" || expression === null) return undefined;
  const inner = nodeIn(expression as Node, "TypeCast")?.["arg"];
  return inner === undefined ? (expression as Node) : bare(inner);
}

function parametersIn(expression: unknown): number[] {
  const node = bare(expression);
  const number = nodeIn(node, "ParamRef")?.["number"];
  if (typeof number === "number") return [number];
  const items = nodeIn(node, "List")?.["items"] ?? nodeIn(node, "A_ArrayExpr")?.["elements"];
  return Array.isArray(items) ? items.flatMap((one) => parametersIn(one)) : [];
}

// ------------------------------------------------------------------------------------------------------------ uses

function readUses(node: Node, reading: Reading): void {
  readComparison(nodeIn(node, "A_Expr"), reading);
  readSelect(nodeIn(node, "SelectStmt"), reading);
  readUpdate(nodeIn(node, "UpdateStmt"), reading);
  readInsert(nodeIn(node, "InsertStmt"), reading);
}

function note({ parameters }: Reading, expression: unknown, use: ParameterUse): void {
  for (const number of parametersIn(expression)) if (!parameters.has(number)) parameters.set(number, use);
}

const EQUAL: ReadonlySet<unknown> = new Set(["AEXPR_OP", "AEXPR_IN", "AEXPR_OP_ANY"]);

function readComparison(comparison: Node | undefined, reading: Reading): void {
  if (comparison === undefined) return;
  const operator = stringsOf(comparison["name"]).at(-1) ?? "";
  const { lexpr, rexpr, kind } = comparison;
  for (const [side, other] of [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ] as const) {
    const column = columnOf(other, reading);
    const isEqual = operator === "=" && EQUAL.has(kind) && column !== null;
    const single = nodeIn(bare(side), "ParamRef") !== undefined;
    note(reading, side, isEqual ? { kind: "column", ...column, isArray: kind === "AEXPR_OP_ANY" && single } : { kind: "unknown", operator });
  }
}

function readSelect(select: Node | undefined, reading: Reading): void {
  note(reading, select?.["limitCount"], { kind: "limit" });
  note(reading, select?.["limitOffset"], { kind: "offset" });
  for (const target of listIn(select, "targetList")) note(reading, nodeIn(target, "ResTarget")?.["val"], { kind: "output" });
}

function readUpdate(update: Node | undefined, reading: Reading): void {
  const table = tableName(childOf(update, "relation"));
  for (const target of listIn(update, "targetList")) {
    const set = nodeIn(target, "ResTarget");
    if (typeof set?.["name"] === "string") note(reading, set["val"], { kind: "set", table, column: set["name"], row: 0 });
  }
}

function readInsert(insert: Node | undefined, reading: Reading): void {
  const table = tableName(childOf(insert, "relation"));
  const columns = listIn(insert, "cols").map((one) => nodeIn(one, "ResTarget")?.["name"]);
  const source = nodeIn(childOf(insert, "selectStmt"), "SelectStmt");
  for (const [row, values] of listIn(source, "valuesLists").entries()) {
    for (const [place, value] of listIn(nodeIn(values, "List"), "items").entries()) {
      const column = columns[place];
      if (typeof column === "string") note(reading, value, { kind: "value", table, column, row });
    }
  }
}

function tableName(table: Node | undefined): string {
  const [schema, name] = [table?.["schemaname"], table?.["relname"]];
  return `${typeof schema === "string" ? `${schema}.` : ""}${typeof name === "string" ? name : ""}`;
}

function nodeIn(node: Node | undefined, kind: string): Node | undefined {
  const inner = node?.[kind];
  return typeof inner === "object" && inner !== null ? (inner as Node) : undefined;
}

const childOf = nodeIn;

function listIn(node: Node | undefined, name: string): readonly Node[] {
  const list = node?.[name];
  return Array.isArray(list) ? (list as readonly Node[]) : [];
}
