import type { Call, Expr, FunctionDef, Stmt } from "../model/ir.ts";
import type { ClassInfo, PythonModule, Symbol } from "../model/project.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { isExternal } from "../python/resolve-class.ts";

/** An expression with the module whose names it uses. */
export interface Argument {
  readonly expr: Expr;
  readonly module: PythonModule;
}

export type FieldRelation = "fk" | "o2o" | "m2m" | "generic-fk" | "generic-relation" | "taggable" | "history";

/** A model field as a class body declares it. */
export interface FieldCall {
  /** Dotted class of the field, the nearest that is not the project's own. */
  readonly type: string;
  readonly relation: FieldRelation | null;
  readonly declaration: Call;
  readonly module: PythonModule;
  /** An argument by its keyword, wherever it is given: here, by position, or by the field class's constructor. */
  option(name: string): Argument | null;
}

/** Reads `name = SomeField(…)`; null when the call makes no field. */
export type FieldReader = (module: PythonModule, expr: Expr, holder: ClassInfo | null) => FieldCall | null;

const fieldBase = "django.db.models.Field";
const maxSteps = 6;

export function createFieldReader(program: ResolvedProgram): FieldReader {
  const read = (module: PythonModule, expr: Expr, holder: ClassInfo | null, step = 0): FieldCall | null => {
    if (expr.kind !== "call" || step > maxSteps) return null;
    const symbol = program.followAlias(program.resolveExpression(module, expr.callee, holder));
    if (!symbol) return null;
    switch (symbol.kind) {
      case "class":
        return fromClass(module, expr, symbol.cls);
      case "external":
        return fromExternal(module, expr, symbol.name);
      case "function":
        return fromHelper(module, expr, symbol.module, symbol.def, step);
      case "variable":
        return fromPartial(module, expr, symbol, step);
      default:
        return null;
    }
  };

  const fromClass = (module: PythonModule, call: Call, cls: ClassInfo): FieldCall | null => {
    const type = fieldType(program, cls);
    if (type === null) return null;
    const relation = relationOfClass(program, cls) ?? relationOfName(type);
    const names = positionalNames(program, cls, relation);
    const option = (name: string): Argument | null => given(program, module, call, names, name) ?? constructorDefault(program, cls, name);
    return { type, relation, declaration: call, module, option };
  };

  const fromExternal = (module: PythonModule, call: Call, name: string): FieldCall | null => {
    if (!looksLikeField(name)) return null;
    const relation = relationOfName(name);
    const names = positionsOf(relation);
    return {
      type: name,
      relation,
      declaration: call,
      module,
      option: (option) => given(program, module, call, names, option),
    };
  };

  /** `FieldFactory = partial(DecimalField, max_digits=9)`. */
  const fromPartial = (module: PythonModule, call: Call, symbol: Extract<Symbol, { kind: "variable" }>, step: number): FieldCall | null => {
    const made = symbol.values.findLast((value) => value.kind === "call");
    const [base, ...args] = made?.kind === "call" ? made.args : [];
    if (made?.kind !== "call" || !base) return null;
    const inner = read(symbol.module, { ...made, callee: base, args }, null, step + 1);
    return inner && around(inner, module, call, (name) => given(program, module, call, [], name));
  };

  /** A function of the project that returns a field; its parameters stand for the call's arguments. */
  const fromHelper = (module: PythonModule, call: Call, owner: PythonModule, def: FunctionDef, step: number): FieldCall | null => {
    const names = def.params.filter((each) => each.form === "positional").map((each) => each.name);
    for (const value of returnedCalls(def.body)) {
      const inner = read(owner, value, null, step + 1);
      if (!inner) continue;
      const argument = (name: string): Argument | null => given(program, module, call, names, name);
      return around(inner, module, call, (name) => {
        const said = inner.option(name);
        if (said?.expr.kind !== "name") return said ?? argument(name);
        const param = said.expr.name;
        const known = def.params.find((each) => each.name === param);
        if (!known) return said;
        return argument(param) ?? (known.default ? { expr: known.default, module: owner } : null);
      });
    }
    return null;
  };

  return (module, expr, holder) => read(module, expr, holder);
}

