/**
 * `if key not in seen: seen[key] = …`: the first row of each key comes to what stands there, the others find what it left.
 * `if self.kept is None: self.kept = …` keeps one answer for all of them.
 */
import type { Expr, FunctionDef, Handler, Lambda, Stmt, Try } from "../model/index.ts";
import { isNoneLiteral, nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";
import { conditionKey } from "./conditions.ts";
import { lookUp, type Frame } from "./frame.ts";
import type { Value } from "./values.ts";

/** A place of a dictionary, a set or a list that the code fills as it goes; without a key, an attribute that holds the whole. */
interface Memory {
  readonly container: Expr;
  readonly key: Expr | null;
}

/** What is asked of a memory, and the answer with which nothing was kept. */
interface Asked extends Memory {
  readonly missed: boolean;
}

/** What the code keeps is there for good; a cache has nothing at first, and forgets in time. */
type Filling = "kept" | "cached";

interface Filled extends Memory {
  readonly by: Filling;
}

/** Does a test that holds, or does not, lead to where a memory is filled that had nothing for the key, and which? */
export function fillingOf(test: Expr, holds: boolean, body: readonly Stmt[], frame: Frame): Filling | null {
  const known = (holds ? filledAfter : filledOtherwise).get(test);
  const memories = known ?? askedBy(test, holds, frame).flatMap((one) => (one.missed === holds ? filledIn(one, body) : []));
  if (known === undefined) (holds ? filledAfter : filledOtherwise).set(test, memories);
  return memories.find((one) => outlivesRound(one, frame))?.by ?? null;
}

/** Memories that are filled where a test holds, and where it does not: its text says so once for all. */
const filledAfter = new WeakMap<Expr, readonly Filled[]>();
const filledOtherwise = new WeakMap<Expr, readonly Filled[]>();

/** `try: return seen[key]`, `except KeyError: seen[key] = …`. */
export function isFillingAfter({ body }: Try, handler: Handler, rest: readonly Stmt[], frame: Frame): boolean {
  if (!isKeyError(handler.type)) return false;
  const reads = body.flatMap((stmt) => nodesIn(stmt)).filter((node) => node.kind === "subscript");
  const filled = [...handler.body, ...rest];
  return reads.some(({ object, index }) => placesOf(object, index).some((one) => outlivesRound(one, frame) && filledIn(one, filled).length > 0));
}

/** Where a key was missed, code may put what belongs there, or what belongs to all keys. */
function placesOf(container: Expr, key: Expr): readonly Memory[] {
  return [
    { container, key },
    { container, key: null },
  ];
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
      if (operator === "in" || operator === "not in") return placesOf(right, test.left).map((one) => ({ ...one, missed: operator === "not in" }));
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
  const asked = expr.kind === "walrus" ? expr.value : expr;
  const memory = expr.kind === "name" ? (namesOfFound(frame.def).get(expr.name) ?? null) : (gotFrom(asked) ?? wholeOf(asked));
  return memory === null ? [] : [{ ...memory, missed }];
}

/** `self.kept`, `hasattr(self, "kept")`, `getattr(self, "kept", None)`. */
function wholeOf(expr: Expr): Memory | null {
  if (expr.kind === "attribute") return { container: expr, key: null };
  if (expr.kind !== "call" || expr.callee.kind !== "name" || !/^(?:has|get)attr$/.test(expr.callee.name)) return null;
  const [object, name, otherwise] = expr.args;
  if (object === undefined || name?.kind !== "str" || (otherwise !== undefined && !isNoneLiteral(otherwise))) return null;
  return { container: { kind: "attribute", object, name: name.value, nameStart: name.start, start: expr.start, end: expr.end }, key: null };
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

function filledIn(memory: Memory, body: readonly Stmt[]): readonly Filled[] {
  const into = conditionKey(memory.container);
  const at = memory.key === null ? null : conditionKey(memory.key);
  if (into === null || (memory.key === null) !== (at === null)) return [];
  for (const node of body.flatMap((stmt) => nodesIn(stmt))) {
    const by = filledBy(node, into, at);
    if (by !== null) return [{ ...memory, by }];
  }
  return [];
}

/** `seen[key] = …`, `seen.add(key)`; `self.kept = …`; `cache.set(key, …)`. */
function filledBy(node: SyntaxNode, into: string, at: string | null): Filling | null {
  if (node.kind === "assign") {
    const isFilled = node.targets.some((one) =>
      one.kind === "subscript"
        ? conditionKey(one.object) === into && conditionKey(one.index) === at
        : at === null && one.kind === "attribute" && conditionKey(one) === into && !isNothing(node.value),
    );
    return isFilled ? "kept" : null;
  }
  if (at === null || node.kind !== "call" || node.callee.kind !== "attribute" || !/^(?:add|append|set|setdefault)$/.test(node.callee.name)) return null;
  const [first] = node.args;
  if (first === undefined || conditionKey(first) !== at || conditionKey(node.callee.object) !== into) return null;
  return node.callee.name === "set" ? "cached" : "kept";
}

/** Who empties a memory asks again. */
function isNothing(value: Expr | null): boolean {
  return (
    value === null || isNoneLiteral(value) || (value.kind === "dict" && value.entries.length === 0) || (value.kind === "sequence" && value.items.length === 0)
  );
}

/** A memory that each round makes anew, or that each row has of its own, remembers nothing of the rounds before. */
function outlivesRound({ container, key }: Memory, frame: Frame): boolean {
  const lasts = key === null ? lifetimeOfHolder(container, frame) : lifetime(container, frame);
  return lasts === "process" || (lasts === "rounds" && (key === null || !isOwnKey(key, frame)));
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

/** What holds the whole was there before the rounds, or each round has one of its own. */
function lifetimeOfHolder(container: Expr, frame: Frame): "process" | "rounds" | null {
  if (container.kind !== "attribute" || container.object.kind !== "name") return null;
  const binding = lookUp(frame.env, container.object.name);
  if (binding === null) return "process";
  const { value: holder } = binding;
  if (holder.kind === "class") return "process";
  if (holder.kind === "row") return holder.loop === null && !holder.model.fields.has(container.name) ? "rounds" : null;
  return holder.kind === "object" && holder.id <= (frame.loop?.id ?? Number.POSITIVE_INFINITY) ? "rounds" : null;
}

/** No two rows have one primary key: each of them is the first of its own. */
function isOwnKey(key: Expr, frame: Frame): boolean {
  const name = key.kind === "attribute" && /^(?:pk|id)$/.test(key.name) ? key.object : key;
  if (name.kind !== "name") return false;
  const value = lookUp(frame.env, name.name)?.value;
  return value?.kind === "row" && value.path === "" && value.loop !== null;
}
