/** The admin: which columns a changelist reads of each row, and what its automatic `select_related()` loads. */
import type { ClassInfo, Expr, Model, Span } from "../../model/index.ts";
import { decoratorName } from "../../dataflow/calls.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { withSelectsAll } from "../../dataflow/load-tree.ts";
import { alternatives, list, NO_ARGS, UNKNOWN, type ObjectValue, type QuerysetValue, type Value } from "../../dataflow/values.ts";

/** Models that an admin class is registered for: by decorator, by `site.register`, by its own `model`. */
const adminModels = (engine: Engine): Hook => (args) => {
  const [admin] = args.positional;
  if (admin?.kind !== "object") return UNKNOWN;
  return list(registeredModels(engine, admin.cls).map((model) => ({ kind: "class", cls: model.cls })));
};

const registrations = new WeakMap<Engine, ReadonlyMap<string, readonly Model[]>>();

function registeredModels(engine: Engine, cls: ClassInfo): readonly Model[] {
  const decorated = cls.def.decorators.flatMap((one) =>
    one.kind === "call" && /(^|\.)register$/.test(decoratorName(one)) ? one.args.flatMap((arg) => modelsOf(engine, cls, arg)) : [],
  );
  if (decorated.length > 0) return decorated;
  let known = registrations.get(engine);
  if (known === undefined) {
    known = readRegistrations(engine);
    registrations.set(engine, known);
  }
  return known.get(cls.id) ?? [];
}

function modelsOf(engine: Engine, cls: ClassInfo, arg: Expr): Model[] {
  const value = engine.evaluate(arg, engine.moduleFrame(cls.module));
  return modelsOfValue(engine, value);
}

function modelsOfValue(engine: Engine, value: Value): Model[] {
  return alternatives(value).flatMap((one) => {
    if (one.kind === "class") {
      const model = engine.graph.ofClass(one.cls);
      return model === null ? [] : [model];
    }
    return one.kind === "list" ? (one.items ?? []).flatMap((item) => modelsOfValue(engine, item)) : [];
  });
}

/** `admin.site.register(Model, Admin)` at module level. */
function readRegistrations(engine: Engine): ReadonlyMap<string, readonly Model[]> {
  const found = new Map<string, Model[]>();
  for (const module of engine.program.modules.values()) {
    if (module.origin !== "project") continue;
    for (const stmt of module.ir.body) {
      if (stmt.kind !== "expr" || stmt.value.kind !== "call" || !/(^|\.)register$/.test(decoratorName(stmt.value.callee))) continue;
      const [model, admin] = stmt.value.args;
      if (model === undefined || admin === undefined) continue;
      const frame = engine.moduleFrame(module);
      const cls = engine.evaluate(admin, frame);
      if (cls.kind !== "class") continue;
      const models = modelsOfValue(engine, engine.evaluate(model, frame));
      found.set(cls.cls.id, [...(found.get(cls.cls.id) ?? []), ...models]);
    }
  }
  return found;
}

const changelist = (engine: Engine): Hook => (args, site) => {
  const [admin, request] = args.positional;
  if (admin?.kind !== "object" || request === undefined) return UNKNOWN;
  const call = { ...NO_ARGS, positional: [request] };
  const inner: CallSite = { ...site, expr: null };
  readFilters(engine, admin, inner);
  const columns = engine.callMethod(admin, "get_list_display", call, inner);
  for (const queryset of alternatives(engine.callMethod(admin, "get_queryset", call, inner))) {
    if (queryset.kind !== "queryset") continue;
    const related = engine.callMethod(admin, "get_list_select_related", call, inner);
    const loaded = withListSelectRelated(engine, queryset, related, columns, inner);
    readColumns(engine, admin, loaded, columns, inner);
  }
  return UNKNOWN;
};

/** A filter by a relation offers each of its rows, by its text. */
function readFilters(engine: Engine, admin: ObjectValue, site: CallSite): void {
  const span = declarationSpan(engine, admin.cls, "list_filter");
  const at: AccessSite = { span, frame: site.frame };
  const filters = engine.classMember(admin.cls, "list_filter", admin, at);
  const model = alternatives(admin.attrs.get("model") ?? UNKNOWN).flatMap((one) => (one.kind === "class" ? [engine.graph.ofClass(one.cls)] : []))[0];
  if (filters?.kind !== "list" || model === null || model === undefined) return;
  for (const item of filters.items ?? []) {
    const name = item.kind === "literal" ? String(item.value) : "";
    const relation = model.fields.get(name)?.relation;
    const target = relation === null || relation === undefined || !CHOSEN.has(relation.kind) ? null : engine.graph.byLabel(relation.target ?? "");
    if (target === null) continue;
    const place = { span: nameSpan(engine, admin.cls, "list_filter", name) ?? span, frame: site.frame };
    const manager = engine.attribute({ kind: "class", cls: target.cls }, "_default_manager", place);
    const rows = engine.callMethod(manager, "all", NO_ARGS, { ...place, expr: null });
    const { element, loop } = engine.iterate(rows, place.span, site.frame, "iterate");
    engine.text(element, place.span, { ...site.frame, loop });
  }
}

const CHOSEN: ReadonlySet<string> = new Set(["fk", "o2o", "m2m"]);

