/** `self._old_status = self.status` in a model's `__init__`, or in a receiver of `post_init`: until code sets the column, the copy is equal to it. */
import type { ClassInfo, Expr, Field, FunctionDef, Model, Stmt } from "../model/index.ts";
import { receiversOf } from "../django/signals.ts";
import type { Engine } from "./engine.ts";
import { lookUp, type Frame } from "./frame.ts";
import { isExternal } from "./frames.ts";
import { joinPath } from "./sites.ts";
import { alternatives, attributesOnly, isFetched, literal, native, UNKNOWN, type RowValue, type Value } from "./values.ts";

const copies = new WeakMap<Model, ReadonlyMap<string, string>>();

/** Columns of a model by the attributes that hold a copy of them since the row was made. */
function copiesOf(engine: Engine, model: Model): ReadonlyMap<string, string> {
  const known = copies.get(model);
  if (known !== undefined) return known;
  const owners = engine.program.mro(model.cls).filter((owner): owner is ClassInfo => !isExternal(owner) && owner.module.origin !== "builtin");
  const found = new Map([
    ...owners.flatMap((owner) => keptBy(owner, model)),
    ...receiversOf(engine.graph, model, ["post_init"]).flatMap(({ def }) => keptByReceiver(def, model)),
  ]);
  copies.set(model, found);
  return found;
}

const TRACKERS: ReadonlySet<string> = new Set(["FieldTracker", "ModelTracker"]);

/** What `__init__` keeps, and what a tracker of django-model-utils does: `tracker = FieldTracker()` has every column under its name. */
function keptBy(owner: ClassInfo, model: Model): [string, string][] {
  const trackers = [...owner.members].flatMap(([name, definitions]) => {
    const last = definitions.at(-1);
    const callee = last?.kind === "variable" && last.value?.kind === "call" ? last.value.callee : null;
    return (callee?.kind === "name" || callee?.kind === "attribute") && TRACKERS.has(callee.name) ? [name] : [];
  });
  const columns = trackers.length === 0 ? [] : [...model.fields.values()].flatMap(columnsOf);
  return [...keptByInit(owner, model), ...trackers.flatMap((name) => columns.map((column): [string, string] => [`${name}.${column}`, column]))];
}

function columnsOf({ name, attname, relation }: Field): string[] {
  return relation === null ? [name] : attname === null ? [] : [attname];
}

function keptByInit(owner: ClassInfo, model: Model): [string, string][] {
  return (owner.members.get("__init__") ?? []).flatMap((one) => (one.kind === "function" ? keptIn(one.def.body, one.def.params[0]?.name, model) : []));
}

/** Its row is the parameter `instance`, or what it takes by that name from its keywords. */
function keptByReceiver({ body, params }: FunctionDef, model: Model): [string, string][] {
  if (params.some(({ name }) => name === "instance")) return keptIn(body, "instance", model);
  const taken = body.find((stmt) => stmt.kind === "assign" && isKeyword(stmt.value, params.find(({ form }) => form === "kwargs")?.name));
  const target = taken?.kind === "assign" ? taken.targets[0] : undefined;
  return target?.kind === "name" ? keptIn(body, target.name, model) : [];
}

/** `kwargs["instance"]`, `kwargs.get("instance")`. */
function isKeyword(value: Expr | null, kwargs: string | undefined): boolean {
  const [of, key] =
    value?.kind === "subscript"
      ? [value.object, value.index]
      : value?.kind === "call" && value.callee.kind === "attribute" && value.callee.name === "get"
        ? [value.callee.object, value.args[0]]
        : [];
  return of?.kind === "name" && of.name === kwargs && key?.kind === "str" && key.value === "instance";
}

function keptIn(body: readonly Stmt[], row: string | undefined, model: Model): [string, string][] {
  return row === undefined ? [] : body.flatMap((stmt) => kept(stmt, row, model));
}

function kept(stmt: Stmt, row: string, model: Model): [string, string][] {
  if (stmt.kind !== "assign") return [];
  const column = attributeOf(stmt.value, row);
  if (column === null || !isColumn(model, column)) return [];
  return stmt.targets.flatMap((target) => {
    const copy = attributeOf(target, row);
    return copy === null || isColumn(model, copy) ? [] : [[copy, column]];
  });
}

function attributeOf(expr: Expr | null, self: string): string | null {
  return expr?.kind === "attribute" && expr.object.kind === "name" && expr.object.name === self ? expr.name : null;
}

function isColumn({ fields }: Model, name: string): boolean {
  const field = fields.get(name);
  return field === undefined ? [...fields.values()].some(({ attname }) => attname === name) : field.relation === null;
}

/** Code sets a column of the row, or any of them: it may be another value than its copy, or than the filter's, from here on. */
export function noteColumnSet(engine: Engine, value: Value, column: string | null): void {
  for (const row of alternatives(value)) {
    if (row.kind !== "row") continue;
    // A relation that is set sets its column.
    const set = column === null ? null : (row.model.fields.get(column)?.attname ?? column);
    for (const one of [...copiesOf(engine, row.model).values(), ...row.load.fixed.keys()]) {
      if (set === null || set === one) (row.origin.columnsSet ??= new Set()).add(joinPath(row.path, one));
    }
  }
}

/** `self._old_status == self.status` of a row that is as it was fetched. */
export function equalsItsCopy(engine: Engine, left: Expr, right: Expr, frame: Frame): boolean {
  const [one, other] = [attributeOfName(left), attributeOfName(right)];
  if (one === null || other === null || one.of !== other.of) return false;
  const row = lookUp(frame.env, one.of)?.value;
  return row?.kind === "row" && (isUnchanged(engine, row, one.name, other.name) || isUnchanged(engine, row, other.name, one.name));
}

/** `row.tracker`, whose `has_changed()` asks no database, and finds a row as it was fetched. */
export function trackerOf(engine: Engine, row: RowValue, name: string): Value | null {
  if (!copiesOf(engine, row.model).has(`${name}.${row.model.primaryKey}`)) return null;
  const hasChanged = native(`tracker.has_changed:${row.id}`, ({ positional: [asked] }) => {
    if (asked?.kind !== "literal" || typeof asked.value !== "string" || row.isBeingCreated === true) return UNKNOWN;
    const column = row.model.fields.get(asked.value)?.attname ?? asked.value;
    return isUnchanged(engine, row, `${name}.${column}`, column) ? literal(false) : UNKNOWN;
  });
  return attributesOnly([["has_changed", hasChanged]]);
}

function attributeOfName(expr: Expr): { readonly of: string; readonly name: string } | null {
  return expr.kind === "attribute" && expr.object.kind === "name" ? { of: expr.object.name, name: expr.name } : null;
}

function isUnchanged(engine: Engine, row: RowValue, copy: string, column: string): boolean {
  if (copiesOf(engine, row.model).get(copy) !== column || row.extra.has(copy)) return false;
  return (isFetched(row) || row.isBeingCreated === true) && !isColumnSet(row, column);
}

/** Code has set a column of such a row, of those that are noted. */
export function isColumnSet(row: RowValue, column: string): boolean {
  return row.origin.columnsSet?.has(joinPath(row.path, column)) === true;
}
