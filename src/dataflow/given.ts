/** What a call hands over where the default is None: a value that the analysis does not know, but that is hardly None. */
import type { Call, Expr, FunctionDef, Lambda, Param } from "../model/index.ts";
import { isNoneLiteral, nodesIn } from "../python/syntax-tree.ts";
import type { Frame } from "./frame.ts";

/** Calls that give None where there is nothing. */
const MAY_GIVE_NONE = /^(?:get|first|last|latest|pop|next|getattr|getenv|match|search|fullmatch|find\w*|\w+_or_none)$/;

/** Does a function ask for None what it was given, and is the argument at this position, or of this name, more than that? */
export function isGiven(param: Param, { args, keywords }: Call, at: number | string, frame: Frame, def: FunctionDef | Lambda): boolean {
  if (!isNoneLiteral(param.default) || frame.module === null || !askedForNone(def).has(param.name)) return false;
  if (args.some(({ kind }) => kind === "star")) return false;
  const arg = typeof at === "number" ? args[at] : keywords.find(({ name }) => name === at)?.value;
  return arg !== undefined && isSomething(arg, frame.def);
}

const asked = new WeakMap<FunctionDef, ReadonlySet<string>>();

/** Names that a function compares with None. */
function askedForNone(def: FunctionDef | Lambda): ReadonlySet<string> {
  if (def.kind === "lambda") return NOTHING;
  const found = asked.get(def);
  if (found !== undefined) return found;
  const names = new Set<string>();
  for (const node of def.body.flatMap((stmt) => nodesIn(stmt)))
    if (node.kind === "compare" && node.left.kind === "name" && isNoneLiteral(node.rights[0])) names.add(node.left.name);
  asked.set(def, names);
  return names;
}

const NOTHING: ReadonlySet<string> = new Set();

function isSomething(expr: Expr, def: FunctionDef | Lambda | null): boolean {
  switch (expr.kind) {
    case "name":
      return isNameOfSomething(expr.name, def);
    case "call": {
      const { callee } = expr;
      return (callee.kind === "name" || callee.kind === "attribute") && !MAY_GIVE_NONE.test(callee.name);
    }
    case "await":
      return isSomething(expr.value, def);
    case "bool":
      return expr.operator === "or" ? expr.items.slice(-1).every((one) => isSomething(one, def)) : expr.items.every((one) => isSomething(one, def));
    case "conditional":
      return isSomething(expr.then, def) && isSomething(expr.otherwise, def);
    default:
      return expr.kind === "subscript" || expr.kind === "binary" || expr.kind === "comprehension";
  }
}

/** No parameter that may be left out, and nothing that was looked for. */
function isNameOfSomething(name: string, def: FunctionDef | Lambda | null): boolean {
  if (def === null || def.kind === "lambda") return false;
  const answers = known.get(def) ?? new Map<string, boolean>();
  known.set(def, answers);
  let answer = answers.get(name);
  if (answer !== undefined) return answer;
  answers.set(name, false);
  const param = def.params.find((one) => one.name === name);
  const values = def.body.flatMap((stmt) => nodesIn(stmt)).flatMap((node) => (node.kind === "assign" ? valuesOf(node.targets, node.value, name) : []));
  answer = (param === undefined || !isNoneLiteral(param.default)) && (param !== undefined || values.length > 0) && values.every((one) => isSomething(one, def));
  answers.set(name, answer);
  return answer;
}

const known = new WeakMap<FunctionDef, Map<string, boolean>>();

function valuesOf(targets: readonly Expr[], value: Expr | null, name: string): readonly Expr[] {
  return value !== null && targets.some((target) => target.kind === "name" && target.name === name) ? [value] : [];
}
