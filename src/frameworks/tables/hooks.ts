/** django-tables2: what a table's columns read of each row. */
import type { Call, ClassInfo, Field, Model, Span } from "../../model/index.ts";
import { nestedClass } from "../../dataflow/attributes.ts";
import { argument } from "../../dataflow/arguments.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { newEnv } from "../../dataflow/frame.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { OPAQUE, withOpaque, withPath } from "../../dataflow/load-tree.ts";
import { makeRow } from "../../dataflow/rows.ts";
import { runTemplate } from "../../dataflow/template-run.ts";
import { alternatives, listOf, NO_ARGS, object, UNKNOWN, type ObjectValue, type QuerysetValue, type Value } from "../../dataflow/values.ts";
import { nodesIn } from "../../python/syntax-tree.ts";

interface TableColumn {
  readonly name: string;
  readonly declared: ObjectValue | null;
  readonly span: Span;
}

const renderTable =
  (engine: Engine): Hook =>
  (args, site) => {
    const [table, data] = args.positional;
    if (table?.kind !== "object" || data === undefined) return UNKNOWN;
    for (const one of alternatives(data)) {
      if (one.kind !== "queryset" && one.kind !== "list") continue;
      const rows = one.kind === "queryset" ? withOwnLoads(engine, table, one, site) : one;
      const { element, loop } = engine.iterate(rows, site.span, site.frame, "iterate");
      const frame = { ...site.frame, loop };
      const rowAttrs = metaSetting(engine, table, "row_attrs", site);
      if (rowAttrs !== null) callWithin(engine, rowAttrs, { record: element, table }, { ...site, frame });
      for (const column of columnsOf(engine, table, element, site)) readColumn(engine, table, column, element, frame);
      runOwnTemplate(engine, table, element, site);
    }
    return UNKNOWN;
  };

/**
 * The template that a table names in its `Meta`. It sees the rows as `table.rows`; blocks that override those of the package's
 * template see each as `row`. What they read depends on the record, so that it is paid once for each.
 */
function runOwnTemplate(engine: Engine, table: ObjectValue, record: Value, site: CallSite): void {
  const name = firstText(metaSetting(engine, table, "template_name", site), metaSetting(engine, table, "template", site));
  const found = name === null ? null : engine.templates.find(name);
  const rowClass = engine.program.resolveDotted("django_tables2.rows.BoundRow");
  if (found === null || rowClass?.kind !== "class") return;
  const row = object(rowClass.cls, null, site.span);
  row.attrs.set("record", record);
  const rows = listOf(row);
  for (const attribute of ["rows", "paginated_rows"]) table.attrs.set(attribute, rows);
  const env = newEnv(null);
  for (const [variable, value] of Object.entries({ table, row })) env.vars.set(variable, { value, loop: 0 });
  runTemplate(engine, found, env, site);
}

/** How a table's own methods load relations of its rows: by names that they compute, by others, or not at all. */
type OwnLoads = "computed" | "unread" | "none";

/**
 * Names that are computed are those of the columns: what code of a column reads beside the accessors stays unloaded.
 * How far the computed names go on from there is not judged.
 */
function withOwnLoads(engine: Engine, table: ObjectValue, rows: QuerysetValue, site: CallSite): QuerysetValue {
  const how = ownLoads(engine, table.cls);
  if (how === "none") return rows;
  if (how === "unread" || rows.shape !== "rows") return { ...rows, load: withOpaque(rows.load) };
  rows.origin.computed = true;
  const element = makeRow({ model: rows.model, origin: rows.origin });
  let { load } = rows;
  for (const column of columnsOf(engine, table, element, site)) {
    const path = relationsOf(engine, rows.model, accessorOf(column));
    if (path.length > 0) load = withPath(load, path, { node: OPAQUE, how: "prefetch", uses: [], queryset: null, row: null });
  }
  return { ...rows, load };
}

/** The relations that an accessor goes through. */
function relationsOf(engine: Engine, model: Model, accessor: string | null): string[] {
  const path: string[] = [];
  let at: Model | null = model;
  for (const part of (accessor ?? "").split(/__|\./)) {
    const field: Field | undefined = at?.fields.get(part);
    if (field?.relation == null) break;
    path.push(field.name);
    at = engine.graph.byLabel(field.relation.target ?? "", at?.app);
  }
  return path;
}

