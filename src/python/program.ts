import type { ClassInfo, Program, PythonModule } from "../model/project.ts";
import { createClassResolver } from "./resolve-class.ts";
import { createExpressionResolver, type ExpressionResolver } from "./resolve-expression.ts";
import { withPlainDefinitions } from "./plain-definitions.ts";
import { createModuleTable, type SourceModule } from "./resolve-module.ts";
import { createNameResolver } from "./resolve.ts";

export type { SourceModule } from "./resolve-module.ts";

/** Endings of class names, most telling first, and the class that an unread one of that name is taken for. */
export type StandIns = readonly (readonly [ending: string, dotted: string])[];

/** The dotted name of the class that a function returns, by the function's: what settings decide. */
export type ReturnedClass = (fn: string) => string | null;

/** A program that also says what expressions stand for. */
export interface ResolvedProgram extends Program, ExpressionResolver {}

/**
 * Joins lowered modules to a program. Nothing is resolved before it is asked for.
 *
 * @example
 * const program = buildProgram([{ name: "shop.models", isPackage: false, origin: "project", ir }]);
 * const order = program.resolveDotted("shop.models.Order");
 */
export function buildProgram(sources: readonly SourceModule[], standIns: StandIns = [], returnedClass: ReturnedClass = () => null): ResolvedProgram {
  const table = createModuleTable(withPlainDefinitions(sources));
  const names = createNameResolver(table);
  const classes = createClassResolver({
    reference: (module, expr, holder) => expressions.followAlias(expressions.resolveExpression(module, expr, holder)),
    earlier: (cls) => {
      const before = cls.module.scope.get(cls.name)?.find((each) => each.kind !== "class");
      return before ? expressions.followAlias(names.ofDefinition(cls.module, cls.name, before)) : null;
    },
    dotted: (dotted) => expressions.followAlias(names.resolveDotted(dotted)),
    standIn: (name) => {
      const found = standIns.find(([ending]) => name.endsWith(ending));
      return classNamed(found?.[1] ?? null);
    },
    returned: (fn) => {
      const name = fn?.kind === "function" ? `${fn.module.name}.${fn.def.name}` : fn?.kind === "external" ? fn.name : null;
      return classNamed(name === null ? null : returnedClass(name));
    },
  });
  const classNamed = (dotted: string | null): ClassInfo | null => {
    const symbol = dotted === null ? null : expressions.followAlias(names.resolveDotted(dotted));
    return symbol?.kind === "class" ? symbol.cls : null;
  };
  const expressions = createExpressionResolver(table, names, (cls, name) => classes.member(cls, name));

  let all: readonly ClassInfo[] | undefined;
  return {
    modules: table.modules,
    resolve: (module, name) => names.resolve(module, name),
    resolveDotted: (dotted) => names.resolveDotted(dotted),
    get classes() {
      return (all ??= listClasses(table.modules));
    },
    mro: (cls) => classes.mro(cls),
    isSubclass: (cls, dotted) => classes.isSubclass(cls, dotted),
    member: (cls, name) => classes.member(cls, name),
    resolveExpression: (module, expr, holder) => expressions.resolveExpression(module, expr, holder),
    followAlias: (symbol) => expressions.followAlias(symbol),
  };
}

function listClasses(modules: ReadonlyMap<string, PythonModule>): readonly ClassInfo[] {
  const names = [...modules.keys()].toSorted();
  return names.flatMap((name) => classesIn(modules.get(name)?.scope ?? new Map()));
}

function classesIn(scope: ClassInfo["members"]): readonly ClassInfo[] {
  return [...scope.values()].flat().flatMap((each) => (each.kind === "class" ? [each.cls, ...classesIn(each.cls.members)] : []));
}
