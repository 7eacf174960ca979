/** `if key not in seen: seen[key] = …`: the first row of each key comes to what stands there, the others find what it left. */
import type { Expr, FunctionDef, Handler, Lambda, Stmt, Try } from "../model/index.ts";
import { isNoneLiteral, nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";
import { conditionKey } from "./conditions.ts";
import { lookUp, type Frame } from "./frame.ts";
import type { Value } from "./values.ts";

/** A place of a dictionary, a set or a list that the code fills as it goes. */
interface Memory {
  readonly container: Expr;
  readonly key: Expr;
}

/** What is asked of a memory, and the answer with which nothing was kept. */
interface Asked extends Memory {
  readonly missed: boolean;
}

/** Does a test that holds, or does not, lead to where a memory is filled that had nothing for the key? */
export function isFilling(test: Expr, holds: boolean, body: readonly Stmt[], frame: Frame): boolean {
  const known = (holds ? filledAfter : filledOtherwise).get(test);
  const memories = known ?? askedBy(test, holds, frame).filter((one) => one.missed === holds && isFilledIn(one, body));
  if (known === undefined) (holds ? filledAfter : filledOtherwise).set(test, memories);
  return memories.some((one) => outlivesRound(one, frame));
}

/** Memories that are filled where a test holds, and where it does not: its text says so once for all. */
const filledAfter = new WeakMap<Expr, readonly Memory[]>();
const filledOtherwise = new WeakMap<Expr, readonly Memory[]>();

/** `try: return seen[key]`, `except KeyError: seen[key] = …`. */
export function isFillingAfter({ body }: Try, handler: Handler, rest: readonly Stmt[], frame: Frame): boolean {
  if (!isKeyError(handler.type)) return false;
  const reads = body.flatMap((stmt) => nodesIn(stmt)).filter((node) => node.kind === "subscript");
  const filled = [...handler.body, ...rest];
  return reads.some(({ object: container, index: key }) => {
    const memory = { container, key };
    return outlivesRound(memory, frame) && isFilledIn(memory, filled);
  });
}

function isKeyError(type: Expr | null): boolean {
  if (type?.kind === "sequence") return type.items.some(isKeyError);
  return type?.kind === "name" && type.name === "KeyError";
}

/** Of `a and b` that holds, what either asks; of `a or b` that does not, too. */
function askedBy(test: Expr, holds: boolean, frame: Frame): readonly Asked[] {
  switch (test.kind) {
    case "not":
      return askedBy(test.operand, !holds, frame).map((one) => ({ ...one, missed: !one.missed }));
    case "bool":
      return holds === (test.operator === "and") ? test.items.flatMap((one) => askedBy(one, holds, frame)) : [];
    case "compare": {
      const [operator] = test.operators;
      const [right, ...others] = test.rights;
      if (right === undefined || others.length > 0) return [];
      if (operator === "in" || operator === "not in") return [{ container: right, key: test.left, missed: operator === "not in" }];
      if (!isNoneLiteral(right)) return [];
      const isEqual = operator === "is" || operator === "==";
      return isEqual || operator === "is not" || operator === "!=" ? foundIn(test.left, isEqual, frame) : [];
    }
    default:
      return foundIn(test, false, frame);
  }
}

/** `seen.get(key)`, or a name for it. */
function foundIn(expr: Expr, missed: boolean, frame: Frame): readonly Asked[] {
  const memory = expr.kind === "name" ? (namesOfFound(frame.def).get(expr.name) ?? null) : gotFrom(expr.kind === "walrus" ? expr.value : expr);
  return memory === null ? [] : [{ ...memory, missed }];
}

function gotFrom(expr: Expr | null): Memory | null {
  if (expr?.kind !== "call" || expr.callee.kind !== "attribute" || expr.callee.name !== "get") return null;
  const [key] = expr.args;
  return key === undefined ? null : { container: expr.callee.object, key };
}

const found = new WeakMap<object, ReadonlyMap<string, Memory>>();

/** `kept = seen.get(key)`: names of a function that hold what a memory gave. */
function namesOfFound(def: FunctionDef | Lambda | null): ReadonlyMap<string, Memory> {
  if (def === null || def.kind === "lambda") return new Map();
  const known = found.get(def);
  if (known !== undefined) return known;
  const names = new Map<string, Memory>();
  for (const node of def.body.flatMap((stmt) => nodesIn(stmt))) {
    const memory = node.kind === "assign" ? gotFrom(node.value) : null;
    if (node.kind !== "assign" || memory === null) continue;
    for (const target of node.targets) if (target.kind === "name") names.set(target.name, memory);
  }
  found.set(def, names);
  return names;
}

function isFilledIn({ container, key }: Memory, body: readonly Stmt[]): boolean {
  const into = conditionKey(container);
  const at = conditionKey(key);
  return into !== null && at !== null && body.some((stmt) => nodesIn(stmt).some((node) => fills(node, into, at)));
}

/** `seen[key] = …`, `seen.add(key)`. */
function fills(node: SyntaxNode, into: string, at: string): boolean {
  if (node.kind === "assign")
    return node.targets.some((one) => one.kind === "subscript" && conditionKey(one.object) === into && conditionKey(one.index) === at);
  if (node.kind !== "call" || node.callee.kind !== "attribute" || !/^(?:add|append|setdefault)$/.test(node.callee.name)) return false;
  const [first] = node.args;
  return first !== undefined && conditionKey(first) === at && conditionKey(node.callee.object) === into;
}

/** A memory that each round makes anew, or that each row has of its own, remembers nothing of the rounds before. */
function outlivesRound({ container, key }: Memory, frame: Frame): boolean {
  const lasts = lifetime(container, frame);
  return lasts === "process" || (lasts === "rounds" && !isOwnKey(key, frame));
}

/** Identities count up: what was made before the loop began is the same in each round. */
function lifetime(container: Expr, frame: Frame): "process" | "rounds" | null {
  const since = frame.loop?.id ?? Number.POSITIVE_INFINITY;
  const isNew = (value: Value | undefined): boolean => (value?.kind === "dict" || value?.kind === "list" || value?.kind === "object") && value.id > since;
  if (container.kind === "name") {
    const binding = lookUp(frame.env, container.name);
    if (binding === null) return "process";
    return isNew(binding.value) ? null : "rounds";
  }
  if (container.kind !== "attribute") return null;
  const { object } = container;
  const holder = object.kind === "name" ? lookUp(frame.env, object.name)?.value : undefined;
  if (holder?.kind === "class" || (object.kind === "attribute" && object.name === "__class__")) return "process";
  if (object.kind === "name" && holder === undefined) return "process";
  if (holder?.kind === "row") return holder.loop === null ? "rounds" : null;
  if (holder?.kind !== "object") return "rounds";
  const set = holder.attrs.get(container.name);
  if (set !== undefined) return isNew(set) ? null : "rounds";
  return holder.cls.members.has(container.name) ? "process" : isNew(holder) ? null : "rounds";
}

/** No two rows have one primary key: each of them is the first of its own. */
function isOwnKey(key: Expr, frame: Frame): boolean {
  const name = key.kind === "attribute" && /^(?:pk|id)$/.test(key.name) ? key.object : key;
  if (name.kind !== "name") return false;
  const value = lookUp(frame.env, name.name)?.value;
  return value?.kind === "row" && value.path === "" && value.loop !== null;
}