/** `list_select_related`: True for all, names, or False, where a foreign key among the columns turns it on. */
function withListSelectRelated(engine: Engine, queryset: QuerysetValue, related: Value, columns: Value, site: CallSite): QuerysetValue {
  if (related.kind === "list" && related.items !== null) {
    const made = engine.callMethod(queryset, "select_related", { ...NO_ARGS, positional: related.items }, site);
    return related.items.length === 0 || made.kind !== "queryset" ? queryset : made;
  }
  const isOn = related.kind === "literal" ? related.value === true : true;
  if (isOn || hasForeignKey(queryset.model, columns)) return { ...queryset, load: withSelectsAll(queryset.load) };
  return queryset;
}

function hasForeignKey(model: Model, columns: Value): boolean {
  return columnNames(columns).some((name) => {
    const kind = model.fields.get(name)?.relation?.kind;
    return kind === "fk" || kind === "o2o";
  });
}

function columnNames(columns: Value): string[] {
  if (columns.kind !== "list" || columns.items === null) return [];
  return columns.items.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
}

function readColumns(engine: Engine, admin: ObjectValue, queryset: QuerysetValue, columns: Value, site: CallSite): void {
  if (columns.kind !== "list") return;
  const head = declarationSpan(engine, admin.cls, "list_display");
  const { element, loop } = engine.iterate(queryset, head, site.frame, "iterate", head);
  const frame = { ...site.frame, loop };
  for (const column of columns.items ?? [columns.element]) readColumn(engine, admin, column, element, head, frame);
}

function readColumn(engine: Engine, admin: ObjectValue, column: Value, row: Value, head: Span, frame: CallSite["frame"]): void {
  if (column.kind !== "literal" || typeof column.value !== "string") {
    engine.call(column, { ...NO_ARGS, positional: [row] }, { span: head, frame, expr: null });
    return;
  }
  const name = column.value;
  const at: AccessSite = { span: nameSpan(engine, admin.cls, "list_display", name) ?? head, frame };
  const site: CallSite = { ...at, expr: null };
  const own = row.kind === "row" && row.model.fields.has(name) ? null : engine.classMember(admin.cls, name, admin, at);
  if (own !== null) {
    engine.text(engine.call(own, { ...NO_ARGS, positional: [row] }, site), at.span, frame);
    return;
  }
  if (name === "__str__") {
    engine.text(row, at.span, frame);
    return;
  }
  let value = row;
  for (const part of name.split("__")) value = engine.lookUp(value, part, true, at);
  engine.text(value, at.span, frame);
}

export function declarationSpan(engine: Engine, cls: ClassInfo, name: string): Span {
  const member = engine.program.member(cls, name);
  const isOwn = member !== null && member.owner.module.origin === "project" && member.definition.kind === "variable";
  const file = isOwn ? member.owner.module.ir.file : cls.module.ir.file;
  if (isOwn && member.definition.kind === "variable") {
    return { file, start: member.definition.stmt.start, end: member.definition.stmt.end };
  }
  return { file, start: cls.def.start, end: cls.def.headEnd };
}

/** The string in a class attribute's list that names a column. */
export function nameSpan(engine: Engine, cls: ClassInfo, member: string, name: string): Span | null {
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const definition of owner.members.get(member) ?? []) {
      if (definition.kind !== "variable" || definition.value?.kind !== "sequence") continue;
      const item = definition.value.items.find((one) => one.kind === "str" && one.value === name);
      if (item !== undefined) return { file: owner.module.ir.file, start: item.start, end: item.end };
    }
  }
  return null;
}

/** Inline forms: one row each of the related objects, rendered with its label and fields. */
const inline = (engine: Engine): Hook => (args, site) => {
  const [admin, request] = args.positional;
  if (admin?.kind !== "object" || request === undefined) return UNKNOWN;
  const inner: CallSite = { ...site, expr: null };
  const queryset = engine.callMethod(admin, "get_queryset", { ...NO_ARGS, positional: [request] }, inner);
  for (const one of alternatives(queryset)) {
    if (one.kind !== "queryset") continue;
    const head = declarationSpan(engine, admin.cls, "model");
    const { element, loop } = engine.iterate(one, head, site.frame, "iterate", head);
    const frame = { ...site.frame, loop };
    engine.text(element, head, frame);
    const readonly = engine.attribute(admin, "readonly_fields", { span: head, frame });
    for (const column of readonly.kind === "list" ? (readonly.items ?? []) : []) {
      readInlineField(engine, admin, column, element, head, frame);
    }
  }
  return UNKNOWN;
};

function readInlineField(engine: Engine, admin: ObjectValue, column: Value, row: Value, head: Span, frame: CallSite["frame"]): void {
  if (column.kind !== "literal" || typeof column.value !== "string") return;
  const at = { span: nameSpan(engine, admin.cls, "readonly_fields", column.value) ?? head, frame };
  const own = engine.classMember(admin.cls, column.value, admin, at);
  const value = own === null ? engine.lookUp(row, column.value, true, at) : engine.call(own, { ...NO_ARGS, positional: [row] }, { ...at, expr: null });
  engine.text(value, at.span, frame);
}

export const adminHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.admin_models": adminModels,
  "luthier.changelist": changelist,
  "luthier.inline": inline,
};
