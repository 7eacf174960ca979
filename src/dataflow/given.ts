/** What a call hands over where the default is None: a value that the analysis does not know, but that is hardly None. */
import type { Call, Expr, FunctionDef, Lambda } from "../model/index.ts";
import { isNoneLiteral, nodesIn } from "../python/syntax-tree.ts";
import type { Frame } from "./frame.ts";

/** Calls that give None where there is nothing. */
const MAY_GIVE_NONE = /^(?:get|first|last|latest|pop|next|getattr|getenv|match|search|fullmatch|find\w*|\w+_or_none)$/;

/** Is the argument at this position, or of this name, more than nothing? */
export function isGiven({ args, keywords }: Call, at: number | string, frame: Frame): boolean {
  if (frame.module === null || args.some(({ kind }) => kind === "star")) return false;
  const arg = typeof at === "number" ? args[at] : keywords.find(({ name }) => name === at)?.value;
  return arg !== undefined && isSomething(arg, frame.def);
}

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
