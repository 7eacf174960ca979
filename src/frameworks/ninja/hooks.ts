/** Django Ninja: what the response's schema reads of each row that an operation returns. */
import { decoratorName } from "../../python/syntax-tree.ts";
import type { ClassInfo, Expr, FunctionDef, PythonModule } from "../../model/index.ts";
import { nestedClass } from "../../dataflow/attributes.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { alternatives, NO_ARGS, native, UNKNOWN, type Value } from "../../dataflow/values.ts";
import { classSetting, itemSpan, readPath, stringItems } from "../declarations.ts";

/** Schemas within schemas that are followed. */
const MAX_NESTING = 8;

const operation =
  (engine: Engine): Hook =>
  () =>
    native("luthier.decorator:ninja", (args, site) => {
      const [fn, result] = args.positional;
      if (fn?.kind !== "function" || fn.def.kind !== "function" || result === undefined) return UNKNOWN;
      const schema = responseSchema(engine, fn.module, fn.def);
      if (schema !== null) for (const one of alternatives(bodyOf(result))) represent(engine, schema, one, 0, site);
      return UNKNOWN;
    });

/** `return 200, orders`. */
function bodyOf(result: Value): Value {
  const isPair = result.kind === "list" && result.type === "tuple" && result.items?.length === 2 && result.items[0]?.kind === "literal";
  return isPair ? (result.items?.[1] ?? UNKNOWN) : result;
}

/** `response=List[OrderSchema]`, `response={200: OrderSchema}`, or the annotation of what the function returns. */
function responseSchema(engine: Engine, module: PythonModule, def: FunctionDef): ClassInfo | null {
  for (const decorator of def.decorators) {
    if (decorator.kind !== "call" || !/(?:\.|(?:^|\.)http_)(?:get|post|put|patch|delete|api_operation)$/.test(decoratorName(decorator))) continue;
    const given = decorator.keywords.find((one) => one.name === "response")?.value;
    if (given !== undefined) return schemaIn(engine, module, given);
  }
  return def.returns === null ? null : schemaIn(engine, module, def.returns);
}

/** The schema that a type names, inside lists and unions. */
function schemaIn(engine: Engine, module: PythonModule, type: Expr): ClassInfo | null {
  const parts = partsOf(type);
  if (parts !== null) return parts.map((one) => schemaIn(engine, module, one)).find((one) => one !== null) ?? null;
  if (type.kind === "str") {
    const symbol = engine.program.resolve(module, type.value);
    return symbol?.kind === "class" && isSchema(engine, symbol.cls) ? symbol.cls : null;
  }
  if (type.kind !== "name" && type.kind !== "attribute") return null;
  const value = engine.evaluate(type, engine.moduleFrame(module));
  return value.kind === "class" && isSchema(engine, value.cls) ? value.cls : null;
}

function partsOf(type: Expr): readonly Expr[] | null {
  if (type.kind === "subscript") return [type.index];
  if (type.kind === "sequence") return type.items;
  if (type.kind === "binary") return [type.left, type.right];
  return type.kind === "dict" ? type.entries.map((one) => one.value) : null;
}

function isSchema(engine: Engine, cls: ClassInfo): boolean {
  return engine.program.isSubclass(cls, "ninja.schema.Schema");
}

function represent(engine: Engine, schema: ClassInfo, value: Value, depth: number, site: CallSite): void {
  if (depth > MAX_NESTING || value.kind === "unknown" || value.kind === "literal" || value.kind === "dict") return;
  if (value.kind !== "manager" && value.kind !== "queryset" && value.kind !== "list") {
    readSchema(engine, schema, value, depth, site);
    return;
  }
  const rows = value.kind === "manager" ? engine.callMethod(value, "all", NO_ARGS, { ...site, expr: null }) : value;
  const { element, loop } = engine.iterate(rows, site.span, site.frame, "iterate");
  for (const row of alternatives(element)) readSchema(engine, schema, row, depth, { ...site, frame: { ...site.frame, loop } });
}