function around(inner: FieldCall, module: PythonModule, call: Call, first: (name: string) => Argument | null): FieldCall {
  return { ...inner, declaration: call, module, option: (name) => first(name) ?? inner.option(name) };
}

/** The nearest class of the field's MRO that is not the project's; null when the class is no field. */
export function fieldType(program: ResolvedProgram, cls: ClassInfo): string | null {
  const isField = program.isSubclass(cls, fieldBase);
  for (const base of program.mro(cls)) {
    if (isExternal(base)) {
      if (looksLikeField(base.name)) return base.name;
    } else if (base.module.origin !== "project" && isField && program.isSubclass(base, fieldBase)) {
      return canonicalName(base);
    }
  }
  return knownNames.has(cls.id) ? cls.id : null;
}

/** Django's own fields under the name that everybody imports them by. */
function canonicalName(cls: ClassInfo): string {
  if (cls.id.startsWith("django.db.models.fields.")) return `django.db.models.${cls.name}`;
  if (cls.id.startsWith("django.contrib.gis.db.models.")) return `django.contrib.gis.db.models.${cls.name}`;
  return cls.id.startsWith("django.contrib.postgres.fields.") ? `django.contrib.postgres.fields.${cls.name}` : cls.id;
}

const knownNames: ReadonlyMap<string, FieldRelation> = new Map([
  ["taggit.managers.TaggableManager", "taggable"],
  ["modelcluster.contrib.taggit.ClusterTaggableManager", "taggable"],
  ["simple_history.models.HistoricalRecords", "history"],
]);

function looksLikeField(name: string): boolean {
  if (/(?:^|\.)(?:forms|serializers|filters|schema|graphene|fields_for\w*|wtforms|marshmallow|factory)\./.test(name)) return false;
  return /(?:^|[._a-z\d])(?:Field|ForeignKey|ParentalKey|TaggableManager|HistoricalRecords|GenericRelation)$/.test(name);
}

function relationOfClass(program: ResolvedProgram, cls: ClassInfo): FieldRelation | null {
  const isA = (name: string): boolean => program.isSubclass(cls, name);
  if (isA("django.contrib.contenttypes.fields.GenericForeignKey")) return "generic-fk";
  if (isA("django.contrib.contenttypes.fields.GenericRelation")) return "generic-relation";
  if (isA("django.db.models.OneToOneField")) return "o2o";
  if (isA("django.db.models.ForeignKey")) return "fk";
  if (isA("django.db.models.ManyToManyField")) return "m2m";
  if (isA("taggit.managers.TaggableManager")) return "taggable";
  return isA("simple_history.models.HistoricalRecords") ? "history" : null;
}

/** For fields of packages that were not read: their name says what they are. */
function relationOfName(dotted: string): FieldRelation | null {
  const name = dotted.slice(dotted.lastIndexOf(".") + 1);
  if (/^Generic.*ForeignKey$/.test(name)) return "generic-fk";
  if (/Generic.*Relation$/.test(name)) return "generic-relation";
  if (/OneToOne/.test(name)) return "o2o";
  if (/ManyToMany/.test(name)) return "m2m";
  if (/ForeignKey|^ParentalKey$/.test(name)) return "fk";
  if (name.endsWith("TaggableManager")) return "taggable";
  return name === "HistoricalRecords" ? "history" : null;
}

function positionsOf(relation: FieldRelation | null): readonly string[] {
  switch (relation) {
    case "fk":
    case "o2o":
      return ["to", "on_delete", "related_name", "related_query_name"];
    case "m2m":
      return ["to", "related_name", "related_query_name", "limit_choices_to", "symmetrical", "through"];
    case "generic-fk":
      return ["ct_field", "fk_field"];
    case "generic-relation":
      return ["to", "object_id_field", "content_type_field"];
    case "taggable":
      return ["verbose_name", "help_text", "through"];
    default:
      return ["verbose_name", "name", "primary_key", "max_length", "unique", "blank", "null", "db_index"];
  }
}

