/** django-import-export: what a resource reads of each row that it exports. */
import type { Field } from "../../model/index.ts";
import { nestedClass } from "../../dataflow/attributes.ts";
import { argument } from "../../dataflow/arguments.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { alternatives, literal, NO_ARGS, UNKNOWN, type ObjectValue, type RowValue, type Value } from "../../dataflow/values.ts";
import { exportedResources } from "../admin/hooks.ts";
import { classSetting, declaredObjects, doubted, itemSpan, readPath, stringItems, type Declared } from "../declarations.ts";

/** Since 4.3.8 a foreign key without a widget of its own is exported by its column. */
const BY_KEY = "recent versions of import-export read the key alone";

/** The library exports what these methods give. */
const CHOSEN = "the resource chooses the fields that it exports";

const exportRow =
  (engine: Engine): Hook =>
  (args, site) => {
    const [resource, row] = args.positional;
    if (resource?.kind !== "object" || row === undefined) return UNKNOWN;
    for (const one of alternatives(row)) exportFields(engine, resource, one, site);
    return UNKNOWN;
  };

function exportFields(engine: Engine, resource: ObjectValue, exported: Value, site: CallSite): void {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const declared = new Map(declaredObjects(engine, resource.cls, "import_export.fields.Field", at).map((one) => [one.name, one]));
  const chosen = chosenFields(engine, resource, site);
  const row = chosen === "open" ? doubted(exported, CHOSEN) : exported;
  const isExportedOne = (name: string): boolean => chosen === null || chosen === "open" || chosen.has(name);
  for (const one of declared.values()) if (isExportedOne(one.name)) exportDeclared(engine, resource, one, row, site);
  for (const name of modelNames(engine, resource, row, at)) if (!declared.has(name) && isExportedOne(name)) exportNamed(engine, resource, name, row, site);
}

/** Names of the fields that the resource's own methods choose; `open` where these cannot be told, null where it exports all. */
function chosenFields(engine: Engine, resource: ObjectValue, site: CallSite): ReadonlySet<string> | "open" | null {
  const names = ["get_export_fields", "get_export_order"].filter((name) => engine.program.member(resource.cls, name)?.owner.module.origin === "project");
  if (names.length === 0) return null;
  if (names.includes("get_export_fields")) return "open";
  const order = engine.callMethod(resource, "get_export_order", NO_ARGS, site);
  const items = stringItems(order);
  return order.kind === "list" && items?.length === order.items?.length && items !== null ? new Set(items) : "open";
}

/** `Meta.fields`, or every column and many-to-many relation of the model less `Meta.exclude`. */
function modelNames(engine: Engine, resource: ObjectValue, row: Value, at: AccessSite): readonly string[] {
  const named = stringItems(classSetting(engine, resource.cls, "Meta", "fields", at));
  if (named !== null) return named;
  const excluded = new Set(stringItems(classSetting(engine, resource.cls, "Meta", "exclude", at)));
  return row.kind === "row"
    ? [...row.model.fields.values()]
        .filter(isExported)
        .map((one) => one.name)
        .filter((name) => !excluded.has(name))
    : [];
}

function isExported(field: Field): boolean {
  const kind = field.relation?.kind;
  return kind === undefined || kind === "fk" || kind === "o2o" || kind === "m2m";
}

function dehydrated(engine: Engine, resource: ObjectValue, name: string, row: Value, site: CallSite): boolean {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const method = engine.classMember(resource.cls, `dehydrate_${name}`, resource, at);
  if (method === null) return false;
  engine.text(engine.call(method, { ...NO_ARGS, positional: [row] }, { ...at, expr: null }), at.span, at.frame);
  return true;
}

function exportDeclared(engine: Engine, resource: ObjectValue, field: Declared, row: Value, site: CallSite): void {
  const inner: CallSite = { span: field.span, frame: site.frame, expr: null };
  if (dehydrated(engine, resource, field.name, row, inner)) return;
  const path = argument(field.object.args ?? NO_ARGS, 0, "attribute");
  if (path?.kind !== "literal" || typeof path.value !== "string") return;
  renderMany(engine, readPath(engine, row, path.value, inner), inner);
}

function exportNamed(engine: Engine, resource: ObjectValue, name: string, row: Value, site: CallSite): void {
  const meta = nestedClass(engine, resource.cls, "Meta") ?? resource.cls;
  const inner: CallSite = { span: itemSpan(engine, meta, "fields", name), frame: site.frame, expr: null };
  if (dehydrated(engine, resource, name, row, inner)) return;
  const isKey = row.kind === "row" && isForeignKey(row, name);
  renderMany(engine, readPath(engine, isKey ? doubted(row, BY_KEY) : row, name, inner), inner);
}

function isForeignKey(row: RowValue, name: string): boolean {
  const kind = row.model.fields.get(name)?.relation?.kind;
  return kind === "fk" || kind === "o2o";
}

/** A widget for many rows lists their keys; one for a single row takes its key. */
function renderMany(engine: Engine, value: Value, site: CallSite): void {
  if (value.kind !== "manager") return;
  const rows = engine.callMethod(value, "all", NO_ARGS, site);
  engine.iterate(rows, site.span, site.frame, "iterate");
}

/** A resource of an admin exports what the admin loads; by itself it would load less. */
const isAdminResource =
  (engine: Engine): Hook =>
  (args, site) => {
    const [resource] = args.positional;
    if (resource?.kind !== "object") return literal(false);
    const admins = engine.program.classes.filter(
      (one) => one.module.origin === "project" && engine.program.isSubclass(one, "django.contrib.admin.options.ModelAdmin"),
    );
    return literal(admins.some((one) => exportedResources(engine, one, site).includes(resource.cls)));
  };

export const exportHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.export_row": exportRow,
  "luthier.is_admin_resource": isAdminResource,
};
