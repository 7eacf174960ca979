/** Python doing over a queryset's rows what the database could do: filters, sums and sorts. */
import type { Comprehension, Expr, Fold, For, Stmt } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { lookUp, type Frame } from "./frame.ts";
import { joinPath, projectSite } from "./sites.ts";
import { spanOf } from "./recorder.ts";
import type { CallSite, RowValue, Value } from "./values.ts";

/** `[x for x in rows if x.column == y]`: rows are fetched to be thrown away. */
export function recordComprehensionFold(engine: Engine, expr: Comprehension, frame: Frame): void {
  const [clause] = expr.clauses;
  if (clause === undefined || expr.clauses.length !== 1 || clause.target.kind !== "name") return;
  const row = lookUp(frame.env, clause.target.name)?.value;
  if (row?.kind !== "row") return;
  const target = clause.target.name;
  const columns = clause.conditions.map((one) => ownColumns(one, target, row));
  if (columns.length === 0 || columns.some((one) => one === null)) return;
  emit(engine, "filter", row, spanOf(frame.file, expr), frame, columns.flatMap((one) => one ?? []), "");
}

/** `for x in rows: if x.column …: (the whole body)`. */
export function recordLoopFold(engine: Engine, stmt: For, _source: Value, frame: Frame): void {
  if (stmt.target.kind !== "name") return;
  const row = lookUp(frame.env, stmt.target.name)?.value;
  if (row?.kind !== "row") return;
  const [first] = stmt.body;
  const condition = wholeBodyCondition(stmt.body) ?? skipCondition(first);
  if (condition === null) return;
  const columns = ownColumns(condition, stmt.target.name, row);
  if (columns === null || columns.length === 0) return;
  emit(engine, "filter", row, { file: frame.file, start: stmt.start, end: stmt.headEnd }, frame, columns, "");
}

function wholeBodyCondition(body: readonly Stmt[]): Expr | null {
  const [only] = body;
  return body.length === 1 && only?.kind === "if" && only.otherwise.length === 0 ? only.test : null;
}

function skipCondition(stmt: Stmt | undefined): Expr | null {
  if (stmt?.kind !== "if" || stmt.otherwise.length > 0) return null;
  const [only] = stmt.then;
  return stmt.then.length === 1 && only?.kind === "jump" && only.type === "continue" ? stmt.test : null;
}

/** Columns of the row that a condition reads, when it reads nothing else of the row; null otherwise. */
function ownColumns(expr: Expr, target: string, row: RowValue): string[] | null {
  switch (expr.kind) {
    case "attribute": {
      if (expr.object.kind !== "name" || expr.object.name !== target) return mentions(expr, target) ? null : [];
      const field = row.model.fields.get(expr.name);
      if (field === undefined || field.relation !== null) return null;
      return [joinPath(row.path, expr.name)];
    }
    case "compare":
      return merged([expr.left, ...expr.rights], target, row);
    case "bool":
      return merged(expr.items, target, row);
    case "not":
      return ownColumns(expr.operand, target, row);
    case "name":
      return expr.name === target ? null : [];
    case "str":
    case "num":
    case "constant":
      return [];
    default:
      return mentions(expr, target) ? null : [];
  }
}

function merged(parts: readonly Expr[], target: string, row: RowValue): string[] | null {
  const all = parts.map((one) => ownColumns(one, target, row));
  return all.some((one) => one === null) ? null : all.flatMap((one) => one ?? []);
}

function mentions(expr: Expr, name: string): boolean {
  const seen = JSON.stringify(expr, (key, value: unknown) => (key === "start" || key === "end" ? undefined : value));
  return seen.includes(`"kind":"name","name":${JSON.stringify(name)}`);
}

export function recordFold(engine: Engine, kind: Fold["kind"], source: Value, site: CallSite, key: Value | null, element: Value): void {
  if (source.kind !== "queryset" || element.kind !== "row") return;
  const columns = key === null ? [] : keyColumns(key, element);
  if (columns === null || columns.length === 0) return;
  emit(engine, kind, element, site.span, site.frame, columns, "");
}

function keyColumns(key: Value, row: RowValue): string[] | null {
  if (key.kind !== "function" || key.def.kind !== "lambda") return null;
  const [param] = key.def.params;
  return param === undefined ? null : ownColumns(key.def.body, param.name, row);
}

function emit(
  engine: Engine,
  kind: Fold["kind"],
  row: RowValue,
  span: Fold["span"],
  frame: Frame,
  columns: readonly string[],
  detail: string,
): void {
  const at = projectSite({ span, frame });
  if (row.path !== "" || row.loop === null) return;
  engine.recorder.fold({ kind, origin: row.origin, span: at.span, columns, detail, queryset: 0 });
}
