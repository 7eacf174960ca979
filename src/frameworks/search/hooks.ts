/** Search indexes: what a document reads of each row that it indexes. */
import { argument } from "../../dataflow/arguments.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { callsOf } from "../../python/syntax-tree.ts";
import { alternatives, dict, literal, NO_ARGS, UNKNOWN, type ObjectValue, type Value } from "../../dataflow/values.ts";
import { declaredObjects, readPath, type Declared } from "../declarations.ts";

/** django-elasticsearch-dsl and its OpenSearch twin. */
const indexRow =
  (engine: Engine): Hook =>
  (args, site) => {
    const [document, row] = args.positional;
    if (document?.kind !== "object" || row === undefined) return UNKNOWN;
    const at: AccessSite = { span: site.span, frame: site.frame };
    for (const field of declaredObjects(engine, document.cls, "django_elasticsearch_dsl.fields.DEDField", at)) {
      const inner: CallSite = { span: field.span, frame: site.frame, expr: null };
      if (!prepared(engine, document, field, row, inner)) readField(engine, field.name, field.object, row, inner);
    }
    return UNKNOWN;
  };

/** A document that no registry was told of is a base of others, or is prepared by the project's own code. */
const isIndexed =
  (engine: Engine): Hook =>
  (args) => {
    const [document] = args.positional;
    if (document?.kind !== "object") return UNKNOWN;
    const { cls } = document;
    return literal(cls.def.decorators.length > 0 || registeredNames(engine).has(cls.name));
  };

const registered = new WeakMap<Engine, ReadonlySet<string>>();

/** `registry.register_document(OrderDocument)`, `order_index.document(OrderDocument)`. */
function registeredNames(engine: Engine): ReadonlySet<string> {
  const known = registered.get(engine);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const module of engine.program.modules.values()) {
    if (module.origin !== "project") continue;
    for (const { callee, args } of callsOf(module.ir)) {
      const [given] = args;
      if (callee.kind !== "attribute" || !/^(?:register_)?document$/.test(callee.name)) continue;
      if (given?.kind === "name" || given?.kind === "attribute") found.add(given.name);
    }
  }
  registered.set(engine, found);
  return found;
}

function prepared(engine: Engine, document: ObjectValue, field: Declared, row: Value, site: CallSite): boolean {
  const method = engine.classMember(document.cls, `prepare_${field.name}`, document, site);
  if (method === null) return false;
  engine.escape(engine.call(method, { ...NO_ARGS, positional: [row] }, site));
  return true;
}

/** An object or nested field reads its properties of the related row, or of each of them. */
function readField(engine: Engine, name: string, field: ObjectValue, row: Value, site: CallSite): void {
  const given = argument(field.args ?? NO_ARGS, 0, "attr");
  const path = given?.kind === "literal" && typeof given.value === "string" ? given.value : name;
  const value = readPath(engine, row, path, site);
  const properties = field.args?.keywords.get("properties");
  if (properties?.kind !== "dict") {
    engine.text(value, site.span, site.frame);
    return;
  }
  const { element, frame } = inside(engine, value, site);
  for (const [inner, property] of properties.entries) {
    for (const one of alternatives(property)) if (one.kind === "object") readField(engine, inner, one, element, { ...site, frame });
  }
}

function inside(engine: Engine, value: Value, site: CallSite): { readonly element: Value; readonly frame: CallSite["frame"] } {
  if (value.kind !== "manager" && value.kind !== "queryset" && value.kind !== "list") return { element: value, frame: site.frame };
  const rows = value.kind === "manager" ? engine.callMethod(value, "all", NO_ARGS, site) : value;
  const { element, loop } = engine.iterate(rows, site.span, site.frame, "iterate");
  return { element, frame: { ...site.frame, loop } };
}

/** Haystack reads each field's `model_attr` or template, then lets `prepare_…` say more. */
const haystackRow =
  (engine: Engine): Hook =>
  (args, site) => {
    const [index, row] = args.positional;
    if (index?.kind !== "object" || row === undefined) return UNKNOWN;
    const at: AccessSite = { span: site.span, frame: site.frame };
    for (const field of declaredObjects(engine, index.cls, "haystack.indexes.SearchField", at)) {
      const inner: CallSite = { span: field.span, frame: site.frame, expr: null };
      readHaystackField(engine, field, row, inner);
      prepared(engine, index, field, row, inner);
    }
    return UNKNOWN;
  };

function readHaystackField(engine: Engine, field: Declared, row: Value, site: CallSite): void {
  const keywords = field.object.args?.keywords;
  const path = keywords?.get("model_attr");
  if (path?.kind === "literal" && typeof path.value === "string") engine.text(readPath(engine, row, path.value, site), site.span, site.frame);
  const usesTemplate = keywords?.get("use_template");
  if (row.kind !== "row" || usesTemplate?.kind !== "literal" || usesTemplate.value !== true) return;
  const template = `search/indexes/${row.model.app}/${row.model.name.toLowerCase()}_${field.name}.txt`;
  engine.renderTemplate(keywords?.get("template_name") ?? { kind: "literal", value: template }, dict([["object", row]]), site);
}

export const searchHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.is_indexed": isIndexed,
  "luthier.index_row": indexRow,
  "luthier.haystack_row": haystackRow,
};
