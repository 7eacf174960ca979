/**
 * What middleware, decorators and mixins put on requests: `request.event = get_object_or_404(Event, …)` in one file is
 * read as `self.request.event.talks` in another.
 */
import type { ClassInfo, Definition, Expr, FunctionDef, PythonModule, Stmt } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { BARE, loadsTheSame } from "./load-tree.ts";
import { unknownRow } from "./protocols.ts";
import { alternatives, type Value } from "./values.ts";

/** A function or method whose body, or that of a function inside it, sets an attribute of a request. */
export interface RequestSetter {
  readonly module: PythonModule;
  readonly owner: ClassInfo | null;
  readonly def: FunctionDef;
}

export function requestSetters(modules: readonly PythonModule[]): readonly RequestSetter[] {
  return modules.flatMap((module) => settersOf(module, null, module.scope.values()));
}

function settersOf(module: PythonModule, owner: ClassInfo | null, scope: Iterable<readonly Definition[]>): RequestSetter[] {
  return [...scope].flat().flatMap((one) => {
    if (one.kind === "class") return settersOf(module, one.cls, one.cls.members.values());
    return one.kind === "function" && setsRequest(one.def.body) ? [{ module, owner, def: one.def }] : [];
  });
}

function setsRequest(body: readonly Stmt[]): boolean {
  return body.some((stmt) => {
    switch (stmt.kind) {
      case "assign":
        return stmt.targets.some((target) => target.kind === "attribute" && isRequest(target.object));
      case "if":
        return setsRequest(stmt.then) || setsRequest(stmt.otherwise);
      case "for":
      case "while":
        return setsRequest(stmt.body) || setsRequest(stmt.otherwise);
      case "with":
      case "function":
        return setsRequest(stmt.body);
      case "try":
        return [stmt.body, stmt.otherwise, stmt.finally, ...stmt.handlers.map((one) => one.body)].some(setsRequest);
      case "match":
        return stmt.cases.some((one) => setsRequest(one.body));
      default:
        return false;
    }
  });
}

function isRequest(expr: Expr): boolean {
  return (expr.kind === "name" || expr.kind === "attribute") && expr.name === "request";
}

/** Keeps which models' rows the request of the root under way was given, and whether they may have relations loaded; whether that was news. */
export function rememberRequest(engine: Engine): boolean {
  let news = false;
  for (const [name, value] of engine.request?.attrs ?? []) {
    for (const one of alternatives(value)) {
      if (one.kind !== "row") continue;
      const given = engine.requestRows.get(name) ?? new Map<string, boolean>();
      const { label } = one.model;
      news ||= !given.has(label);
      engine.requestRows.set(name, given.set(label, given.get(label) === true || one.withoutCaller || !loadsTheSame(one.load, BARE)));
    }
  }
  return news;
}

/** A row that the request has: where it was fetched is known, and with it whether more than its columns may be there. */
export function rowOfRequest(engine: Engine, label: string, mayBeLoaded: boolean): Value {
  const row = unknownRow(engine, label);
  return row.kind === "row" ? { ...row, withoutCaller: mayBeLoaded } : row;
}
