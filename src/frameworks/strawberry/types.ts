/** Strawberry: what a type's class says of its fields. */
import type { ClassInfo, Expr, Model, PythonModule, Span } from "../../model/index.ts";
import type { Engine } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { alternatives, functionValue, type CallArgs, type FunctionValue, type Value } from "../../dataflow/values.ts";

export const TYPE = "luthier.decorator:strawberry";

export interface StrawberryField {
  readonly name: string;
  /** The GraphQL type as it is written: of the attribute, or of what the resolver returns. */
  readonly type: Expr | null;
  readonly module: PythonModule;
  /** Arguments of `strawberry.field(…)`, `strawberry_django.field(…)`; null where there is no such call. */
  readonly settings: CallArgs | null;
  /** The class of the field, where one is named. */
  readonly kind: ClassInfo | null;
  readonly resolver: FunctionValue | null;
  readonly span: Span;
}

const fieldTables = new WeakMap<Engine, Map<ClassInfo, ReadonlyMap<string, StrawberryField>>>();

/** Fields in the order of their declaration, those of bases first. */
export function fieldsOf(engine: Engine, type: ClassInfo): ReadonlyMap<string, StrawberryField> {
  const tables = tableOf(fieldTables, engine);
  const known = tables.get(type);
  if (known !== undefined) return known;
  const found = new Map<string, StrawberryField>();
  tables.set(type, found);
  for (const owner of engine.program.mro(type).toReversed()) {
    if (isExternal(owner) || owner.module.origin === "builtin") continue;
    for (const name of owner.members.keys()) {
      const field = fieldOf(engine, owner, name);
      if (field === null) found.delete(name);
      else found.set(name, field);
    }
  }
  return found;
}

function tableOf<Entry>(tables: WeakMap<Engine, Map<ClassInfo, Entry>>, engine: Engine): Map<ClassInfo, Entry> {
  const known = tables.get(engine) ?? new Map<ClassInfo, Entry>();
  tables.set(engine, known);
  return known;
}

function fieldOf(engine: Engine, owner: ClassInfo, name: string): StrawberryField | null {
  const last = owner.members.get(name)?.at(-1);
  const { file } = owner.module.ir;
  if (last?.kind === "function") {
    const declared = last.def.decorators.map((one) => fieldCall(engine, engine.evaluate(one, engine.moduleFrame(owner.module)))).find((one) => one !== null);
    if (declared === undefined) return null;
    const resolver = functionValue(owner.module, last.def, owner);
    return { name, type: last.def.returns, module: owner.module, ...declared, resolver, span: { file, start: last.def.start, end: last.def.headEnd } };
  }
  if (last?.kind !== "variable" || isHidden(last.annotation)) return null;
  const span = { file, start: last.stmt.start, end: last.stmt.end };
  const value = last.value === null ? null : engine.classMember(owner, name, { kind: "class", cls: owner }, { span, frame: engine.moduleFrame(owner.module) });
  const declared = value === null ? null : fieldCall(engine, value);
  if (last.annotation === null && declared?.resolver == null) return null;
  const resolver = declared?.resolver ?? null;
  const given = last.annotation ?? (resolver?.def.kind === "function" ? resolver.def.returns : null);
  return {
    name,
    type: given,
    module: last.annotation === null ? (resolver?.module ?? owner.module) : owner.module,
    settings: declared?.settings ?? null,
    kind: declared?.kind ?? null,
    resolver,
    span,
  };
}

/** `strawberry.Private[…]` and `ClassVar[…]` are no fields. */
function isHidden(annotation: Expr | null): boolean {
  return annotation?.kind === "subscript" && ["Private", "ClassVar", "InitVar"].includes(lastName(annotation.object));
}

function lastName(expr: Expr): string {
  return expr.kind === "name" || expr.kind === "attribute" ? expr.name : "";
}

/** `@strawberry.field`, `@strawberry.field(…)`, `strawberry.field(resolver=…)`. */
function fieldCall(engine: Engine, value: Value): Pick<StrawberryField, "settings" | "kind" | "resolver"> | null {
  for (const one of alternatives(value)) {
    if ((one.kind !== "class" && one.kind !== "object") || !engine.program.isSubclass(one.cls, "strawberry.StrawberryField")) continue;
    const settings = one.kind === "object" ? one.args : null;
    const given = settings?.keywords.get("resolver") ?? settings?.positional[0];
    const resolver = given === undefined ? undefined : alternatives(given).find((each) => each.kind === "function");
    return { settings, kind: one.cls, resolver: resolver?.kind === "function" ? resolver : null };
  }
  return null;
}

