/**
 * Modules define names by calls where an import or a class would say the same: `View = get_class("shop.views", "View")` of a loader
 * that looks into the installed apps, `Forum = model_factory(AbstractForum)` of a function that returns `type(…)`. They are read as
 * the import and the class, so that nothing after this has to know of them.
 */
import type { Call, ClassDef, Dict, Expr, FunctionDef, Import, Stmt } from "../model/ir.ts";
import { absoluteModule, dottedName } from "./program-scope.ts";
import type { SourceModule } from "./resolve-module.ts";

type Assigned = Extract<Stmt, { kind: "assign" }>;

export function withPlainDefinitions(sources: readonly SourceModule[]): readonly SourceModule[] {
  const modules = namedModules(sources);
  return sources.map((source) => {
    if (source.origin === "builtin") return source;
    const body = rewritten(source.ir.body, (stmt) => asImport(stmt, source, modules) ?? asClass(stmt, source, modules));
    return body === source.ir.body ? source : { ...source, ir: { ...source.ir, body } };
  });
}

/** Modules by their names, and by the last part of them. */
interface NamedModules {
  readonly byName: ReadonlyMap<string, SourceModule>;
  readonly byEnding: ReadonlyMap<string, readonly SourceModule[]>;
}

function namedModules(sources: readonly SourceModule[]): NamedModules {
  const byName = new Map<string, SourceModule>();
  const byEnding = new Map<string, SourceModule[]>();
  for (const source of sources) {
    if (source.origin === "builtin") continue;
    if (!byName.has(source.name)) byName.set(source.name, source);
    const ending = lastPart(source.name);
    const alike = byEnding.get(ending);
    if (alike) alike.push(source);
    else byEnding.set(ending, [source]);
  }
  return { byName, byEnding };
}

/** The statements of a module, those of its branches too, with what `change` makes of its assignments. The same array where nothing changed. */
function rewritten(body: readonly Stmt[], change: (stmt: Assigned) => Stmt | null): readonly Stmt[] {
  let isSame = true;
  const result = body.map((stmt) => {
    const made = rewrittenStatement(stmt, change);
    if (made !== stmt) isSame = false;
    return made;
  });
  return isSame ? body : result;
}

function rewrittenStatement(stmt: Stmt, change: (stmt: Assigned) => Stmt | null): Stmt {
  if (stmt.kind === "assign") return change(stmt) ?? stmt;
  if (stmt.kind === "if") {
    const [then, otherwise] = [rewritten(stmt.then, change), rewritten(stmt.otherwise, change)];
    return then === stmt.then && otherwise === stmt.otherwise ? stmt : { ...stmt, then, otherwise };
  }
  if (stmt.kind === "try") {
    const [tried, otherwise] = [rewritten(stmt.body, change), rewritten(stmt.otherwise, change)];
    return tried === stmt.body && otherwise === stmt.otherwise ? stmt : { ...stmt, body: tried, otherwise };
  }
  return stmt;
}

/** `View = get_class("shop.views", "View")`, `A, B = get_classes("shop.views", ["A", "B"])`. */
function asImport(stmt: Assigned, importer: SourceModule, modules: NamedModules): Import | null {
  const { value, targets, start, end } = stmt;
  if (value?.kind !== "call" || value.args.length !== 2 || value.keywords.length > 0 || targets.length !== 1) return null;
  const [label, wanted] = value.args;
  if (label?.kind !== "str" || wanted === undefined || !isModuleLabel(label.value)) return null;
  const loaded = literalTexts(wanted);
  const aliases = targets
    .flatMap((target) => (target.kind === "sequence" ? target.items : [target]))
    .map((target) => (target.kind === "name" ? target.name : null));
  if (loaded.length === 0 || loaded.length !== aliases.length) return null;
  const isLoader = /class/i.test(lastPart(dottedName(value.callee) ?? ""));
  if (!isLoader && loaded.some((name, index) => name !== aliases[index])) return null;
  const from = labelled(label.value, loaded, importer, modules);
  if (from === null) return null;
  return { kind: "import", from: from.name, level: 0, names: loaded.map((name, index) => ({ name, alias: aliases[index] ?? null })), start, end };
}

/** The module that a loader finds by its app and name: of several, that of the importer's own surroundings. */
function labelled(label: string, names: readonly string[], importer: SourceModule, { byEnding }: NamedModules): SourceModule | null {
  const found = (byEnding.get(lastPart(label)) ?? []).filter(
    (source) => (source.name === label || source.name.endsWith(`.${label}`)) && source !== importer && names.every((name) => defines(source.ir.body, name)),
  );
  const nearest = Math.max(...found.map((source) => sharedParts(source.name, importer.name)));
  const best = found.filter((source) => sharedParts(source.name, importer.name) === nearest);
  return best.length === 1 ? (best[0] ?? null) : null;
}

