import type { Call, ClassDef, Expr, FunctionDef, Import, Stmt } from "../model/ir.ts";
import type { ClassInfo, Definition, PythonModule } from "../model/project.ts";

/** A definition that stands where another is preferred: an `except` branch, the `else` of `TYPE_CHECKING`. */
export type ScopedDefinition = Definition & { readonly isFallback?: boolean };

export type Definitions = ReadonlyMap<string, readonly ScopedDefinition[]>;

/** Collects what a module, class or function body defines, in source order, through branches and loops. */
export function collectDefinitions(module: PythonModule, body: readonly Stmt[], parent: ClassInfo | null, prefix: string): Definitions {
  const found = new Map<string, ScopedDefinition[]>();
  let isFallback = false;

  const add = (name: string, definition: Definition): void => {
    const scoped = isFallback ? { ...definition, isFallback } : definition;
    const known = found.get(name);
    if (known) known.push(scoped);
    else found.set(name, [scoped]);
  };
  const visitAsFallback = (statements: readonly Stmt[]): void => {
    const before = isFallback;
    isFallback = true;
    visitAll(statements);
    isFallback = before;
  };
  const visitAll = (statements: readonly Stmt[]): void => statements.forEach(visit);
  const variable = (target: Expr, value: Expr | null, annotation: Expr | null, stmt: Stmt): void => {
    for (const [name, part] of bindings(target, value)) {
      add(name, { kind: "variable", value: part, annotation, stmt });
    }
  };

  const visit = (stmt: Stmt): void => {
    switch (stmt.kind) {
      case "class":
        add(stmt.name, { kind: "class", cls: createClass(module, stmt, parent, classId(stmt.name)) });
        break;
      case "function":
        add(stmt.name, { kind: "function", def: stmt });
        break;
      case "assign":
        for (const target of stmt.targets) variable(target, stmt.value, stmt.annotation, stmt);
        break;
      case "augment":
        variable(stmt.target, stmt.value, null, stmt);
        break;
      case "import":
        for (const [name, definition] of importDefinitions(module, stmt)) add(name, definition);
        break;
      case "if":
        visitAll(stmt.then);
        if (isTypeChecking(stmt.test)) visitAsFallback(stmt.otherwise);
        else visitAll(stmt.otherwise);
        break;
      case "try":
        visitAll(stmt.body);
        for (const handler of stmt.handlers) visitAsFallback(handler.body);
        visitAll(stmt.otherwise);
        visitAll(stmt.finally);
        break;
      case "for":
        variable(stmt.target, null, null, stmt);
        visitAll(stmt.body);
        visitAll(stmt.otherwise);
        break;
      case "while":
        visitAll(stmt.body);
        visitAll(stmt.otherwise);
        break;
      case "with":
        for (const item of stmt.items) if (item.target) variable(item.target, null, null, stmt);
        visitAll(stmt.body);
        break;
      case "match":
        for (const branch of stmt.cases) visitAll(branch.body);
        break;
      default:
        break;
    }
  };
  const classId = (name: string): string => {
    const before = (found.get(name) ?? []).filter((each) => each.kind === "class").length;
    return before === 0 ? `${prefix}.${name}` : `${prefix}.${name}~${before + 1}`;
  };

  visitAll(body);
  return found;
}

/** A class whose members are collected when first asked for. */
export function createClass(module: PythonModule, def: ClassDef, parent: ClassInfo | null, id: string): ClassInfo {
  let members: Definitions | undefined;
  let nested: ReadonlyMap<string, ClassInfo> | undefined;
  const info: ClassInfo = {
    id,
    name: def.name,
    module,
    def,
    parent,
    get members() {
      return (members ??= collectDefinitions(module, def.body, info, id));
    },
    get nested() {
      return (nested ??= classesOf(info.members));
    },
  };
  return info;
}

/** The class that each name of a scope ends up with. */
export function classesOf(definitions: ReadonlyMap<string, readonly Definition[]>): Map<string, ClassInfo> {
  const classes = new Map<string, ClassInfo>();
  for (const [name, candidates] of definitions) {
    for (const candidate of candidates) if (candidate.kind === "class") classes.set(name, candidate.cls);
  }
  return classes;
}

/** The dotted name of an attribute chain: `models.query.QuerySet`; null for anything else. */
export function dottedName(expr: Expr): string | null {
  if (expr.kind === "name") return expr.name;
  if (expr.kind !== "attribute") return null;
  const object = dottedName(expr.object);
  return object === null ? null : `${object}.${expr.name}`;
}

/** Definitions of a function's own body, for classes made inside it. */
export function collectLocals(module: PythonModule, def: FunctionDef): Definitions {
  return collectDefinitions(module, def.body, null, `${module.name}.${def.name}.<locals>`);
}

/** The module as code inside one of its functions sees it: the function's own names hide those outside. */
export function withLocals(module: PythonModule, def: FunctionDef): PythonModule {
  return { ...module, scope: new Map([...module.scope, ...collectLocals(module, def)]) };
}

function* bindings(target: Expr, value: Expr | null): Generator<[string, Expr | null]> {
  if (target.kind === "name") yield [target.name, value];
  else if (target.kind === "star") yield* bindings(target.value, null);
  else if (target.kind === "sequence") {
    const parts = value?.kind === "sequence" && value.items.length === target.items.length ? value.items : null;
    const isPlain = target.items.every(({ kind }) => kind !== "star");
    for (const [index, item] of target.items.entries())
      yield* bindings(item, parts?.[index] ?? (isPlain && value?.kind === "call" ? partOf(value, index) : null));
  }
}

/** `app, name = label.split(".")`: each name is one item of what the call gives. */
function partOf(value: Call, index: number): Expr {
  const { start, end } = value;
  return { kind: "subscript", object: value, index: { kind: "num", value: index, start, end }, start, end };
}

function* importDefinitions(module: PythonModule, stmt: Import): Generator<[string, Definition]> {
  if (stmt.from === null && stmt.level === 0) {
    for (const { name, alias } of stmt.names) {
      const top = name.split(".", 1)[0] ?? name;
      yield alias === null ? [top, { kind: "import", module: top, name: null }] : [alias, { kind: "import", module: name, name: null }];
    }
    return;
  }
  const from = absoluteModule(module, stmt);
  for (const { name, alias } of stmt.names) {
    yield [alias ?? name, { kind: "import", module: from, name }];
  }
}

/** The module that `from …x import` means: dots count from the module's package. */
export function absoluteModule(module: Pick<PythonModule, "name" | "isPackage">, stmt: Import): string {
  if (stmt.level === 0) return stmt.from ?? "";
  const parts = module.name.split(".");
  const up = module.isPackage ? stmt.level - 1 : stmt.level;
  const base = up === 0 ? parts : parts.slice(0, -up);
  return [...base, ...(stmt.from ? [stmt.from] : [])].join(".");
}

function isTypeChecking(test: Expr): boolean {
  return dottedName(test)?.split(".").at(-1) === "TYPE_CHECKING";
}
