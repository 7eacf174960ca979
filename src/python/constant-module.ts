import type { Call, Expr, FunctionDef, Import, Return, Stmt } from "../model/ir.ts";
import type { ClassInfo, PythonModule, Symbol } from "../model/project.ts";
import { type ConstantScope, type ConstantValue, evaluateConstant, isDict } from "./constant.ts";
import { joinPath, parentPath, rootMark } from "./constant-path.ts";
import { type MutableValues, walkConstants, type WalkHost } from "./constant-walk.ts";
import type { ResolvedProgram } from "./program.ts";
import { absoluteModule, dottedName } from "./program-scope.ts";

export type Values = ReadonlyMap<string, ConstantValue>;

/** Evaluates modules and class bodies without running them. Each module is read once. */
export interface ConstantReader {
  module(module: PythonModule): Values;
  /** The attributes of a class, inherited ones included. */
  classBody(cls: ClassInfo): Values;
  /** One expression as it stands in a module. */
  expression(module: PythonModule, expr: Expr): ConstantValue | undefined;
}

/** How closely a reader looks. */
export interface ConstantReaderOptions extends Pick<ConstantScope, "decide"> {
  /** What a call in that file gives, before it is looked at here. */
  readonly call?: (call: Call, evaluate: (part: Expr) => ConstantValue | undefined, file: string) => ConstantValue | undefined;
  /** Variables that settings may read; without it they get the defaults that the source writes. */
  readonly environment?: (name: string) => string | undefined;
  /** Dictionaries remember where they are written, and functions of the project are followed. */
  readonly isExact?: boolean;
}

export function createConstantReader(program: ResolvedProgram, { environment, isExact = false, call, decide }: ConstantReaderOptions = {}): ConstantReader {
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
    ...(decide && { decide }),
    ...(isExact && { file: module.ir.file, call: (expr, evaluate) => call?.(expr, evaluate, module.ir.file) ?? callFunction(module, expr, evaluate) }),
  });

  let depth = 0;
  /** What a function of the project returns, where it has one way out. */
  const callFunction = (module: PythonModule, expr: Call, evaluate: (part: Expr) => ConstantValue | undefined): ConstantValue | undefined => {
    const dotted = dottedName(expr.callee);
    if (dotted === null || depth >= DEEPEST_CALL) return undefined;
    const [first = "", ...rest] = dotted.split(".");
    const symbol = rest.length === 0 ? program.resolve(module, first) : resolveMember(program, module, first, rest);
    if (symbol?.kind !== "function" || symbol.module.origin !== "project") return undefined;
    const [way, ...others] = symbol.def.body.flatMap(returnsIn);
    if (way === undefined || way.value === null || others.length > 0) return undefined;
    depth += 1;
    const values: MutableValues = new Map([...readModule(symbol.module), ...argumentsOf(symbol.def, expr, evaluate)]);
    walkConstants(symbol.def.body, values, hostOf(symbol.module));
    const result = evaluateConstant(way.value, scopeOf(symbol.module, values));
    depth -= 1;
    return result;
  };

  const imported = (module: PythonModule, first: string, rest: readonly string[]): ConstantValue | undefined => {
    let symbol = program.resolve(module, first);
    for (const name of rest) {
      if (symbol?.kind === "class") return readClass(symbol.cls).get(name);
      if (symbol?.kind !== "module") return undefined;
      symbol = program.resolveDotted(`${symbol.module.name}.${name}`);
    }
    return symbol?.kind === "variable" && symbol.module !== module ? readModule(symbol.module).get(symbol.name) : undefined;
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

const DEEPEST_CALL = 4;

function resolveMember(program: ResolvedProgram, module: PythonModule, first: string, rest: readonly string[]): Symbol | null {
  let symbol = program.resolve(module, first);
  for (const name of rest) {
    if (symbol?.kind !== "module") return null;
    symbol = program.resolveDotted(`${symbol.module.name}.${name}`);
  }
  return symbol;
}

function returnsIn(stmt: Stmt): Return[] {
  if (stmt.kind === "return") return [stmt];
  if (stmt.kind === "if") return [...stmt.then, ...stmt.otherwise].flatMap(returnsIn);
  if (stmt.kind === "with" || stmt.kind === "for" || stmt.kind === "while") return stmt.body.flatMap(returnsIn);
  return stmt.kind === "try" ? [...stmt.body, ...stmt.handlers.flatMap((each) => each.body), ...stmt.otherwise, ...stmt.finally].flatMap(returnsIn) : [];
}

function argumentsOf({ params }: FunctionDef, { args, keywords }: Call, evaluate: (part: Expr) => ConstantValue | undefined): MutableValues {
  const given: MutableValues = new Map();
  for (const [index, { name, default: fallback }] of params.entries()) {
    const said = keywords.find((each) => each.name === name)?.value ?? args[index] ?? fallback;
    const value = said === null ? undefined : evaluate(said);
    if (value !== undefined) given.set(name, value);
  }
  return given;
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