const selfLoading = new WeakMap<Engine, Map<ClassInfo, OwnLoads>>();

function ownLoads(engine: Engine, cls: ClassInfo): OwnLoads {
  let known = selfLoading.get(engine);
  if (known === undefined) {
    known = new Map();
    selfLoading.set(engine, known);
  }
  let answer = known.get(cls);
  if (answer === undefined) {
    const calls = engine.program.mro(cls).flatMap((owner) => (!isExternal(owner) && owner.module.origin === "project" ? eagerCalls(owner) : []));
    answer = calls.length === 0 ? "none" : calls.every((one) => one.args.length > 0 && one.args.every(({ kind }) => kind === "star")) ? "computed" : "unread";
    known.set(cls, answer);
  }
  return answer;
}

/** Calls of `select_related()` and `prefetch_related()` in the methods of a class. */
function eagerCalls(cls: ClassInfo): Call[] {
  const bodies = [...cls.members.values()].flat().flatMap((one) => (one.kind === "function" ? one.def.body : []));
  return bodies.flatMap((stmt) =>
    nodesIn(stmt).flatMap((node) => (node.kind === "call" && node.callee.kind === "attribute" && EAGER.test(node.callee.name) ? [node] : [])),
  );
}

const EAGER = /^(?:prefetch|select)_related$/;

function columnsOf(engine: Engine, table: ObjectValue, row: Value, site: CallSite): TableColumn[] {
  const columns = declaredColumns(engine, table, site);
  const meta = nestedClass(engine, table.cls, "Meta");
  if (meta === null) return [...columns.values()];
  const at: AccessSite = { span: site.span, frame: site.frame };
  const fields = engine.classMember(meta, "fields", { kind: "class", cls: meta }, at);
  if (fields?.kind === "list" && fields.items !== null) {
    for (const item of fields.items) {
      if (item.kind !== "literal" || typeof item.value !== "string" || columns.has(item.value)) continue;
      columns.set(item.value, { name: item.value, declared: null, span: metaSpan(meta, "fields", item.value) });
    }
  } else if (row.kind === "row" && engine.classMember(meta, "model", { kind: "class", cls: meta }, at) !== null) {
    for (const field of row.model.fields.values()) {
      const kind = field.relation?.kind;
      if (columns.has(field.name) || (kind !== undefined && kind !== "fk" && kind !== "o2o")) continue;
      columns.set(field.name, { name: field.name, declared: null, span: metaSpan(meta, "model", field.name) });
    }
  }
  return [...columns.values()];
}

function declaredColumns(engine: Engine, table: ObjectValue, site: CallSite): Map<string, TableColumn> {
  const found = new Map<string, TableColumn>();
  for (const owner of engine.program.mro(table.cls).toReversed()) {
    if (isExternal(owner) || owner.module.origin === "builtin") continue;
    for (const [name, definitions] of owner.members) {
      const last = definitions.at(-1);
      if (last?.kind !== "variable") continue;
      const value = engine.classMember(table.cls, name, table, { span: site.span, frame: site.frame });
      const column = value === null ? undefined : alternatives(value).find((one) => one.kind === "object" && isColumn(engine, one.cls));
      if (column?.kind !== "object") continue;
      found.set(name, { name, declared: column, span: { file: owner.module.ir.file, start: last.stmt.start, end: last.stmt.end } });
    }
  }
  return found;
}

function isColumn(engine: Engine, cls: ClassInfo): boolean {
  return engine.program.isSubclass(cls, "django_tables2.columns.Column");
}

function metaSetting(engine: Engine, table: ObjectValue, name: string, site: CallSite): Value | null {
  const meta = nestedClass(engine, table.cls, "Meta");
  return meta === null ? null : engine.classMember(meta, name, { kind: "class", cls: meta }, { span: site.span, frame: site.frame });
}

