import type { Expr, Stmt } from "../model/ir.ts";
import type { ClassInfo, ManagerFact, PythonModule } from "../model/project.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { dottedName } from "../python/program-scope.ts";
import { isExternal } from "../python/resolve-class.ts";

const managerBase = "django.db.models.BaseManager";
const querysetBase = "django.db.models.QuerySet";

/** The manager that an attribute of a model makes; null when its value is none. */
export function readManager(program: ResolvedProgram, module: PythonModule, name: string, expr: Expr, holder: ClassInfo | null): ManagerFact | null {
  if (expr.kind !== "call") return fromVariable(program, module, name, expr, holder);
  const { callee } = expr;
  if (callee.kind === "attribute" && callee.name === "as_manager") {
    // A class method may be asked of an instance too: `BookQuerySet().as_manager()`.
    const asked = callee.object.kind === "call" ? callee.object.callee : callee.object;
    const queryset = classOf(program, module, asked, holder);
    return queryset ? { name, manager: null, queryset } : null;
  }
  const factory = readFactory(program, module, callee, holder);
  if (factory) return { name, ...factory };
  const symbol = program.followAlias(program.resolveExpression(module, callee, holder));
  if (symbol?.kind === "class") return fromClass(program, name, stoodFor(program, symbol.cls) ?? symbol.cls);
  if (isScoped(symbol)) return scopedManager(program, module, name, expr, holder);
  if (symbol?.kind === "function") return fromFunction(program, name, symbol, expr, (given) => classOf(program, module, given, holder));
  if (symbol?.kind === "variable") {
    const made = symbol.values.findLast((value) => value.kind === "call");
    const read = made && readFactory(program, symbol.module, made, null);
    return read ? { name, ...read } : null;
  }
  return symbol?.kind === "external" && symbol.name.endsWith("Manager") ? { name, manager: null, queryset: null } : null;
}

/** `objects: ClassVar[BookManager] = Lazy.new()`: what is made is not known, and its annotation says it. */
export function annotatedManager(program: ResolvedProgram, module: PythonModule, name: string, annotation: Expr | null, holder: ClassInfo): ManagerFact | null {
  if (annotation === null) return null;
  if (annotation.kind === "subscript" && annotation.index.kind !== "sequence" && /(?:^|\.)(?:ClassVar|Final)$/.test(dottedName(annotation.object) ?? "")) {
    return annotatedManager(program, module, name, annotation.index, holder);
  }
  const quoted =
    annotation.kind === "str" && /^[A-Za-z_]\w*$/.test(annotation.value) ? { ...annotation, kind: "name" as const, name: annotation.value } : annotation;
  if (quoted.kind !== "name" && quoted.kind !== "attribute") return null;
  const cls = classOf(program, module, quoted, holder);
  return cls === null || isPlain(cls) ? null : fromClass(program, name, cls);
}

type Resolved = ReturnType<ResolvedProgram["followAlias"]>;

/** The function of django-scopes, whether the package was read or not. */
function isScoped(symbol: Resolved): boolean {
  if (symbol?.kind === "external") return /^django_scopes\.(?:manager\.)?ScopedManager$/.test(symbol.name);
  return symbol?.kind === "function" && symbol.def.name === "ScopedManager" && /^django_scopes\b/.test(symbol.module.name);
}

/** `ScopedManager(event="talk__event", _manager_class=TalkManager)` */
function scopedManager(program: ResolvedProgram, module: PythonModule, name: string, { keywords }: Call, holder: ClassInfo | null): ManagerFact {
  const given = keywords.find((one) => one.name === "_manager_class")?.value;
  const cls = given === undefined ? null : classOf(program, module, given, holder);
  const own = cls === null ? null : fromClass(program, name, cls);
  const scopes = keywords.flatMap((one) => (one.name !== "_manager_class" && one.value.kind === "str" ? [one.value.value] : []));
  return { ...(own ?? { name, manager: null, queryset: null }), scopes };
}

type FunctionSymbol = Extract<NonNullable<Resolved>, { readonly kind: "function" }>;
type Call = Extract<Expr, { readonly kind: "call" }>;

