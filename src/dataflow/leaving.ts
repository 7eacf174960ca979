/** Statements that leave a loop run once in it at most, however many rows the loop has; so does what a template asks for in the first round alone. */
import type { Expr, For, FunctionDef, Lambda, Stmt } from "../model/index.ts";
import { isNameOf, nodesIn } from "../python/syntax-tree.ts";
import { boundIn } from "./conditions.ts";
import type { Binding, Frame, Loop } from "./frame.ts";
import { joinAll, type QuerysetValue, type Value } from "./values.ts";

/** Runs a block; from where it is sure to leave the loop, it runs as if it stood behind it. */
export function runBlock(body: readonly Stmt[], frame: Frame, run: (part: readonly Stmt[]) => boolean): boolean {
  const goal = goalOf(body.at(-1), frame);
  if (goal === undefined) return run(body);
  const sure = body.findLastIndex(mayContinue) + 1;
  return run(body.slice(0, sure)) || runOutside(frame, goal, () => run(body.slice(sure)));
}

/** The loop that goes on after the block's last statement; undefined where it does not leave one. */
function goalOf(last: Stmt | undefined, frame: Frame): Loop | null | undefined {
  if (frame.loop === null || last === undefined) return undefined;
  if (last.kind === "return") return loopOfCaller(frame);
  if (last.kind === "raise" && !frame.isGuarded) return loopBeyondRaise(frame);
  return last.kind === "jump" && last.type === "break" ? frame.loop.outer : undefined;
}

/** An exception that no caller handles leaves the callers' loops as well. A handler between two loops of one function is not looked for: the outer one goes on. */
function loopBeyondRaise(frame: Frame): Loop | null {
  let goal = loopOfCaller(frame);
  for (let at = frame.caller; at !== null && goal !== null && !at.isGuarded; at = at.caller) {
    goal = goal.depth === at.depth ? goal.outer : loopOfCaller(at);
    if (goal?.depth === at.depth) break;
  }
  return goal;
}

/** The loop under which the function was called. */
export function loopOfCaller(frame: Frame): Loop | null {
  return frame.caller?.loop ?? null;
}

/** Runs `work` where a test holds: what `{% if forloop.first %}` or `if index == 0:` guards runs in one round. */
export function runWhereHolds<T>(test: Expr, frame: Frame, work: () => T): T {
  return isOfOneRound(test, frame) ? runOutside(frame, frame.loop?.outer ?? null, work) : work();
}

const statements = new WeakMap<Loop, For>();

/** Remembers whose rounds these are. */
export function noteStatement(loop: Loop, stmt: For): void {
  statements.set(loop, stmt);
}

/** It holds in one round of the innermost loop. A loop of Python around a page has no `forloop`. */
export function isOfOneRound(test: Expr, frame: Frame): boolean {
  if (frame.loop === null || frame.loop.depth !== frame.depth) return false;
  if (test.kind === "bool") return test.operator === "and" && test.items.some((one) => isOfOneRound(one, frame));
  const stmt = statements.get(frame.loop);
  if (stmt !== undefined && namesOneRound(test, stmt)) return true;
  return frame.module === null ? isFirstOrLast(test, frame) : isOneCount(test, frame);
}

/** `key == "user"` of the keys of a dictionary, `page.slug == "home"`: a key is met in one round. */
function namesOneRound(test: Expr, { target, iterable, body }: For): boolean {
  if (test.kind !== "compare" || test.operators.length !== 1 || test.operators[0] !== "==" || test.rights[0]?.kind !== "str") return false;
  const { left } = test;
  const first = target.kind === "sequence" ? target.items[0] : target;
  if (left.kind === "name") return isNameOf(first, left.name) && (target === first ? isOverKeys(iterable, left.name, body) : isOverItems(iterable));
  if ((left.kind !== "attribute" && left.kind !== "lookup") || left.object.kind !== "name" || !NAMES_ONE.has(left.name)) return false;
  const { name } = left.object;
  return isNameOf(target, name) || (target.kind === "sequence" && target.items.some((item) => isNameOf(item, name)));
}

const NAMES_ONE: ReadonlySet<string> = new Set(["pk", "id", "slug", "codename"]);

function isOverItems(iterable: Expr): boolean {
  const method = iterable.kind === "call" ? iterable.callee : iterable;
  return (method.kind === "attribute" || method.kind === "lookup") && /^(?:iter)?items$/.test(method.name);
}

/** `for key in rows.keys()`, or `for key in sorted(rows)` where the body reads `rows[key]`. */
function isOverKeys(iterable: Expr, key: string, body: readonly Stmt[]): boolean {
  if (iterable.kind === "call" && iterable.callee.kind === "attribute") return /^(?:iter)?keys$/.test(iterable.callee.name);
  const all = iterable.kind === "call" ? iterable.args[0] : iterable;
  if (all?.kind !== "name") return false;
  return body.some((stmt) =>
    nodesIn(stmt).some((node) => {
      if (node.kind === "subscript") return isNameOf(node.object, all.name) && isNameOf(node.index, key);
      return (
        node.kind === "call" &&
        node.callee.kind === "attribute" &&
        node.callee.name === "get" &&
        isNameOf(node.callee.object, all.name) &&
        isNameOf(node.args[0], key)
      );
    }),
  );
}