interface SchemaField {
  readonly name: string;
  readonly annotation: Expr;
  readonly value: Expr | null;
  readonly owner: ClassInfo;
  readonly at: { readonly start: number; readonly end: number };
}

function readSchema(engine: Engine, schema: ClassInfo, row: Value, depth: number, site: CallSite): void {
  if (row.kind === "unknown" || row.kind === "literal") return;
  const fields = fieldsOf(engine, schema);
  for (const field of fields.values()) {
    const inner: CallSite = { span: { file: field.owner.module.ir.file, start: field.at.start, end: field.at.end }, frame: site.frame, expr: null };
    const value = resolved(engine, schema, field.name, row, inner) ?? readPath(engine, row, aliasOf(field), inner);
    const nested = schemaIn(engine, field.owner.module, field.annotation);
    if (nested !== null) for (const one of alternatives(value)) represent(engine, nested, one, depth + 1, inner);
  }
  readModelFields(engine, schema, row, new Set(fields.keys()), site);
}

function fieldsOf(engine: Engine, schema: ClassInfo): ReadonlyMap<string, SchemaField> {
  const found = new Map<string, SchemaField>();
  for (const owner of engine.program.mro(schema).toReversed()) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const [name, definitions] of owner.members) {
      const last = definitions.at(-1);
      if (last?.kind !== "variable" || last.annotation === null || name.startsWith("_") || name === "model_config") continue;
      found.set(name, { name, annotation: last.annotation, value: last.value, owner, at: last.stmt });
    }
  }
  return found;
}

/** `Field(None, alias="customer.name")`. */
function aliasOf(field: SchemaField): string {
  const keywords = field.value?.kind === "call" ? field.value.keywords : [];
  const alias = keywords.find((one) => one.name === "alias" || one.name === "validation_alias")?.value;
  return alias?.kind === "str" ? alias.value : field.name;
}

function resolved(engine: Engine, schema: ClassInfo, name: string, row: Value, site: CallSite): Value | null {
  const resolver = engine.classMember(schema, `resolve_${name}`, { kind: "class", cls: schema }, site);
  if (resolver?.kind !== "function" || resolver.def.kind !== "function") return null;
  const isStatic = resolver.def.decorators.some((one) => decoratorName(one) === "staticmethod");
  return engine.call(resolver, { ...NO_ARGS, positional: isStatic ? [row] : [UNKNOWN, row], open: true }, site);
}

/** A model's foreign keys are represented by their columns, its many-to-many relations by lists of keys. */
function readModelFields(engine: Engine, schema: ClassInfo, row: Value, declared: ReadonlySet<string>, site: CallSite): void {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const [holder, member] = nestedClass(engine, schema, "Meta") === null ? ["Config", "model_fields"] : ["Meta", "fields"];
  const inner = nestedClass(engine, schema, holder);
  if (inner === null || row.kind !== "row") return;
  const given = classSetting(engine, inner, "", member, at);
  const isAll = given?.kind === "literal" && given.value === "__all__";
  const excluded = new Set(stringItems(classSetting(engine, inner, "", "exclude", at)));
  const named = isAll || excluded.size > 0 ? [...row.model.fields.keys()] : (stringItems(given) ?? []);
  for (const name of named) {
    if (declared.has(name) || excluded.has(name) || row.model.fields.get(name)?.relation?.kind !== "m2m") continue;
    const where: CallSite = { span: itemSpan(engine, inner, member, name), frame: site.frame, expr: null };
    const manager = engine.attribute(row, name, where);
    if (manager.kind === "manager") engine.iterate(engine.callMethod(manager, "all", NO_ARGS, where), where.span, where.frame, "iterate");
  }
}

export const ninjaHooks: Readonly<Record<string, (engine: Engine) => Hook>> = { "luthier.ninja_operation": operation };