/** A field class of the project may take its arguments in an order of its own. */
function positionalNames(program: ResolvedProgram, cls: ClassInfo, relation: FieldRelation | null): readonly string[] {
  const found = program.member(cls, "__init__");
  if (found?.owner.module.origin !== "project" || found.definition.kind !== "function") return positionsOf(relation);
  const params = found.definition.def.params.slice(1);
  const named = params.filter((each) => each.form === "positional").map((each) => each.name);
  return named.length > 0 ? named : positionsOf(relation);
}

function given(program: ResolvedProgram, module: PythonModule, call: Call, names: readonly string[], name: string): Argument | null {
  const keyword = call.keywords.find((each) => each.name === name);
  if (keyword) return { expr: keyword.value, module };
  const index = names.indexOf(name);
  const positional = index < 0 ? undefined : call.args[index];
  if (positional && positional.kind !== "star") return { expr: positional, module };
  for (const { name: spread, value } of call.keywords) {
    const found = spread === "" ? entryOf(program, module, value, name) : null;
    if (found) return found;
  }
  return null;
}

/** `**NULLABLE`, a dictionary or `dict(…)` by name. */
function entryOf(program: ResolvedProgram, module: PythonModule, spread: Expr, key: string): Argument | null {
  const symbol = spread.kind === "dict" || spread.kind === "call" ? null : program.resolveExpression(module, spread);
  const value = symbol?.kind === "variable" ? symbol.values.at(-1) : spread;
  const owner = symbol?.kind === "variable" ? symbol.module : module;
  if (value?.kind === "dict") {
    const entry = value.entries.find((each) => each.key?.kind === "str" && each.key.value === key);
    return entry ? { expr: entry.value, module: owner } : null;
  }
  if (value?.kind !== "call") return null;
  const keyword = value.keywords.find((each) => each.name === key);
  return keyword ? { expr: keyword.value, module: owner } : null;
}

/** What a field class's own `__init__` sets: `kwargs["to"] = X`, `kwargs.setdefault(…)`, `super().__init__(to=X)`. */
function constructorDefault(program: ResolvedProgram, cls: ClassInfo, name: string): Argument | null {
  for (const owner of program.mro(cls)) {
    if (isExternal(owner) || owner.module.origin === "builtin") continue;
    const init = owner.members.get("__init__")?.at(-1);
    if (init?.kind !== "function") continue;
    const params = new Set(init.def.params.map((each) => each.name));
    const expr = setInBody(init.def.body, name);
    if (expr && !(expr.kind === "name" && params.has(expr.name))) return { expr, module: owner.module };
    const own = init.def.params.find((each) => each.name === name);
    if (own?.default && own.default.kind !== "constant") return { expr: own.default, module: owner.module };
  }
  return null;
}

function setInBody(body: readonly Stmt[], name: string): Expr | null {
  for (const stmt of body) {
    const found = setBy(stmt, name);
    if (found) return found;
  }
  return null;
}

function setBy(stmt: Stmt, name: string): Expr | null {
  if (stmt.kind === "if") return setInBody(stmt.then, name) ?? setInBody(stmt.otherwise, name);
  if (stmt.kind === "assign") {
    const [target] = stmt.targets;
    return target?.kind === "subscript" && target.index.kind === "str" && target.index.value === name ? stmt.value : null;
  }
  if (stmt.kind !== "expr" || stmt.value.kind !== "call" || stmt.value.callee.kind !== "attribute") return null;
  const { callee, args, keywords } = stmt.value;
  const [key, value] = args;
  if (callee.name === "setdefault" && key?.kind === "str" && key.value === name) return value ?? null;
  if (callee.name === "update" || callee.name === "__init__") {
    const keyword = keywords.find((each) => each.name === name);
    if (keyword) return keyword.value;
    if (callee.name === "__init__" && name === "to" && key && key.kind !== "star") return key;
  }
  return null;
}

function* returnedCalls(body: readonly Stmt[]): Generator<Expr> {
  for (const stmt of body.toReversed()) {
    if (stmt.kind === "return" && stmt.value) yield stmt.value;
    else if (stmt.kind === "if") yield* returnedCalls([...stmt.then, ...stmt.otherwise]);
  }
}
