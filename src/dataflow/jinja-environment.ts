/** What a project's Jinja2 environment gives its templates: functions and filters that it puts into `globals` and `filters`. */
import type { Expr, FunctionDef, PythonModule, Stmt } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { newEnv, type Frame } from "./frame.ts";
import type { Value } from "./values.ts";

export interface JinjaNames {
  readonly globals: ReadonlyMap<string, Value>;
  readonly filters: ReadonlyMap<string, Value>;
}

const environments = new WeakMap<Engine, JinjaNames>();

/** Names of the function that the `environment` option leads to: `env.globals.update({…})`, `env.filters["name"] = …`. */
export function jinjaNames(engine: Engine): JinjaNames {
  const known = environments.get(engine);
  if (known !== undefined) return known;
  const names = { globals: new Map<string, Value>(), filters: new Map<string, Value>() };
  environments.set(engine, names);
  for (const { environment } of engine.project.templates) {
    const symbol = environment === null ? null : engine.program.resolveDotted(environment);
    if (symbol?.kind === "function" && symbol.module.origin === "project") readBody(engine, symbol.module, symbol.def, names);
  }
  return names;
}

interface Names {
  readonly globals: Map<string, Value>;
  readonly filters: Map<string, Value>;
}

function readBody(engine: Engine, module: PythonModule, def: FunctionDef, names: Names): void {
  const outer = engine.moduleFrame(module);
  const frame: Frame = { ...outer, env: newEnv(outer.env) };
  for (const stmt of def.body) {
    if (stmt.kind === "function" || stmt.kind === "import") engine.execute([stmt], frame);
    for (const [kind, name, value] of entriesOf(stmt)) names[kind].set(name, engine.evaluate(value, frame));
  }
}

type Entry = readonly [kind: keyof Names, name: string, value: Expr];

function entriesOf(stmt: Stmt): readonly Entry[] {
  if (stmt.kind === "assign" && stmt.value !== null) {
    const { value } = stmt;
    return stmt.targets.flatMap((target): readonly Entry[] => {
      const kind = target.kind === "subscript" ? kindOf(target.object) : null;
      return kind !== null && target.kind === "subscript" && target.index.kind === "str" ? [[kind, target.index.value, value]] : [];
    });
  }
  if (stmt.kind !== "expr" || stmt.value.kind !== "call" || stmt.value.callee.kind !== "attribute" || stmt.value.callee.name !== "update") return [];
  const kind = kindOf(stmt.value.callee.object);
  if (kind === null) return [];
  const given = stmt.value.args.flatMap((one) => (one.kind === "dict" ? one.entries : []));
  return [
    ...given.flatMap(({ key, value }): readonly Entry[] => (key?.kind === "str" ? [[kind, key.value, value]] : [])),
    ...stmt.value.keywords.flatMap(({ name, value }): readonly Entry[] => (name === "" ? [] : [[kind, name, value]])),
  ];
}

function kindOf(expr: Expr): keyof Names | null {
  if (expr.kind !== "attribute") return null;
  return expr.name === "globals" || expr.name === "filters" ? expr.name : null;
}
