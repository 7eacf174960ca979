import type { Expr, Import, Stmt } from "../model/ir.ts";
import type { ClassInfo, PythonModule } from "../model/project.ts";
import { type ConstantScope, type ConstantValue, evaluateConstant, isDict } from "./constant.ts";
import { joinPath, parentPath, rootMark } from "./constant-path.ts";
import { type MutableValues, walkConstants, type WalkHost } from "./constant-walk.ts";
import type { ResolvedProgram } from "./program.ts";
import { absoluteModule } from "./program-scope.ts";

export type Values = ReadonlyMap<string, ConstantValue>;

/** Evaluates modules and class bodies without running them. Each module is read once. */
export interface ConstantReader {
  module(module: PythonModule): Values;
  /** The attributes of a class, inherited ones included. */
  classBody(cls: ClassInfo): Values;
  /** One expression as it stands in a module. */
  expression(module: PythonModule, expr: Expr): ConstantValue | undefined;
}

/** `environment`: variables that settings may read; without it they get the defaults that the source writes. */
export function createConstantReader(program: ResolvedProgram, environment?: (name: string) => string | undefined): ConstantReader {
  const done = new Map<PythonModule, MutableValues>();
  const classes = new Map<ClassInfo, MutableValues>();

  /** Modules that import each other see what the other knows so far, as in Python. */
  const readModule = (module: PythonModule): Values => {
    const known = done.get(module);
    if (known) return known;
    const values: MutableValues = new Map([
      ["__file__", `${rootMark}/${module.ir.file}`],
      ["__name__", module.name],
    ]);
    done.set(module, values);
    walkConstants(module.ir.body, values, hostOf(module));
    return values;
  };

  const readClass = (cls: ClassInfo): Values => {
    const known = classes.get(cls);
    if (known) return known;
    const values: MutableValues = new Map();
    classes.set(cls, values);
    for (const owner of program.mro(cls).toReversed()) {
      if ("kind" in owner) continue;
      const around = new Map([...readModule(owner.module), ...values]);
      const own = new Map(around);
      walkConstants(owner.def.body, own, hostOf(owner.module));
      for (const [name, value] of own) if (around.get(name) !== value) values.set(name, value);
    }
    return values;
  };

  const hostOf = (module: PythonModule): WalkHost => ({
    scope: (values) => scopeOf(module, values),
    star: (stmt) => starValues(module, stmt),
    included: (pattern) => bodiesMatching(program, joinPath(parentPath(module.ir.file), pattern)),
  });

  const scopeOf = (module: PythonModule, values: Values): ConstantScope => ({
    lookup(dotted) {
      const own = values.get(dotted);
      if (own !== undefined) return own;
      const [first = "", ...rest] = dotted.split(".");
      const head = rest.length > 0 ? values.get(first) : undefined;
      if (isDict(head) && rest.length === 1) return head.entries.get(rest[0] ?? "");
      return head === undefined ? imported(module, first, rest) : undefined;
    },
    ...(environment && { environment }),
  });

  const imported = (module: PythonModule, first: string, rest: readonly string[]): ConstantValue | undefined => {
    let symbol = program.resolve(module, first);
    for (const name of rest) {
      if (symbol?.kind === "class") return readClass(symbol.cls).get(name);
      if (symbol?.kind !== "module") return undefined;
      symbol = program.resolveDotted(`${symbol.module.name}.${name}`);
    }
    return symbol?.kind === "variable" && symbol.module !== module
      ? readModule(symbol.module).get(symbol.name)
      : undefined;
  };

  const starValues = (module: PythonModule, stmt: Import): Values => {
    const source = program.resolveDotted(absoluteModule(module, stmt));
    if (source?.kind !== "module" || source.module === module) return new Map();
    return new Map([...readModule(source.module)].filter(([name]) => !name.startsWith("_")));
  };

  return {
    module: readModule,
    classBody: readClass,
    expression: (module, expr) => evaluateConstant(expr, scopeOf(module, readModule(module))),
  };
}

/** The project's modules whose file matches a path with `*`, in the order of their paths. */
function bodiesMatching(program: ResolvedProgram, pattern: string): readonly (readonly Stmt[])[] {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\?]/g, String.raw`\$&`).replaceAll("*", "[^/]*");
  const expression = new RegExp(`^${source}$`);
  return [...program.modules.values()]
    .filter((module) => module.origin === "project" && expression.test(module.ir.file))
    .toSorted((a, b) => (a.ir.file < b.ir.file ? -1 : 1))
    .map((module) => module.ir.body);
}