/** `def wrapped(manager_class): … return manager_class()`: a function makes a manager, of a class that it knows or of one that it is given. */
function fromFunction(
  program: ResolvedProgram,
  name: string,
  { module, def }: FunctionSymbol,
  call: Call,
  given: (expr: Expr) => ClassInfo | null,
): ManagerFact | null {
  for (const value of returnedValues(def.body)) {
    if (value.kind !== "call") continue;
    const argument = value.callee.kind === "name" ? argumentFor(def, call, value.callee.name) : null;
    const cls = argument ? given(argument) : classOf(program, module, value.callee, null);
    const made = cls && fromClass(program, name, cls);
    if (made) return made;
    const factory = readFactory(program, module, value.callee, null);
    if (factory) return { name, ...factory };
  }
  return null;
}

function argumentFor({ params }: FunctionSymbol["def"], { args, keywords }: Call, name: string): Expr | null {
  const index = params.findIndex((one) => one.name === name);
  if (index === -1) return null;
  return keywords.find((one) => one.name === name)?.value ?? args[index] ?? null;
}

/** The querysets that a manager class makes. */
export function querysetOf(program: ResolvedProgram, manager: ClassInfo): ClassInfo | null {
  for (const owner of program.mro(manager)) {
    if (isExternal(owner)) continue;
    const isManager = program.isSubclass(owner, managerBase);
    if (!isManager && isQueryset(program, owner)) return isPlain(owner) ? null : owner;
    const made = queryMadeBy(program, owner) ?? (isManager ? querysetGiven(program, owner) : null);
    if (made) return made;
  }
  return null;
}

/**
 * `class BookManager(TypedManager[Book, BookQuerySet])`: the base is told its querysets, by a type or by `__class_getitem__()`; so is
 * that of `class BookManager(ShelfManager.from_queryset(BookQuerySet))`, whatever the shelf's own are.
 */
function querysetGiven(program: ResolvedProgram, { def, module, parent }: ClassInfo): ClassInfo | null {
  for (const base of def.bases) {
    const made = readFactory(program, module, base, parent);
    if (made?.queryset) return isPlain(made.queryset) ? null : made.queryset;
    if (base.kind !== "subscript") continue;
    const given = base.index.kind === "sequence" ? base.index.items : [base.index];
    const found = given.map((one) => classOf(program, module, one, parent)).find((cls) => cls !== null && isQueryset(program, cls));
    if (found) return isPlain(found) ? null : found;
  }
  return null;
}

function queryMadeBy(program: ResolvedProgram, owner: ClassInfo): ClassInfo | null {
  const declared = owner.members.get("_queryset_class")?.at(-1);
  if (declared?.kind === "variable" && declared.value) {
    return classOf(program, owner.module, declared.value, owner);
  }
  const method = (owner.members.get("get_queryset") ?? owner.members.get("get_query_set"))?.at(-1);
  if (method?.kind !== "function") return null;
  for (const value of returnedValues(method.def.body)) {
    const cls = classOf(program, owner.module, innermostCallee(value), null);
    if (cls && isQueryset(program, cls)) return cls;
  }
  return null;
}

/** `Manager.from_queryset(BookQuerySet)`. */
function readFactory(program: ResolvedProgram, module: PythonModule, expr: Expr, holder: ClassInfo | null): Omit<ManagerFact, "name"> | null {
  if (expr.kind !== "call" || expr.callee.kind !== "attribute" || expr.callee.name !== "from_queryset") return null;
  const manager = classOf(program, module, expr.callee.object, holder);
  const given = expr.args[0] ?? expr.keywords.find((one) => one.name === "queryset_class")?.value;
  const queryset = given ? classOf(program, module, given, holder) : null;
  return { manager: manager && isPlain(manager) ? null : manager, queryset };
}

function fromVariable(program: ResolvedProgram, module: PythonModule, name: string, expr: Expr, holder: ClassInfo | null): ManagerFact | null {
  if (expr.kind !== "name" && expr.kind !== "attribute") return null;
  const symbol = program.resolveExpression(module, expr, holder);
  const value = symbol?.kind === "variable" ? symbol.values.findLast((each) => each.kind === "call") : undefined;
  return symbol?.kind === "variable" && value ? readManager(program, symbol.module, name, value, null) : null;
}