/** `forloop.first`, Jinja2's `loop.last`. */
function isFirstOrLast(test: Expr, { language }: Frame): boolean {
  if ((test.kind !== "lookup" && test.kind !== "attribute") || (test.name !== "first" && test.name !== "last")) return false;
  const { object } = test;
  return object.kind === "name" && object.name === (language === "jinja2" ? "loop" : "forloop");
}

/** `index == 0` and `not index`, where the loop counts its rounds so. */
function isOneCount(test: Expr, { def, loop }: Frame): boolean {
  const name = test.kind === "not" ? test.operand : test.kind === "compare" && test.operators.length === 1 && test.operators[0] === "==" ? test.left : null;
  if (name?.kind !== "name" || def === null || (test.kind === "compare" && test.rights[0]?.kind !== "num")) return false;
  return loopsIn(def).some((node) => node.start === loop?.span.start && isCounted(node, name.name));
}

/** `for index in range(count)`, `for index, row in enumerate(rows)`, whose body leaves the name alone. */
function isCounted({ target, iterable, body }: For, name: string): boolean {
  const called = iterable.kind === "call" && iterable.callee.kind === "name" ? iterable.callee.name : "";
  const counter = called === "range" ? target : called === "enumerate" && target.kind === "sequence" ? target.items[0] : undefined;
  return counter?.kind === "name" && counter.name === name && !body.some((stmt) => boundIn(stmt).names.has(name));
}

const loops = new WeakMap<FunctionDef | Lambda, readonly For[]>();

function loopsIn(def: FunctionDef | Lambda): readonly For[] {
  const found = loops.get(def) ?? nodesIn(def).filter((node) => node.kind === "for");
  loops.set(def, found);
  return found;
}

/** Runs `work` under the loop `goal` of those around: rows of the loops that are left are single ones. */
export function runOutside<T>(frame: Frame, goal: Loop | null, work: () => T): T {
  const left = loopsBetween(frame.loop, goal);
  if (left.size === 0) return work();
  const { loop } = frame;
  const { vars } = frame.env;
  const outside = varsOutside(vars, left, goal);
  frame.loop = goal;
  frame.env.vars = new Map(outside);
  const result = work();
  for (const [name, binding] of frame.env.vars) if (outside.get(name) !== binding) vars.set(name, binding);
  frame.env.vars = vars;
  frame.loop = loop;
  return result;
}

function loopsBetween(from: Loop | null, goal: Loop | null): ReadonlySet<number> {
  const between = new Set<number>();
  for (let at = from; at !== null && at !== goal; at = at.outer) between.add(at.id);
  return between;
}

/** Names that held a row of the loop hold the last one behind it. */
export function varsOutside(vars: ReadonlyMap<string, Binding>, left: ReadonlySet<number>, goal: Loop | null): Map<string, Binding> {
  const outside = new Map(vars);
  for (const [name, binding] of vars) {
    const moved = outsideBinding(binding, left, goal);
    if (moved !== binding) outside.set(name, moved);
  }
  return outside;
}

function outsideBinding(binding: Binding, left: ReadonlySet<number>, goal: Loop | null): Binding {
  const value = valueOutside(binding.value, left, goal);
  return value === binding.value ? binding : { ...binding, value };
}

function valueOutside(value: Value, left: ReadonlySet<number>, goal: Loop | null): Value {
  if (value.kind === "row") return value.loop !== null && left.has(value.loop.id) ? { ...value, loop: goal } : value;
  if (value.kind === "union") {
    const values = value.values.map((one) => valueOutside(one, left, goal));
    return values.every((one, index) => one === value.values[index]) ? value : joinAll(values);
  }
  if (value.kind === "queryset") return querysetOutside(value, left, goal);
  if (value.kind !== "list" || value.type !== "tuple" || value.items === null) return value;
  const items = value.items.map((one) => valueOutside(one, left, goal));
  return items.every((one, index) => one === value.items?.[index]) ? value : { ...value, items, element: joinAll(items) };
}

/** `found |= row.tags.all()`: what the rounds put together is asked once, behind the loop. */
function querysetOutside(value: QuerysetValue, left: ReadonlySet<number>, goal: Loop | null): QuerysetValue {
  const { related } = value;
  if (related === null || related.row.loop === null || !left.has(related.row.loop.id)) return value;
  return { ...value, related: { ...related, row: { ...related.row, loop: goal } } };
}

/** Does a loop's body always leave it? */
export function endsAtOnce(body: readonly Stmt[]): boolean {
  const last = body.at(-1);
  const leaves = last?.kind === "return" || last?.kind === "raise" || (last?.kind === "jump" && last.type === "break");
  return leaves && !body.some(mayContinue);
}

/** Can a statement of a loop's body start the next turn? */
function mayContinue(stmt: Stmt): boolean {
  switch (stmt.kind) {
    case "jump":
      return stmt.type === "continue";
    case "if":
      return [...stmt.then, ...stmt.otherwise].some(mayContinue);
    case "with":
      return stmt.body.some(mayContinue);
    case "try":
      return [...stmt.body, ...stmt.otherwise, ...stmt.finally, ...stmt.handlers.flatMap((one) => one.body)].some(mayContinue);
    case "match":
      return stmt.cases.some((one) => one.body.some(mayContinue));
    default:
      return false;
  }
}