export function isDjangoField(engine: Engine, field: StrawberryField): boolean {
  return field.kind !== null && engine.program.isSubclass(field.kind, "strawberry_django.fields.StrawberryDjangoField");
}

const models = new WeakMap<Engine, Map<ClassInfo, Model | null>>();

/** The model of `@strawberry_django.type(Model)`. */
export function modelOf(engine: Engine, type: ClassInfo): Model | null {
  const known = tableOf(models, engine);
  let model = known.get(type);
  if (model === undefined) {
    const arg = typeCall(engine, type)?.args[0];
    const value = arg === undefined ? null : engine.evaluate(arg, engine.moduleFrame(type.module));
    model = value?.kind === "class" ? engine.graph.ofClass(value.cls) : null;
    known.set(type, model);
  }
  return model;
}

/** `fields="__all__"`, `exclude=[…]` of the decorator. */
export function typeSetting(engine: Engine, type: ClassInfo, name: string): Value | null {
  const value = typeCall(engine, type)?.keywords.find((one) => one.name === name)?.value;
  return value === undefined ? null : engine.evaluate(value, engine.moduleFrame(type.module));
}

function typeCall(engine: Engine, type: ClassInfo) {
  const call = type.def.decorators.find((one) => isTypeDecorator(engine, type, one));
  return call?.kind === "call" ? call : null;
}

function isTypeDecorator(engine: Engine, cls: ClassInfo, decorator: Expr): boolean {
  const value = engine.evaluate(decorator, engine.moduleFrame(cls.module));
  return value.kind === "native" && value.key === TYPE;
}

const types = new WeakMap<Engine, Map<ClassInfo, boolean>>();

function isType(engine: Engine, cls: ClassInfo): boolean {
  const known = tableOf(types, engine);
  const answer = known.get(cls) ?? cls.def.decorators.some((one) => isTypeDecorator(engine, cls, one));
  known.set(cls, answer);
  return answer;
}

/** The type that an annotation names, inside lists, options and connections. */
export function typeIn(engine: Engine, module: PythonModule, annotation: Expr | null): ClassInfo | null {
  if (annotation === null) return null;
  const parts = partsOf(annotation);
  if (parts !== null) return lazyType(engine, module, parts) ?? parts.map((one) => typeIn(engine, module, one)).find((one) => one !== null) ?? null;
  const value = annotation.kind === "str" ? engine.symbol(resolveText(engine, module, annotation.value)) : namedValue(engine, module, annotation);
  return value?.kind === "class" && isType(engine, value.cls) ? value.cls : null;
}

function namedValue(engine: Engine, module: PythonModule, annotation: Expr): Value | null {
  return annotation.kind === "name" || annotation.kind === "attribute" ? engine.evaluate(annotation, engine.moduleFrame(module)) : null;
}

function partsOf(type: Expr): readonly Expr[] | null {
  if (type.kind === "subscript") return type.index.kind === "sequence" ? type.index.items : [type.index];
  if (type.kind === "binary") return [type.left, type.right];
  return null;
}

/** A forward reference: `"Author"`, `"list[Author]"` is left alone. */
function resolveText(engine: Engine, module: PythonModule, text: string) {
  return /^\w+$/.test(text) ? engine.program.resolve(module, text) : null;
}

/** `Annotated["Author", strawberry.lazy("library.types")]`, also with a path relative to the module's package. */
function lazyType(engine: Engine, module: PythonModule, parts: readonly Expr[]): ClassInfo | null {
  const [name, lazy] = parts;
  if (name?.kind !== "str" || lazy?.kind !== "call" || lastName(lazy.callee) !== "lazy") return null;
  const [path] = lazy.args;
  if (path?.kind !== "str") return null;
  const symbol = engine.program.resolveDotted(`${absolute(module, path.value)}.${name.value}`);
  return symbol?.kind === "class" && isType(engine, symbol.cls) ? symbol.cls : null;
}

function absolute(module: PythonModule, path: string): string {
  const dots = /^\.*/.exec(path)?.[0].length ?? 0;
  if (dots === 0) return path;
  const own = module.isPackage ? `${module.name}.` : module.name;
  const above = own.split(".").slice(0, -dots);
  return [...above, path.slice(dots)].filter((part) => part !== "").join(".");
}

/** A list or a connection, inside whatever says that it may be missing. */
export function isMany(annotation: Expr | null): boolean {
  if (annotation?.kind === "binary") return isMany(annotation.left) || isMany(annotation.right);
  if (annotation?.kind !== "subscript") return false;
  return ["Optional", "Annotated", "Union"].includes(lastName(annotation.object)) ? (partsOf(annotation) ?? []).some(isMany) : true;
}
