import type { Call, Expr, If, Import, Stmt, Subscript } from "../model/ir.ts";
import type { Span } from "../model/span.ts";
import {
  addValues,
  type ConstantDict,
  type ConstantScope,
  type ConstantValue,
  evaluateConstant,
  evaluateEither,
  isDict,
  joinDicts,
  isList,
  listOf,
  uniteLists,
  withKey,
} from "./constant.ts";
import { dottedName } from "./program-scope.ts";

/** The values of names at one point of a body; the walk fills them in. */
export type MutableValues = Map<string, ConstantValue>;

/** What the walk over a body needs to know of the world around it. */
export interface WalkHost {
  /** Names that `values` lacks: imported ones and dotted chains. */
  readonly scope: (values: MutableValues) => ConstantScope;
  /** Values that `from x import *` brings. */
  readonly star: (stmt: Import) => ReadonlyMap<string, ConstantValue>;
  /** Bodies of the files that django-split-settings' `include(pattern)` means. */
  readonly included: (pattern: string) => readonly (readonly Stmt[])[];
}

const longestLoop = 200;
const deepestInclude = 8;

/** Follows assignments in source order. Both branches of an `if` are taken, and their lists united. */
export function walkConstants(body: readonly Stmt[], values: MutableValues, host: WalkHost, depth = 0): void {
  const walk: Walk = { values, host, scope: host.scope(values), depth };
  for (const stmt of body) visit(walk, stmt);
}

interface Walk {
  readonly values: MutableValues;
  readonly host: WalkHost;
  readonly scope: ConstantScope;
  readonly depth: number;
}

function visitAll(walk: Walk, body: readonly Stmt[]): void {
  for (const stmt of body) visit(walk, stmt);
}

function visit(walk: Walk, stmt: Stmt): void {
  switch (stmt.kind) {
    case "assign":
      if (stmt.value) assignAll(walk, stmt.targets, evaluateConstant(stmt.value, walk.scope), stmt.value);
      break;
    case "augment":
      augment(walk, stmt.target, stmt.value);
      break;
    case "expr":
      if (stmt.value.kind === "call") visitCall(walk, stmt.value);
      break;
    case "import":
      visitImport(walk, stmt);
      break;
    case "if":
      visitIf(walk, stmt);
      break;
    case "try":
      visitBranches(walk, [...stmt.handlers.map((each) => each.body), [...stmt.body, ...stmt.otherwise]]);
      visitAll(walk, stmt.finally);
      break;
    case "with":
      visitAll(walk, stmt.body);
      break;
    case "for":
      visitFor(walk, stmt.target, evaluateConstant(stmt.iterable, walk.scope), stmt.body);
      break;
    default:
      break;
  }
}

/** Where the environment is known, what asks for it decides; elsewhere any branch may be taken. */
function visitIf(walk: Walk, stmt: If): void {
  const isTrue = walk.scope.decide?.(stmt.test) ?? (walk.scope.environment === undefined ? undefined : evaluateTest(stmt.test, walk.scope));
  if (isTrue === undefined) visitBranches(walk, [stmt.then, stmt.otherwise]);
  else visitAll(walk, isTrue ? stmt.then : stmt.otherwise);
}

/** `DB == "postgres"`, `DB in ["mysql", "mariadb"]`; undefined for anything less plain. */
function evaluateTest(test: Expr, scope: ConstantScope): boolean | undefined {
  if (test.kind !== "compare" || test.rights.length !== 1 || test.rights[0] === undefined) return undefined;
  const left = evaluateConstant(test.left, scope);
  const right = evaluateConstant(test.rights[0], scope);
  if (left === undefined || right === undefined || isList(left) || isDict(left)) return undefined;
  const [operator] = test.operators;
  if (operator === "==" || operator === "!=") return isList(right) || isDict(right) ? undefined : (left === right) === (operator === "==");
  if ((operator === "in" || operator === "not in") && isList(right) && right.isComplete) return right.items.includes(left) === (operator === "in");
  return undefined;
}

function assignAll(walk: Walk, targets: readonly Expr[], value: ConstantValue | undefined, from: Expr | null): void {
  for (const target of targets) assign(walk, target, value, from);
}

function assign(walk: Walk, target: Expr, value: ConstantValue | undefined, from: Expr | null): void {
  if (target.kind === "name") assignName(walk.values, target.name, value);
  else if (target.kind === "sequence" && isList(value)) {
    for (const [index, item] of target.items.entries()) assign(walk, item, value.items[index], null);
  } else if (target.kind === "subscript") assignKey(walk, target, value, from);
}

/** `DATABASES["default"]["CONN_MAX_AGE"] = 60`, to any depth. */
function assignKey(walk: Walk, target: Subscript, value: ConstantValue | undefined, from: Expr | null): void {
  const place = afterDefault(walk, target.object);
  const object = evaluateConstant(place, walk.scope);
  const key = evaluateConstant(target.index, walk.scope);
  if (!isDict(object) || typeof key !== "string" || (value === undefined && walk.scope.file === undefined)) return;
  replaceDict(walk, place, withKey(object, key, value, spanOf(walk, target.start, from?.end ?? target.end), from));
}

