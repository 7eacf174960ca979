/** Strawberry and strawberry-django: from the fields of root types down, what is read of each row that a list gives. */
import type { ClassInfo } from "../../model/index.ts";
import type { CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { alternatives, attributesOnly, literal, NO_ARGS, native, UNKNOWN, type FunctionValue, type RowValue, type Value } from "../../dataflow/values.ts";
import { doubted, readPath, stringItems } from "../declarations.ts";
import { forEachRow, OPTIONAL, ownQueryset, refined } from "../graphql/rows.ts";
import { isOptimised, joinsItself, sourceOf, withFields } from "./optimizer.ts";
import { fieldsOf, isDjangoField, isMany, modelOf, TYPE, typeIn, typeSetting, type StrawberryField } from "./types.ts";

/** Types below a root that its queries usually ask for: `orders { lines { … } }`. */
const LIKELY_NESTING = 2;
/** One type more is followed, as possible; schemas have cycles, queries end. */
const MAX_NESTING = 3;

/** A type of the schema and a row that it stands for; `isLoaded`: the optimizer saw the queryset that it comes from. */
interface Visit {
  readonly type: ClassInfo;
  readonly parent: Value;
  readonly path: readonly ClassInfo[];
  readonly isLoaded: boolean;
  readonly site: CallSite;
}

/** `@strawberry.type`, with or without arguments; what it decorates is looked at as a root. */
const typeDecorator = (engine: Engine) => {
  const decorator: Value = native(TYPE, (args, site) => {
    const [cls] = args.positional;
    if (cls?.kind !== "class") return decorator;
    if (modelOf(engine, cls.cls) === null) resolveRoot(engine, cls.cls, site);
    return UNKNOWN;
  });
  return decorator;
};

/** Nearest types first; further down, each type is looked at once: schemas name each other without end. */
function resolveRoot(engine: Engine, root: ClassInfo, site: CallSite): void {
  for (const field of fieldsOf(engine, root).values()) {
    const visits = resolveField(engine, field, { type: root, parent: UNKNOWN, path: [root], isLoaded: false, site });
    const seen = new Set<string>();
    for (const visit of visits) {
      const key = `${visit.type.id} ${visit.isLoaded}`;
      if (visit.path.length > LIKELY_NESTING && seen.has(key)) continue;
      seen.add(key);
      visits.push(...resolveFields(engine, visit));
    }
  }
}

/** Fields of the type, for one parent. */
function resolveFields(engine: Engine, visit: Visit): Visit[] {
  const { parent, type } = visit;
  const loaded = visit.isLoaded && parent.kind === "row" ? { ...parent, load: withFields(engine, parent.load, parent.model, type) } : parent;
  const fields = fieldsOf(engine, type);
  if (loaded.kind === "row" && !visit.isLoaded) readImplicit(engine, type, loaded, fields, visit.site);
  return [...fields.values()].flatMap((field) => resolveField(engine, field, { ...visit, parent: loaded }));
}

/** The rows that the field gives, where its type has fields of its own. */
function resolveField(engine: Engine, field: StrawberryField, visit: Visit): Visit[] {
  const { path, isLoaded, site } = visit;
  const inner: CallSite = { span: field.span, frame: site.frame, expr: null };
  const target = typeIn(engine, field.module, field.type);
  const value = field.resolver === null ? readOwn(engine, field, target, visit, inner) : callResolver(engine, field, field.resolver, visit.parent, inner);
  if (target === null || path.length > MAX_NESTING || path.includes(target)) return [];
  const found: Visit[] = [];
  for (const one of alternatives(value)) {
    const rows = rowsOf(engine, field, one, target, inner);
    const isSeen =
      isOptimised(engine) && modelOf(engine, target) !== null && (rows.kind === "queryset" || (isLoaded && (field.resolver === null || joinsItself(field))));
    const many = rows.kind === "queryset" && !isMany(field.type) ? engine.callMethod(rows, "get", NO_ARGS, inner) : rows;
    const asked = path.length > LIKELY_NESTING ? doubted(many, OPTIONAL) : many;
    forEachRow(engine, asked, inner, (row, at) => found.push({ type: target, parent: row, path: [...path, target], isLoaded: isSeen, site: at }));
  }
  return found;
}

/** strawberry-django's fields apply the type's `get_queryset` to what a resolver gives. */
function rowsOf(engine: Engine, field: StrawberryField, value: Value, type: ClassInfo, site: CallSite): Value {
  const rows = value.kind === "manager" ? engine.callMethod(value, "all", NO_ARGS, site) : value;
  const isNew = rows.kind === "queryset" && !rows.prefetched && !rows.evaluated;
  return isNew && field.resolver !== null && isDjangoField(engine, field) ? refined(engine, type, rows, site) : rows;
}

/** Without a resolver: the parent's attribute, or, of a root, the model's own rows. */
function readOwn(engine: Engine, field: StrawberryField, target: ClassInfo | null, { type, parent }: Visit, site: CallSite): Value {
  if (parent.kind === "row" || parent.kind === "object") return readPath(engine, parent, sourceOf(field), site);
  const isRoot = modelOf(engine, type) === null && isDjangoField(engine, field);
  const model = target === null || !isRoot ? null : modelOf(engine, target);
  if (target === null || model === null) return UNKNOWN;
  return ownQueryset(engine, model, target, site);
}

/** A method's first parameter, and any parameter named so, is the parent; arguments come from the query. */
function callResolver(engine: Engine, { name: field }: StrawberryField, resolver: FunctionValue, parent: Value, site: CallSite): Value {
  const keywords = new Map<string, Value>();
  for (const [index, { name, annotation }] of resolver.def.params.entries()) {
    const isParent = annotation?.kind === "subscript" && /^(?:strawberry\.)?Parent$/.test(annotation.object.kind === "name" ? annotation.object.name : "");
    if ((resolver.owner !== null && index === 0) || name === "self" || name === "root" || isParent) keywords.set(name, parent);
    // A resolver that several fields share asks which of them it is: `getattr(self, info.python_name)`.
    else if (resolver.owner === null && name === "info") keywords.set(name, attributesOnly([["python_name", literal(field)]]));
  }
  return engine.call(resolver, { ...NO_ARGS, keywords, open: true }, site);
}

/** `fields="__all__"`: relations that are not declared give the key of what they lead to. */
function readImplicit(engine: Engine, type: ClassInfo, row: RowValue, declared: ReadonlyMap<string, unknown>, site: CallSite): void {
  const given = typeSetting(engine, type, "fields");
  if (given === null || modelOf(engine, type) === null) return;
  const named = given.kind === "literal" && given.value === "__all__" ? null : stringItems(given);
  const excluded = stringItems(typeSetting(engine, type, "exclude")) ?? [];
  for (const field of row.model.fields.values()) {
    const kind = field.relation?.kind;
    const isOwn = kind === "fk" || kind === "o2o" || kind === "m2m";
    if (!isOwn || declared.has(field.name) || excluded.includes(field.name) || named?.includes(field.name) === false) continue;
    const inner: CallSite = { span: { file: type.module.ir.file, start: type.def.start, end: type.def.headEnd }, frame: site.frame, expr: null };
    forEachRow(engine, engine.attribute(doubted(row, OPTIONAL), field.name, inner), inner, () => undefined);
  }
}

export const strawberryHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.strawberry_type": (engine) => () => typeDecorator(engine),
  "luthier.strawberry_django_type": (engine) => () => typeDecorator(engine),
};