function fromClass(program: ResolvedProgram, name: string, cls: ClassInfo): ManagerFact | null {
  const isManager = program.isSubclass(cls, managerBase) || program.mro(cls).some((base) => isExternal(base) && base.name.endsWith("Manager"));
  if (!isManager) return null;
  return { name, manager: isPlain(cls) ? null : cls, queryset: querysetOf(program, cls) };
}

/** Also where it builds on a package that was not read, whose class says so by its name. */
export function isQueryset(program: Pick<ResolvedProgram, "isSubclass" | "mro">, cls: ClassInfo): boolean {
  return program.isSubclass(cls, querysetBase) || program.mro(cls).some((base) => isExternal(base) && base.name.endsWith("QuerySet"));
}

/** Django's own `Manager` and `QuerySet`, of which nothing is to be said. */
function isPlain(cls: ClassInfo): boolean {
  return /^django\.db\.models\.(?:manager\.|query\.)?(?:Base)?(?:Manager|QuerySet)$/.test(cls.id);
}

function classOf(program: ResolvedProgram, module: PythonModule, expr: Expr, holder: ClassInfo | null): ClassInfo | null {
  const [first] = expr.kind === "call" && isPartial(program, module, expr.callee, holder) ? expr.args : [];
  if (first !== undefined) return classOf(program, module, first, holder);
  const symbol = program.followAlias(program.resolveExpression(module, expr, holder));
  return symbol?.kind === "class" ? (stoodFor(program, symbol.cls) ?? symbol.cls) : null;
}

/** `partial(BookQuerySet, is_public=True)` makes what the class makes. */
function isPartial(program: ResolvedProgram, module: PythonModule, callee: Expr, holder: ClassInfo | null): boolean {
  const symbol = program.resolveExpression(module, callee, holder);
  return symbol?.kind === "external" && symbol.name === "functools.partial";
}

/**
 * A class that is neither manager nor queryset and is used as one hands on what is asked of it, by its metaclass or its `__new__`. It stands for
 * the one class of querysets or managers that its body names: `_default_class = BookQuerySet`.
 */
function stoodFor(program: ResolvedProgram, cls: ClassInfo): ClassInfo | null {
  const order = program.mro(cls);
  const owners = order.filter((base): base is ClassInfo => !isExternal(base));
  const isOther = (one: ClassInfo): boolean => !program.isSubclass(one, managerBase) && !program.isSubclass(one, querysetBase);
  if (!isOther(cls) || owners.length < order.length || !owners.some(handsOn)) return null;
  const names = new Set(owners.flatMap(({ members }) => [...members.keys()]));
  const named = [...names].flatMap((name) => {
    const member = program.member(cls, name);
    const value = member?.definition.kind === "variable" ? member.definition.value : null;
    if (member === null || value === null || (value.kind !== "name" && value.kind !== "attribute")) return [];
    const found = program.followAlias(program.resolveExpression(member.owner.module, value, member.owner));
    return found?.kind === "class" && !isOther(found.cls) ? [found.cls] : [];
  });
  const [only] = named;
  return named.length === 1 && only !== undefined ? only : null;
}

function handsOn({ def, members }: ClassInfo): boolean {
  return members.has("__new__") || def.keywords.some(({ name }) => name === "metaclass");
}

/** `BookQuerySet` of `BookQuerySet(self.model).filter(…).all()`. */
function innermostCallee(expr: Expr): Expr {
  if (expr.kind === "call") {
    const { callee } = expr;
    return callee.kind === "attribute" && callee.object.kind === "call" ? innermostCallee(callee.object) : callee;
  }
  return expr;
}

function* returnedValues(body: readonly Stmt[]): Generator<Expr> {
  for (const stmt of body) {
    if (stmt.kind === "return" && stmt.value) yield stmt.value;
    else if (stmt.kind === "assign" && stmt.value?.kind === "call") yield stmt.value;
    else if (stmt.kind === "if") {
      yield* returnedValues(stmt.then);
      yield* returnedValues(stmt.otherwise);
    }
  }
}