/** `entry.setdefault("OPTIONS", {})` is `entry["OPTIONS"]` from then on. */
function afterDefault(walk: Walk, place: Expr): Expr {
  const [index] = place.kind === "call" ? place.args : [];
  if (place.kind !== "call" || place.callee.kind !== "attribute" || place.callee.name !== "setdefault" || index === undefined) return place;
  updateDict(walk, place, place.callee.object);
  return { kind: "subscript", object: place.callee.object, index, start: place.start, end: place.end };
}

/** Puts a changed dictionary where the old one was. */
function replaceDict(walk: Walk, place: Expr, dict: ConstantDict): void {
  if (place.kind === "name") walk.values.set(place.name, dict);
  else if (place.kind === "subscript") {
    const outer = evaluateConstant(place.object, walk.scope);
    const key = evaluateConstant(place.index, walk.scope);
    if (!isDict(outer) || typeof key !== "string") return;
    const known = outer.written?.keys.get(key);
    replaceDict(walk, place.object, withKey(outer, key, dict, known?.span ?? dict.written?.at, known?.value ?? null));
  }
}

function spanOf({ scope: { file } }: Walk, start: number, end: number): Span | undefined {
  return file === undefined ? undefined : { file, start, end };
}

/** A list rebuilt in a way that cannot be followed (`X = dedupe(X)`) still says most of it. */
function assignName(values: MutableValues, name: string, value: ConstantValue | undefined): void {
  const before = values.get(name);
  if (value !== undefined) values.set(name, value);
  else if (isList(before)) values.set(name, listOf(before.items, false));
  else values.delete(name);
}

function augment(walk: Walk, target: Expr, value: Expr): void {
  if (target.kind !== "name") return;
  const before = walk.values.get(target.name) ?? walk.scope.lookup(target.name);
  const sum = addValues(before, evaluateConstant(value, walk.scope));
  if (sum !== undefined) walk.values.set(target.name, sum);
}

/** Lists of the branches are united; of other values the last branch's stands. */
function visitBranches(walk: Walk, branches: readonly (readonly Stmt[])[]): void {
  const { values } = walk;
  const before = new Map(values);
  for (const branch of branches) {
    const after = new Map(values);
    for (const [name, value] of before) values.set(name, value);
    visitAll(walk, branch);
    for (const [name, value] of after) {
      const now = values.get(name);
      const isUntouched = now === before.get(name);
      const joined = isUntouched && !isList(now) ? value : evaluateEither(value, now);
      if (joined !== undefined) values.set(name, joined);
    }
  }
}

/** `INSTALLED_APPS.append("x")`, `.extend`, `.insert`, and django-split-settings' `include("base.py")`. */
function visitCall(walk: Walk, call: Call): void {
  const { callee } = call;
  if (callee.kind === "name" && callee.name === "include") includeFiles(walk, call);
  if (callee.kind !== "attribute") return;
  if (callee.name === "update" || callee.name === "setdefault") updateDict(walk, call, callee.object);
  if (callee.object.kind !== "name") return;
  const { name } = callee.object;
  const list = walk.values.get(name) ?? walk.scope.lookup(name);
  const last = call.args.at(-1);
  const value = last && evaluateConstant(last, walk.scope);
  if (!isList(list) || value === undefined) return;
  if (["append", "insert", "add"].includes(callee.name)) {
    walk.values.set(name, listOf([...list.items, value], list.isComplete));
  } else if (["extend", "update"].includes(callee.name) && isList(value)) {
    walk.values.set(name, uniteLists(list, value));
  }
}

/** `DATABASES["default"].update(CONN_MAX_AGE=60)`, and `setdefault` of one key. */
function updateDict(walk: Walk, call: Call, place: Expr): void {
  const object = evaluateConstant(place, walk.scope);
  if (!isDict(object)) return;
  const [first, second] = call.args;
  if (call.callee.kind === "attribute" && call.callee.name === "setdefault") {
    const key = first && evaluateConstant(first, walk.scope);
    if (typeof key !== "string" || second === undefined || object.entries.has(key)) return;
    replaceDict(walk, place, withKey(object, key, evaluateConstant(second, walk.scope), spanOf(walk, call.start, call.end), second));
    return;
  }
  const brought = evaluateConstant({ ...call, callee: { kind: "name", name: "dict", start: call.start, end: call.start } }, walk.scope);
  if (isDict(brought)) replaceDict(walk, place, joinDicts(object, brought));
}

/** `include("components/*.py", optional("local.py"))`. */
function includeFiles(walk: Walk, call: Call): void {
  if (walk.depth > deepestInclude) return;
  for (const arg of call.args) {
    const isOptional = arg.kind === "call" && dottedName(arg.callee) === "optional";
    const pattern = evaluateConstant(isOptional ? (arg.args[0] ?? arg) : arg, walk.scope);
    if (typeof pattern !== "string") continue;
    for (const body of walk.host.included(pattern)) walkConstants(body, walk.values, walk.host, walk.depth + 1);
  }
}

function visitImport(walk: Walk, stmt: Import): void {
  for (const { name, alias } of stmt.names) {
    if (name !== "*") walk.values.delete(alias ?? name.split(".", 1)[0] ?? name);
    else for (const [each, value] of walk.host.star(stmt)) walk.values.set(each, value);
  }
}

function visitFor(walk: Walk, target: Expr, list: ConstantValue | undefined, body: readonly Stmt[]): void {
  if (!isList(list) || list.items.length > longestLoop) {
    visitAll(walk, body);
    return;
  }
  for (const item of list.items) {
    assign(walk, target, item, null);
    visitAll(walk, body);
  }
}