function metaSpan(meta: ClassInfo, member: string, name: string): Span {
  const file = meta.module.ir.file;
  const definition = meta.members.get(member)?.at(-1);
  if (definition?.kind !== "variable") return { file, start: meta.def.start, end: meta.def.headEnd };
  const items = definition.value?.kind === "sequence" ? definition.value.items : [];
  const item = items.find((one) => one.kind === "str" && one.value === name);
  return { file, start: item?.start ?? definition.stmt.start, end: item?.end ?? definition.stmt.end };
}

function readColumn(engine: Engine, table: ObjectValue, column: TableColumn, row: Value, frame: CallSite["frame"]): void {
  const at: AccessSite = { span: column.span, frame };
  const site: CallSite = { ...at, expr: null };
  const value = readAccessor(engine, row, accessorOf(column), at);
  const { declared } = column;
  if (declared !== null) {
    readLink(engine, declared, row, value, site);
    readAttrs(engine, table, declared, row, value, site);
  }
  if (declared !== null && runTemplateColumn(engine, declared, row, value, site)) return;
  const render = engine.classMember(table.cls, `render_${column.name}`, table, at);
  if (render !== null) {
    callRender(engine, render, { record: row, value, table }, site);
    return;
  }
  const own = declared === null ? null : engine.classMember(declared.cls, "render", declared, at);
  if (own !== null) callRender(engine, own, { record: row, value, table }, site);
  else renderValue(engine, value, site);
}

/** Links: `args=[A("customer.pk")]`, `linkify=lambda record: …`, `linkify=("order", {"pk": A("order__pk")})`, or the row's own URL. */
function readLink(engine: Engine, column: ObjectValue, row: Value, value: Value, site: CallSite): void {
  const keywords = column.args?.keywords;
  for (const name of ["args", "kwargs"]) readAccessors(engine, keywords?.get(name), row, site);
  const linkify = keywords?.get("linkify");
  if (linkify?.kind === "function") callRender(engine, linkify, { record: row, value }, site);
  else if (linkify?.kind === "literal" && linkify.value === true) engine.callMethod(linked(row, value), "get_absolute_url", NO_ARGS, site);
  else if (linkify !== undefined) readAccessors(engine, linkify, row, site);
  const isRelated = engine.program.isSubclass(column.cls, "django_tables2.columns.RelatedLinkColumn");
  if (isRelated) engine.callMethod(value, "get_absolute_url", NO_ARGS, site);
  else if (linksToRow(engine, column)) engine.callMethod(row, "get_absolute_url", NO_ARGS, site);
  const text = keywords?.get("text");
  if (text?.kind === "function") callRender(engine, text, { record: row }, site, [row]);
}

/** A column of related rows links to them, one of a plain value to the record. */
function linked(row: Value, value: Value): Value {
  return value.kind === "row" ? value : row;
}

/** A `LinkColumn` without a view's name. */
function linksToRow(engine: Engine, column: ObjectValue): boolean {
  return engine.program.isSubclass(column.cls, "django_tables2.columns.LinkColumn") && argument(column.args ?? NO_ARGS, 0, "viewname") === null;
}

/** Accessors among a link's arguments; other strings are taken as they are. */
function readAccessors(engine: Engine, given: Value | undefined, row: Value, site: CallSite): void {
  for (const one of given === undefined ? [] : alternatives(given)) {
    if (one.kind === "list") for (const item of one.items ?? []) readAccessors(engine, item, row, site);
    else if (one.kind === "dict") for (const item of one.entries.values()) readAccessors(engine, item, row, site);
    else if (one.kind === "object" && engine.program.isSubclass(one.cls, "django_tables2.utils.Accessor")) {
      const path = argument(one.args ?? NO_ARGS, 0, "value");
      if (path?.kind === "literal" && typeof path.value === "string") readAccessor(engine, row, path.value, site);
    }
  }
}

/** Functions among `attrs` and the table's `row_attrs` see each record. */
function readAttrs(engine: Engine, table: ObjectValue, column: ObjectValue, row: Value, value: Value, site: CallSite): void {
  const attrs = column.args?.keywords.get("attrs");
  if (attrs !== undefined) callWithin(engine, attrs, { record: row, value, table }, site);
}