function defines(body: readonly Stmt[], name: string): boolean {
  return body.some((stmt) => (stmt.kind === "class" || stmt.kind === "function") && stmt.name === name);
}

function sharedParts(one: string, other: string): number {
  const [first, second] = [one.split("."), other.split(".")];
  const differs = first.findIndex((part, index) => part !== second[index]);
  return differs < 0 ? first.length : differs;
}

/** `Forum = model_factory(AbstractForum)` and `Forum = type("Forum", (AbstractForum,), {})`. */
function asClass(stmt: Assigned, module: SourceModule, modules: NamedModules): ClassDef | null {
  const [target] = stmt.targets;
  if (stmt.value?.kind !== "call" || stmt.targets.length !== 1 || target?.kind !== "name") return null;
  const made = madeByType(stmt.value) ?? madeByFactory(stmt.value, module, modules);
  if (made === null) return null;
  const { start, end } = stmt;
  return { kind: "class", name: target.name, bases: made.bases, keywords: [], decorators: [], headEnd: end, body: made.body, start, end };
}

interface Made {
  readonly bases: readonly Expr[];
  readonly body: readonly Stmt[];
}

function madeByType({ callee, args, keywords }: Call): Made | null {
  if (callee.kind !== "name" || callee.name !== "type" || keywords.length > 0) return null;
  const [, bases, attributes] = args;
  if (bases?.kind !== "sequence" || attributes?.kind !== "dict") return null;
  return { bases: bases.items, body: attributesOf(attributes) };
}

function attributesOf({ entries }: Dict): readonly Stmt[] {
  return entries.flatMap(({ key, value }) => {
    if (key?.kind !== "str") return [];
    const { start, end } = key;
    return [{ kind: "assign" as const, targets: [{ kind: "name" as const, name: key.value, start, end }], annotation: null, value, start, end: value.end }];
  });
}

/** The one argument is the base of the class that the function makes. */
function madeByFactory({ callee, args, keywords }: Call, module: SourceModule, modules: NamedModules): Made | null {
  const [base] = args;
  if (callee.kind !== "name" || args.length !== 1 || keywords.length > 0 || base === undefined || dottedName(base) === null) return null;
  const fn = functionNamed(callee.name, module, modules);
  return fn !== null && returnsTypeOf(fn) ? { bases: [base], body: [] } : null;
}

function functionNamed(name: string, module: SourceModule, { byName }: NamedModules): FunctionDef | null {
  const own = topFunction(module, name);
  if (own !== null) return own;
  for (const stmt of module.ir.body) {
    if (stmt.kind !== "import" || stmt.from === null) continue;
    const imported = stmt.names.find((one) => (one.alias ?? one.name) === name);
    const source = imported && byName.get(absoluteModule(module, stmt));
    if (imported && source) return topFunction(source, imported.name);
  }
  return null;
}

function topFunction({ ir }: SourceModule, name: string): FunctionDef | null {
  const found = ir.body.findLast((stmt) => stmt.kind === "function" && stmt.name === name);
  return found?.kind === "function" ? found : null;
}

/** `return type(name, (abstract_class,), {…})`, `abstract_class` being the function's first parameter. */
function returnsTypeOf({ params, body }: FunctionDef): boolean {
  const [first] = params;
  return (
    first !== undefined && returnedCalls(body).some((call) => madeByType(call)?.bases.some((base) => base.kind === "name" && base.name === first.name) === true)
  );
}

function returnedCalls(body: readonly Stmt[]): readonly Call[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "return") return stmt.value?.kind === "call" ? [stmt.value] : [];
    if (stmt.kind === "if") return returnedCalls([...stmt.then, ...stmt.otherwise]);
    return stmt.kind === "try" ? returnedCalls([...stmt.body, ...stmt.otherwise]) : [];
  });
}

function literalTexts(expr: Expr): readonly string[] {
  if (expr.kind === "str") return [expr.value];
  return expr.kind === "sequence" && expr.items.every((item) => item.kind === "str") ? expr.items.map((item) => item.value) : [];
}

function isModuleLabel(text: string): boolean {
  return /^[a-z_]\w*(?:\.[a-z_]\w*)+$/i.test(text);
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf(".") + 1);
}
