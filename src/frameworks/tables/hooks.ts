/** django-tables2: what a table's columns read of each row. */
import type { ClassInfo, Span } from "../../model/index.ts";
import { argument } from "../../dataflow/calls.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { newEnv } from "../../dataflow/frame.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { runTemplate } from "../../dataflow/template-run.ts";
import { alternatives, NO_ARGS, UNKNOWN, type ObjectValue, type Value } from "../../dataflow/values.ts";

interface TableColumn {
  readonly name: string;
  readonly declared: ObjectValue | null;
  readonly span: Span;
}

const renderTable = (engine: Engine): Hook => (args, site) => {
  const [table, data] = args.positional;
  if (table?.kind !== "object" || data === undefined) return UNKNOWN;
  for (const one of alternatives(data)) {
    if (one.kind !== "queryset" && one.kind !== "list") continue;
    const { element, loop } = engine.iterate(one, site.span, site.frame, "iterate");
    const frame = { ...site.frame, loop };
    for (const column of columnsOf(engine, table, element, site)) readColumn(engine, table, column, element, frame);
  }
  return UNKNOWN;
};

function columnsOf(engine: Engine, table: ObjectValue, row: Value, site: CallSite): TableColumn[] {
  const columns = declaredColumns(engine, table, site);
  const meta = metaOf(engine, table.cls);
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

function metaOf(engine: Engine, cls: ClassInfo): ClassInfo | null {
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner)) continue;
    const meta = owner.nested.get("Meta");
    if (meta !== undefined) return meta;
  }
  return null;
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

function renderValue(engine: Engine, value: Value, site: CallSite): void {
  if (value.kind === "manager" || value.kind === "queryset") {
    const rows = value.kind === "manager" ? engine.callMethod(value, "all", NO_ARGS, site) : value;
    engine.text(engine.iterate(rows, site.span, site.frame, "iterate").element, site.span, site.frame);
  } else engine.text(value, site.span, site.frame);
}

function accessorOf(column: TableColumn): string | null {
  const given = column.declared?.args?.keywords.get("accessor");
  if (given === undefined) return column.name;
  if (given.kind !== "literal") return null;
  return typeof given.value === "string" ? given.value : null;
}

function readAccessor(engine: Engine, row: Value, accessor: string | null, at: AccessSite): Value {
  if (accessor === null) return UNKNOWN;
  let value = row;
  for (const part of accessor.split(/__|\./)) value = engine.lookUp(value, part, true, at);
  return value;
}

/** django-tables2 passes what the parameters ask for by name. */
function callRender(engine: Engine, render: Value, offered: Readonly<Record<string, Value>>, site: CallSite): void {
  if (render.kind !== "bound") return;
  const keywords = new Map<string, Value>();
  for (const param of render.fn.def.params.slice(1)) keywords.set(param.name, offered[param.name] ?? UNKNOWN);
  engine.text(engine.call(render, { positional: [], keywords, open: false }, site), site.span, site.frame);
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
