/** What a request runs: functions and classes that the project's URLs name. */
import type { ClassInfo, Deployment, Expr, Program, PythonModule, RuleInput, Said, Span, Symbol } from "../../model/index.ts";
import { callsOf, pathTo } from "../../python/syntax-tree.ts";
import { lastName } from "./blocks.ts";

/** ATOMIC_REQUESTS of the settings that the entry points name; null when it is off, or nothing says. */
export function atomicRequests({ settings }: Deployment): Said<boolean> | null {
  for (const { databases } of settings) {
    const found = databases.find(({ alias }) => alias === "default");
    if (found !== undefined) return found.atomicRequests?.value === true ? found.atomicRequests : null;
  }
  return null;
}

const views = new WeakMap<Program, ReadonlySet<string>>();

/** The place, the head of a function or a class, is a view's, and no decorator takes it out of the request's transaction. */
export function isView(input: RuleInput, head: Span): boolean {
  let known = views.get(input.program);
  if (known === undefined) {
    known = viewsOf(input.program);
    views.set(input.program, known);
  }
  const path = pathTo(input.program, head);
  const def = path.findLast(({ kind }) => kind === "function");
  if (def?.kind === "function" && def.decorators.some((one) => lastName(one) === "non_atomic_requests")) return false;
  return path.some((node) => (node.kind === "function" || node.kind === "class") && known.has(keyOf(head.file, node.start)));
}

const keyOf = (file: string, start: number): string => `${file}:${start}`;

function viewsOf(program: Program): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (symbol: Symbol | null): void => {
    if (symbol?.kind === "function") found.add(keyOf(symbol.module.ir.file, symbol.def.start));
    if (symbol?.kind === "class") for (const cls of program.mro(symbol.cls)) if (isOwnClass(cls)) found.add(keyOf(cls.module.ir.file, cls.def.start));
  };
  for (const module of program.modules.values()) {
    if (module.origin !== "project" || !module.scope.has("urlpatterns")) continue;
    for (const node of callsOf(module.ir)) {
      if (!ROUTES.has(lastName(node.callee))) continue;
      const [, target] = node.args;
      if (target !== undefined) add(targetOf(program, module, target));
    }
  }
  return found;
}

const ROUTES: ReadonlySet<string> = new Set(["path", "re_path", "url", "register"]);

const isOwnClass = (cls: ReturnType<Program["mro"]>[number]): cls is ClassInfo => "def" in cls && cls.module.origin === "project";

/** `views.pay`, `Pay.as_view()`, `csrf_exempt(views.pay)`. */
function targetOf(program: Program, module: PythonModule, expr: Expr): Symbol | null {
  if (expr.kind === "call") {
    const [first] = expr.args;
    if (expr.callee.kind === "attribute" && expr.callee.name === "as_view") return targetOf(program, module, expr.callee.object);
    return first === undefined ? null : targetOf(program, module, first);
  }
  if (expr.kind === "name") return program.resolve(module, expr.name);
  if (expr.kind !== "attribute") return null;
  const object = targetOf(program, module, expr.object);
  return object?.kind === "module" ? program.resolveDotted(`${object.module.name}.${expr.name}`) : null;
}
