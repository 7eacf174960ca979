import type { Expr } from "../model/ir.ts";
import type { ClassInfo, ExternalSymbol, Member, Program, PythonModule, Symbol } from "../model/project.ts";
import type { ModuleTable } from "./resolve-module.ts";
import type { NameResolver } from "./resolve.ts";

/** What expressions stand for: `models.Model`, `Base[int]`, names of an enclosing class body, aliases. */
export interface ExpressionResolver {
  /** `holder` is the class in whose body the expression stands. */
  resolveExpression(module: PythonModule, expr: Expr, holder?: ClassInfo | null): Symbol | null;
  /** `Base = package.Base` and `Base = Base[int]` lead on to what they name. */
  followAlias(symbol: Symbol | null): Symbol | null;
}

const aliasDepth = 12;

export function createExpressionResolver(table: ModuleTable, names: NameResolver, member: (cls: ClassInfo, name: string) => Member | null): ExpressionResolver {
  const resolveExpression = (module: PythonModule, expr: Expr, holder: ClassInfo | null = null, depth = 0): Symbol | null => {
    if (depth > aliasDepth) return null;
    switch (expr.kind) {
      case "name":
        return ofName(module, expr.name, holder);
      case "attribute": {
        const object = followAlias(resolveExpression(module, expr.object, holder, depth + 1), depth + 1);
        return object && ofAttribute(module, object, expr.name);
      }
      case "subscript":
        return resolveExpression(module, expr.object, holder, depth + 1);
      case "conditional":
        return resolveExpression(module, expr.then, holder, depth + 1) ?? resolveExpression(module, expr.otherwise, holder, depth + 1);
      default:
        return null;
    }
  };

  const ofName = (module: PythonModule, name: string, holder: ClassInfo | null): Symbol | null => {
    const own = holder?.members.get(name)?.findLast((each) => !readsItself(each, name));
    return own ? names.ofDefinition(module, name, own) : names.resolve(module, name);
  };

  const ofAttribute = (from: PythonModule, object: Symbol, name: string): Symbol | null => {
    if (object.kind === "module") {
      const symbol = names.attribute(object.module, name);
      return symbol ?? external(`${object.module.name}.${name}`);
    }
    if (object.kind === "class") {
      const found = member(object.cls, name);
      return found && names.ofDefinition(found.owner.module, name, found.definition);
    }
    if (object.kind !== "external") return null;
    const dotted = `${object.name}.${name}`;
    const module = table.find(dotted, from);
    return module ? { kind: "module", module } : external(dotted);
  };

  const followAlias = (symbol: Symbol | null, depth = 0): Symbol | null => {
    let current = symbol;
    for (let step = depth; current?.kind === "variable" && step < aliasDepth; step += 1) {
      const { module, values } = current;
      const next = values
        .toReversed()
        .map((value) => resolveExpression(module, value, null, step + 1))
        .find((each) => each !== null && each !== current);
      if (!next) return current;
      current = next;
    }
    return current;
  };

  return { resolveExpression, followAlias };
}

/** `Meta = Meta` in a class body means the outer name. */
function readsItself(definition: { kind: string; value?: Expr | null }, name: string): boolean {
  return definition.kind === "variable" && definition.value?.kind === "name" && definition.value.name === name;
}

function external(name: string): ExternalSymbol {
  return { kind: "external", name };
}

/** The part of a program that reads expressions; `ResolvedProgram` of `program.ts` has it. */
export type ExpressionProgram = Program & ExpressionResolver;