function callWithin(engine: Engine, given: Value, offered: Readonly<Record<string, Value>>, site: CallSite): void {
  for (const one of alternatives(given)) {
    if (one.kind === "dict") for (const inner of one.entries.values()) callWithin(engine, inner, offered, site);
    else if (one.kind === "function") callRender(engine, one, offered, site);
  }
}

function renderValue(engine: Engine, value: Value, site: CallSite): void {
  if (value.kind === "manager" || value.kind === "queryset") {
    const rows = value.kind === "manager" ? engine.callMethod(value, "all", NO_ARGS, site) : value;
    engine.text(engine.iterate(rows, site.span, site.frame, "iterate").element, site.span, site.frame);
  } else engine.text(value, site.span, site.frame);
}

function accessorOf(column: TableColumn): string | null {
  const given = column.declared?.args?.keywords.get("accessor");
  if (given === undefined) return column.name;
  const path = given.kind === "object" ? (argument(given.args ?? NO_ARGS, 0, "value") ?? UNKNOWN) : given;
  return path.kind === "literal" && typeof path.value === "string" ? path.value : null;
}

function readAccessor(engine: Engine, row: Value, accessor: string | null, at: AccessSite): Value {
  if (accessor === null) return UNKNOWN;
  let value = row;
  for (const part of accessor.split(/__|\./)) value = engine.lookUp(value, part, true, at);
  return value;
}

/** django-tables2 passes what the parameters ask for by name. */
function callRender(engine: Engine, render: Value, offered: Readonly<Record<string, Value>>, site: CallSite, positional: readonly Value[] = []): void {
  if (render.kind !== "bound" && render.kind !== "function") return;
  const keywords = new Map<string, Value>();
  const params = render.kind === "bound" ? render.fn.def.params.slice(1) : render.def.params.slice(positional.length);
  for (const param of params) if (param.form !== "args" && param.form !== "kwargs") keywords.set(param.name, offered[param.name] ?? UNKNOWN);
  engine.text(engine.call(render, { positional, keywords, open: false }, site), site.span, site.frame);
}

/** `TemplateColumn(template_code=…)` or `template_name=…` sees `record`, `value` and `table`. */
function runTemplateColumn(engine: Engine, column: ObjectValue, row: Value, value: Value, site: CallSite): boolean {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const args = column.args ?? NO_ARGS;
  const code = firstText(argument(args, 0, "template_code"), engine.attribute(column, "template_code", at));
  const name = firstText(args.keywords.get("template_name") ?? null, engine.attribute(column, "template_name", at));
  if (code === null && name === null) return false;
  const env = newEnv(null);
  env.vars.set("record", { value: row, loop: site.frame.loop?.id ?? 0 });
  env.vars.set("value", { value, loop: site.frame.loop?.id ?? 0 });
  env.vars.set("table", { value: UNKNOWN, loop: 0 });
  if (code !== null) runInlineTemplate(engine, code, env, site);
  else if (name !== null) {
    const found = engine.templates.find(name);
    if (found !== null) runTemplate(engine, found, env, site);
  }
  return true;
}

function firstText(...values: readonly (Value | null)[]): string | null {
  for (const value of values) if (value?.kind === "literal" && typeof value.value === "string") return value.value;
  return null;
}

/** A template written in Python: its places are the Python file's, at the string. */
function runInlineTemplate(engine: Engine, code: string, env: ReturnType<typeof newEnv>, site: CallSite): void {
  const place = stringPlace(engine, code) ?? { file: site.span.file, start: site.span.start };
  const found = engine.templates.fromText(place.file, code, "django");
  runTemplate(engine, { ...found, module: shifted(found.module, place.start) }, env, site);
}

function stringPlace(engine: Engine, code: string): { readonly file: string; readonly start: number } | null {
  return engine.templates.placeOfString(code);
}

function shifted<Node>(node: Node, by: number): Node {
  if (Array.isArray(node)) return node.map((one: unknown) => shifted(one, by)) as Node;
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, isOffset(key) && typeof value === "number" ? value + by : shifted(value, by)]);
  return Object.fromEntries(entries) as Node;
}

function isOffset(key: string): boolean {
  return key === "start" || key === "end" || key === "nameStart" || key === "headEnd";
}

export const tableHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.render_table": renderTable,
};
