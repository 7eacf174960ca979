import type { Call, Expr, Import, Stmt } from "../model/ir.ts";
import type { ClassInfo, PythonModule } from "../model/project.ts";
import {
  addValues,
  evaluateConstant,
  evaluateEither,
  isDict,
  isList,
  listOf,
  uniteLists,
  type ConstantScope,
  type ConstantValue,
} from "./constant.ts";
import { joinPath, parentPath, rootMark } from "./constant-path.ts";
import type { ResolvedProgram } from "./program.ts";
import { absoluteModule, dottedName } from "./program-scope.ts";

export type Values = ReadonlyMap<string, ConstantValue>;

/** Evaluates modules and class bodies by walking their statements; both branches of an `if` are taken. */
export interface ConstantReader {
  module(module: PythonModule): Values;
  /** The attributes of a class, inherited ones included. */
  classBody(cls: ClassInfo): Values;
  /** One expression as it stands in a module. */
  expression(module: PythonModule, expr: Expr): ConstantValue | undefined;
}

export function createConstantReader(program: ResolvedProgram): ConstantReader {
  const done = new Map<PythonModule, Map<string, ConstantValue>>();

  const readModule = (module: PythonModule): Map<string, ConstantValue> => {
    const known = done.get(module);
    if (known) return known;
    const values = new Map<string, ConstantValue>([
      ["__file__", `${rootMark}/${module.ir.file}`],
      ["__name__", module.name],
    ]);
    done.set(module, values);
    walk(module, module.ir.body, values);
    return values;
  };

  const scopeOf = (module: PythonModule, values: Values): ConstantScope => ({
    lookup(dotted) {
      const own = values.get(dotted);
      if (own !== undefined) return own;
      const [first = "", ...rest] = dotted.split(".");
      const head = rest.length > 0 ? values.get(first) : undefined;
      if (isDict(head) && rest.length === 1) return head.entries.get(rest[0] ?? "");
      return head === undefined ? imported(module, first, rest) : undefined;
    },
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

  const readClass = (cls: ClassInfo): Values => {
    const values = new Map<string, ConstantValue>();
    for (const owner of program.mro(cls).toReversed()) {
      if ("kind" in owner) continue;
      const around = new Map([...readModule(owner.module), ...values]);
      const own = new Map(around);
      walk(owner.module, owner.def.body, own);
      for (const [name, value] of own) if (around.get(name) !== value) values.set(name, value);
    }
    return values;
  };

  const walk = (module: PythonModule, body: readonly Stmt[], values: Map<string, ConstantValue>): void => {
    const scope = scopeOf(module, values);
    const evaluate = (expr: Expr): ConstantValue | undefined => evaluateConstant(expr, scope);
    const visitAll = (statements: readonly Stmt[]): void => statements.forEach(visit);

    const visit = (stmt: Stmt): void => {
      switch (stmt.kind) {
        case "assign":
          if (stmt.value) for (const target of stmt.targets) assign(target, evaluate(stmt.value));
          break;
        case "augment":
          if (stmt.target.kind === "name") {
            const sum = addValues(values.get(stmt.target.name) ?? scope.lookup(stmt.target.name), evaluate(stmt.value));
            if (sum !== undefined) values.set(stmt.target.name, sum);
          }
          break;
        case "expr":
          if (stmt.value.kind === "call") visitCall(stmt.value);
          break;
        case "import":
          visitImport(stmt);
          break;
        case "if":
          visitBranches([stmt.then, stmt.otherwise]);
          break;
        case "try":
          visitBranches([[...stmt.body, ...stmt.otherwise], ...stmt.handlers.map((each) => each.body)].toReversed());
          visitAll(stmt.finally);
          break;
        case "with":
          visitAll(stmt.body);
          break;
        case "for":
          visitFor(stmt.target, evaluate(stmt.iterable), stmt.body);
          break;
        default:
          break;
      }
    };

    const assign = (target: Expr, value: ConstantValue | undefined): void => {
      if (target.kind === "name") {
        const before = values.get(target.name);
        // A list rebuilt in a way that cannot be followed (`X = dedupe(X)`) still says most of it.
        if (value !== undefined) values.set(target.name, value);
        else if (isList(before)) values.set(target.name, listOf(before.items, false));
        else values.delete(target.name);
      } else if (target.kind === "sequence" && isList(value)) {
        for (const [index, item] of target.items.entries()) assign(item, value.items[index]);
      } else if (target.kind === "subscript" && target.object.kind === "name") {
        const object = values.get(target.object.name);
        const key = evaluate(target.index);
        if (isDict(object) && value !== undefined && typeof key === "string") {
          values.set(target.object.name, { kind: "dict", entries: new Map([...object.entries, [key, value]]) });
        }
      }
    };

    /** Lists of the branches are united; of other values the last branch's stands. */
    const visitBranches = (branches: readonly (readonly Stmt[])[]): void => {
      const before = new Map(values);
      for (const branch of branches) {
        const after = new Map(values);
        for (const [name, value] of before) values.set(name, value);
        visitAll(branch);
        for (const [name, value] of after) {
          const now = values.get(name);
          const isUntouched = now === before.get(name);
          const joined = isUntouched && !isList(now) ? value : evaluateEither(value, now);
          if (joined !== undefined) values.set(name, joined);
        }
      }
    };

    /** `INSTALLED_APPS.append("x")`, `.extend`, `.insert`, and django-split-settings' `include("base.py")`. */
    const visitCall = (call: Call): void => {
      const name = dottedName(call.callee) ?? "";
      if (name === "include") return includeFiles(call);
      if (call.callee.kind !== "attribute" || call.callee.object.kind !== "name") return undefined;
      const list = values.get(call.callee.object.name) ?? scope.lookup(call.callee.object.name);
      const last = call.args.at(-1);
      const value = last && evaluate(last);
      if (!isList(list) || value === undefined) return undefined;
      const method = call.callee.name;
      if (method === "append" || method === "insert" || method === "add") {
        values.set(call.callee.object.name, listOf([...list.items, value], list.isComplete));
      } else if ((method === "extend" || method === "update") && isList(value)) {
        values.set(call.callee.object.name, uniteLists(list, value));
      }
      return undefined;
    };

    const includeFiles = (call: Call): void => {
      const folder = parentPath(module.ir.file);
      for (const arg of call.args) {
        const pattern = evaluate(arg.kind === "call" ? (arg.args[0] ?? arg) : arg);
        if (typeof pattern !== "string") continue;
        for (const other of matching(joinPath(folder, pattern))) {
          walk(other, other.ir.body, values);
        }
      }
    };

    const visitImport = (stmt: Import): void => {
      for (const { name, alias } of stmt.names) {
        if (name === "*") takeAll(stmt);
        else values.delete(alias ?? name.split(".", 1)[0] ?? name);
      }
    };

    const takeAll = (stmt: Import): void => {
      const source = program.resolveDotted(absoluteModule(module, stmt));
      if (source?.kind !== "module" || source.module === module) return;
      for (const [name, value] of readModule(source.module)) {
        if (!name.startsWith("_")) values.set(name, value);
      }
    };

    const visitFor = (target: Expr, list: ConstantValue | undefined, statements: readonly Stmt[]): void => {
      if (!isList(list) || list.items.length > 200) return visitAll(statements);
      for (const item of list.items) {
        assign(target, item);
        visitAll(statements);
      }
      return undefined;
    };

    visitAll(body);
  };

  const matching = (pattern: string): readonly PythonModule[] => {
    const expression = new RegExp(
      `^${pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", "[^/]*")}$`,
    );
    return [...program.modules.values()]
      .filter((module) => module.origin === "project" && expression.test(module.ir.file))
      .toSorted((a, b) => (a.ir.file < b.ir.file ? -1 : 1));
  };

  return {
    module: readModule,
    classBody: readClass,
    expression: (module, expr) => evaluateConstant(expr, scopeOf(module, readModule(module))),
  };
}
