import type { Expr } from "../model/ir.ts";
import type { Definition, PythonModule, Symbol } from "../model/project.ts";
import { isNoneLiteral } from "./syntax-tree.ts";
import type { ModuleTable } from "./resolve-module.ts";
import type { ScopedDefinition } from "./program-scope.ts";
import { isPythonBuiltin } from "./resolve-python-builtin.ts";

type ImportDefinition = Extract<Definition, { kind: "import" }>;

/** What names mean at module level. Memoised; import cycles end in null instead of recursing. */
export interface NameResolver {
  /** The meaning of a name as the module's own code uses it. */
  resolve(module: PythonModule, name: string): Symbol | null;
  /** The meaning of `module.name` from outside: submodules of a package count. */
  attribute(module: PythonModule, name: string): Symbol | null;
  resolveDotted(dotted: string, from?: PythonModule): Symbol | null;
  /** What one definition means, for names of a class or function body. */
  ofDefinition(module: PythonModule, name: string, definition: Definition): Symbol;
}

export function createNameResolver(table: ModuleTable): NameResolver {
  const memo = new Map<PythonModule, Map<string, Symbol | null>>();
  const dottedMemo = new Map<string, Symbol | null>();
  const pending = new Set<string>();
  let cuts = 0;

  const resolve = (module: PythonModule, name: string): Symbol | null => {
    const known = memo.get(module)?.get(name);
    if (known !== undefined) return known;
    const key = `${module.name}\0${name}`;
    if (pending.has(key)) {
      cuts += 1;
      return null;
    }
    const cutsBefore = cuts;
    pending.add(key);
    const symbol = ownSymbol(module, name) ?? starSymbol(module, name);
    pending.delete(key);
    if (cuts === cutsBefore || pending.size === 0) remember(module, name, symbol);
    return symbol;
  };

  const remember = (module: PythonModule, name: string, symbol: Symbol | null): void => {
    const names = memo.get(module);
    if (names) names.set(name, symbol);
    else memo.set(module, new Map([[name, symbol]]));
  };

  const attribute = (module: PythonModule, name: string): Symbol | null => {
    const symbol = resolve(module, name);
    if (symbol && symbol.kind !== "external") return symbol;
    const submodule = table.find(`${module.name}.${name}`, module);
    return submodule ? { kind: "module", module: submodule } : symbol;
  };

  /** The last definition that says something wins; `X = None`, `except` branches and unknown imports yield. */
  const ownSymbol = (module: PythonModule, name: string): Symbol | null => {
    const definitions: readonly ScopedDefinition[] = module.scope.get(name) ?? [];
    let best: Symbol | null = null;
    let bestRank = -1;
    for (const definition of definitions.toReversed()) {
      const symbol = ofDefinition(module, name, definition);
      const rank = strength(symbol) * 2 + (definition.isFallback ? 0 : 1);
      if (rank > bestRank) [best, bestRank] = [symbol, rank];
      if (rank === 5) break;
    }
    // An imported variable has its values where it stands.
    if (best?.kind === "variable" && best.module === module) return joinVariables(best, definitions);
    return best;
  };

  const ofDefinition = (module: PythonModule, name: string, definition: Definition): Symbol => {
    switch (definition.kind) {
      case "class":
        return { kind: "class", cls: definition.cls };
      case "function":
        return { kind: "function", module, def: definition.def };
      case "variable": {
        const values = definition.value ? [definition.value] : [];
        return { kind: "variable", module, name, values, annotation: definition.annotation };
      }
      default:
        return imported(module, definition);
    }
  };

  const imported = (module: PythonModule, { module: from, name }: ImportDefinition): Symbol => {
    const source = table.find(from, module);
    if (name === null) return source ? { kind: "module", module: source } : external(from);
    const symbol = source ? attribute(source, name) : null;
    if (symbol) return symbol;
    const submodule = table.find(`${from}.${name}`, module);
    return submodule ? { kind: "module", module: submodule } : external(`${from}.${name}`);
  };

  const starSymbol = (module: PythonModule, name: string): Symbol | null => {
    const stars = (module.scope.get("*") ?? []).filter((each) => each.kind === "import");
    let unknown: Symbol | null = null;
    for (const star of stars.toReversed()) {
      const source = table.find(star.module, module);
      if (!source) unknown ??= external(`${star.module}.${name}`);
      else if (exportsName(source, name)) {
        const cutsBefore = cuts;
        const symbol = attribute(source, name);
        // A module that imports the name back from here names it, and does not say what it is.
        const isCircle = symbol?.kind === "external" && cuts !== cutsBefore;
        if (symbol && !isCircle) return symbol;
      }
    }
    return isPythonBuiltin(name) || name.startsWith("_") ? null : unknown;
  };

  const resolveDotted = (dotted: string, from?: PythonModule): Symbol | null => {
    if (from !== undefined) return lookUpDotted(dotted, from);
    const known = dottedMemo.get(dotted);
    if (known !== undefined) return known;
    const symbol = lookUpDotted(dotted);
    // In the middle of a circle of imports a name may mean less than it does in the end.
    if (pending.size === 0) dottedMemo.set(dotted, symbol);
    return symbol;
  };

  const lookUpDotted = (dotted: string, from?: PythonModule): Symbol | null => {
    const parts = dotted.split(".");
    for (let length = parts.length; length > 0; length -= 1) {
      const module = table.find(parts.slice(0, length).join("."), from);
      if (module && length === parts.length && length > 1) return hiding(parts, from) ?? { kind: "module", module };
      if (module) return walk({ kind: "module", module }, parts.slice(length), dotted);
    }
    return external(dotted);
  };

  /** `from .chart import chart` in a package: the function hides the submodule of its name. */
  const hiding = (parts: readonly string[], from?: PythonModule): Symbol | null => {
    const holder = table.find(parts.slice(0, -1).join("."), from);
    const symbol = holder === null ? null : resolve(holder, parts.at(-1) ?? "");
    return symbol?.kind === "function" || symbol?.kind === "class" ? symbol : null;
  };

  const walk = (start: Symbol, rest: readonly string[], dotted: string): Symbol | null => {
    let symbol: Symbol | null = start;
    for (const [index, name] of rest.entries()) {
      if (symbol.kind === "module") {
        const { module } = symbol as { module: PythonModule };
        const found: Symbol | null = attribute(module, name);
        if (!found && module.origin !== "project") return external(dotted);
        symbol = found;
      } else if (symbol.kind === "class") {
        const nested: Definition | undefined = symbol.cls.members.get(name)?.at(-1);
        symbol = nested ? ofDefinition(symbol.cls.module, name, nested) : null;
      } else if (symbol.kind === "external") {
        return external([symbol.name, ...rest.slice(index)].join("."));
      } else return null;
      if (!symbol) return null;
    }
    return symbol;
  };

  return { resolve, attribute, resolveDotted, ofDefinition };
}

