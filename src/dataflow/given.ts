/** What a call hands over where the default is None: a value that the analysis does not know, but that is hardly None. */
import type { Call, Expr, FunctionDef, Lambda, Param, Program } from "../model/index.ts";
import { isNameOf, isNoneLiteral, nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import type { Frame } from "./frame.ts";
import { PRESENT, SET, type UnknownValue } from "./values.ts";

/** Calls that give None where there is nothing. */
const MAY_GIVE_NONE = /^(?:get|first|last|latest|pop|next|getattr|getenv|match|search|fullmatch|find\w*|\w+_or_none)$/;

/**
 * What the argument at this position, or of this name, is for a function that asks whether it was given: no None, and where the function puts one object
 * in its place, true. Null where it may be left out, or nobody asks.
 */
export function asGiven(program: Program, param: Param, call: Call, at: number | string, frame: Frame, def: FunctionDef | Lambda): UnknownValue | null {
  const { args, keywords } = call;
  if (!isNoneLiteral(param.default) || frame.module === null) return null;
  const value = askedFor(def).get(param.name);
  if (value === undefined || args.some(({ kind }) => kind === "star")) return null;
  const arg = typeof at === "number" ? args[at] : keywords.find(({ name }) => name === at)?.value;
  return arg !== undefined && isSomething(arg, functionsAround(program, call, frame)) ? value : null;
}

const asked = new WeakMap<FunctionDef, ReadonlyMap<string, UnknownValue>>();

/** Names that a function compares with None, and those for which it has an object of its own. */
function askedFor(def: FunctionDef | Lambda): ReadonlyMap<string, UnknownValue> {
  if (def.kind === "lambda") return NOTHING;
  const found = asked.get(def);
  if (found !== undefined) return found;
  const names = new Map<string, UnknownValue>();
  for (const node of def.body.flatMap((stmt) => nodesIn(stmt))) {
    if (node.kind === "compare" && node.left.kind === "name" && isNoneLiteral(node.rights[0])) names.set(node.left.name, SET);
    const replaced = replacedByObject(node);
    if (replaced !== null) names.set(replaced, PRESENT);
  }
  asked.set(def, names);
  return names;
}

const NOTHING: ReadonlyMap<string, UnknownValue> = new Map();

/** `if not shop: shop = order.shop`, or `shop = shop or order.shop`: what is an attribute is one object, which is false only where it is None. */
function replacedByObject(node: SyntaxNode): string | null {
  if (node.kind === "if" && node.test.kind === "not" && node.test.operand.kind === "name") {
    const { name } = node.test.operand;
    const isReplaced = node.then.some((stmt) => stmt.kind === "assign" && stmt.value?.kind === "attribute" && isNameOf(stmt.targets[0], name));
    return isReplaced ? name : null;
  }
  if (node.kind !== "assign" || node.value?.kind !== "bool" || node.value.operator !== "or") return null;
  const [first, second] = node.value.items;
  return first?.kind === "name" && second?.kind === "attribute" && isNameOf(node.targets[0], first.name) ? first.name : null;
}

/** From the innermost: a function within another one has the names of both. */
function functionsAround(program: Program, { start, end }: Call, { file }: Frame): readonly FunctionDef[] {
  return pathTo(program, { file, start, end })
    .filter((node) => node.kind === "function")
    .toReversed();
}

function isSomething(expr: Expr, defs: readonly FunctionDef[]): boolean {
  switch (expr.kind) {
    case "name":
      return isNameOfSomething(expr.name, defs);
    case "call": {
      const { callee } = expr;
      return (callee.kind === "name" || callee.kind === "attribute") && !MAY_GIVE_NONE.test(callee.name);
    }
    case "await":
      return isSomething(expr.value, defs);
    case "bool":
      return expr.operator === "or" ? expr.items.slice(-1).every((one) => isSomething(one, defs)) : expr.items.every((one) => isSomething(one, defs));
    case "conditional":
      return isSomething(expr.then, defs) && isSomething(expr.otherwise, defs);
    default:
      return expr.kind === "subscript" || expr.kind === "binary" || expr.kind === "comprehension";
  }
}

/** No parameter that may be left out, and nothing that was looked for. */
function isNameOfSomething(name: string, defs: readonly FunctionDef[]): boolean {
  const [def, ...outer] = defs;
  if (def === undefined) return false;
  const answers = known.get(def) ?? new Map<string, boolean>();
  known.set(def, answers);
  let answer = answers.get(name);
  if (answer !== undefined) return answer;
  answers.set(name, false);
  const param = def.params.find((one) => one.name === name);
  const values = def.body.flatMap((stmt) => nodesIn(stmt)).flatMap((node) => (node.kind === "assign" ? valuesOf(node.targets, node.value, name) : []));
  const isOwn = param !== undefined || values.length > 0;
  answer = isOwn ? (param === undefined || !isNoneLiteral(param.default)) && values.every((one) => isSomething(one, defs)) : isNameOfSomething(name, outer);
  answers.set(name, answer);
  return answer;
}

const known = new WeakMap<FunctionDef, Map<string, boolean>>();

function valuesOf(targets: readonly Expr[], value: Expr | null, name: string): readonly Expr[] {
  return value !== null && targets.some((target) => target.kind === "name" && target.name === name) ? [value] : [];
}