function exportsName(module: PythonModule, name: string): boolean {
  const listed = readDunderAll(module);
  return listed ? listed.has(name) : !name.startsWith("_");
}

const external = (name: string): Symbol => ({ kind: "external", name });

function strength(symbol: Symbol): 0 | 1 | 2 {
  if (symbol.kind === "external") return 1;
  if (symbol.kind !== "variable") return 2;
  return symbol.values.some((value) => !isNoneLiteral(value)) || symbol.annotation ? 2 : 0;
}

function joinVariables(symbol: Extract<Symbol, { kind: "variable" }>, definitions: readonly Definition[]): Symbol {
  const variables = definitions.filter((each) => each.kind === "variable");
  return {
    ...symbol,
    values: variables.flatMap((each) => (each.value ? [each.value] : [])),
    annotation: variables.find((each) => each.annotation)?.annotation ?? null,
  };
}

const dunderAll = new WeakMap<PythonModule, ReadonlySet<string> | null>();

/** The names of a literal `__all__`; null when there is none or a part of it is not literal. */
function readDunderAll(module: PythonModule): ReadonlySet<string> | null {
  const known = dunderAll.get(module);
  if (known !== undefined) return known;
  const values = (module.scope.get("__all__") ?? []).map((each) => (each.kind === "variable" ? each.value : null));
  const parts = values.map((value) => (value ? literalNames(value) : null));
  const names = parts.every((part) => part !== null) && parts.length > 0 ? new Set(parts.flat()) : null;
  dunderAll.set(module, names);
  return names;
}

function literalNames(value: Expr): readonly string[] | null {
  if (value.kind === "sequence") {
    return value.items.every((item) => item.kind === "str") ? value.items.map((item) => item.value) : null;
  }
  if (value.kind !== "binary" || value.operator !== "+") return null;
  const left = literalNames(value.left);
  const right = literalNames(value.right);
  return left && right && [...left, ...right];
}
