/** INSERT, UPDATE and DELETE, and the SELECTs that Django sends before them. */
import type { Field, Model, RecipeArgs } from "../../model/index.ts";
import type { QueryShape, ShapeExpression } from "../../model/shape.ts";
import { onDelete } from "../../model/on-delete.ts";
import { NOTHING } from "../../sql/empty-shape.ts";
import { buildQuery } from "./build-query.ts";
import { finishSelect } from "./finish-query.ts";
import { isReverse, type ModelTables } from "./model-tables.ts";
import type { QueryState } from "./query-state.ts";
import { storedSessionShapes } from "./load-shapes.ts";
import { stepsOf } from "./resolve-path.ts";
import { ANY, call, column, PARAMETER, type OpenPart, type StaticShape } from "./static-shape.ts";

const SURE: ReadonlySet<OpenPart> = new Set();

function tableShape(kind: QueryShape["kind"], name: string, parts: Partial<QueryShape>, open: ReadonlySet<OpenPart> = SURE): StaticShape {
  return { shape: { ...NOTHING, kind, base: { schema: null, name, position: 0 }, ...parts }, open, inner: [] };
}

function localFields(tables: ModelTables, model: Model): readonly Field[] {
  return tables.columns(model).filter((field) => tables.ownerOf(model, field).concrete === model.concrete);
}

/** The model and its parents, each of which has a table with a part of the row. */
function lineage(tables: ModelTables, model: Model): readonly Model[] {
  const concrete = tables.graph.models.get(model.concrete) ?? model;
  return [concrete, ...concrete.parents.flatMap((label) => tables.graph.models.get(label) ?? [])];
}

/** One INSERT for each table. A key that the database makes is not written. */
export function insertShapes(tables: ModelTables, model: Model, rows: QueryShape["rows"] = "one"): StaticShape[] {
  return lineage(tables, model).map((one) => {
    const fields = localFields(tables, one).filter((field) => !isGeneratedKey(field) && !field.type.endsWith("GeneratedField"));
    const hasKey = localFields(tables, one).some(isGeneratedKey);
    const open = new Set<OpenPart>(["projection", ...(hasKey ? (["written"] as const) : [])]);
    return tableShape("insert", tables.tableOf(one), { written: fields.map((field) => tables.columnOf(field)), rows }, open);
  });
}

function isGeneratedKey(field: Field): boolean {
  return field.primaryKey && field.type.endsWith("AutoField");
}

const byKey = (tables: ModelTables, model: Model, operator: "=" | "in"): QueryShape["predicates"] => {
  const key = tables.keyOf(model);
  return [{ clause: "where", operator, left: column(0, key === null ? "id" : tables.columnOf(key)), right: PARAMETER, any: null, negated: false }];
};

/** `save()` of a row that is there. `names`: its `update_fields`; null for all, `?` for some that are not known. */
export function updateRowShapes(tables: ModelTables, model: Model, names: readonly string[] | null | "?"): StaticShape[] {
  return lineage(tables, model).flatMap((one) => {
    const fields = localFields(tables, one).filter((field) => !field.primaryKey && !field.type.endsWith("GeneratedField"));
    const chosen = names === null || names === "?" ? fields : fields.filter((field) => names.includes(field.name) || names.includes(field.attname ?? ""));
    if (chosen.length === 0) return [];
    const predicates = byKey(tables, one, "=");
    const whole = tableShape("update", tables.tableOf(one), { written: chosen.map((field) => tables.columnOf(field)), predicates });
    return names === "?" ? [whole, tableShape("update", tables.tableOf(one), { predicates }, new Set<OpenPart>(["written"]))] : [whole];
  });
}

/** The names in `update_fields=[…]`. */
export function updateFields(args: RecipeArgs): readonly string[] | null | "?" {
  const said = args.keywords.find(([name]) => name === "update_fields")?.[1] ?? args.positional[3];
  if (said === undefined) return args.open ? "?" : null;
  if (said.kind === "literal" && said.value === null) return null;
  if (said.kind !== "list" || said.items === null) return "?";
  const names = said.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : []));
  return names.length < said.items.length ? "?" : names;
}

/** `queryset.update(…)`; with joins the rows are named by a subquery. */
export function updateShapes(state: QueryState, args: RecipeArgs): StaticShape[] {
  const { tables, model } = state;
  const fields = args.keywords.flatMap(([name]) => tables.named(model, name) ?? []);
  const open = new Set<OpenPart>(args.open ? ["written"] : []);
  const written = fields.map((field) => tables.columnOf(field));
  const assigned = args.keywords.map(([, value]) => (value.kind === "expression" || value.kind === "query" ? ANY : PARAMETER));
  if (assigned.includes(ANY)) open.add("subqueries");
  return changed(state, "update", { written, assigned: fields.length === assigned.length ? assigned : [] }, open);
}

/** The WHERE of an UPDATE or DELETE, as it stands for one table or around a subquery. */
function changed(state: QueryState, kind: "update" | "delete", parts: Partial<QueryShape>, open: Set<OpenPart>): StaticShape[] {
  const { tables, model } = state;
  state.order = [];
  const select = finishSelect(state, "keys");
  for (const one of select.open) if (one !== "projection" && one !== "order by") open.add(one);
  const table = tables.tableOf(model);
  const direct: StaticShape = { shape: { ...select.shape, kind, projection: [], distinct: "no", orderBy: [], ...parts }, open, inner: select.inner };
  if (select.shape.joins.length === 0 && !open.has("joins")) return [direct];
  const key = tables.keyOf(model);
  const inside: QueryShape = {
    ...NOTHING,
    kind,
    base: { schema: null, name: table, position: 0 },
    ...parts,
    predicates: [
      {
        clause: "where",
        operator: "in",
        left: column(0, key === null ? "id" : tables.columnOf(key)),
        right: { kind: "subquery", index: 0 },
        any: null,
        negated: false,
      },
    ],
    subqueries: [{ role: "in", shape: select.shape }],
  };
  const nested: StaticShape = { shape: inside, open: new Set<OpenPart>([...open].filter((one) => one === "written" || one === "subqueries")), inner: [select] };
  return select.shape.joins.length === 0 ? [direct, nested] : [nested];
}

/** What `delete()` does to rows that others refer to: they are fetched, deleted or told. */
export function deleteShapes(state: QueryState): StaticShape[] {
  const { tables, model } = state;
  state.order = [];
  const fetch = finishSelect(state, "rows");
  const fast = changed(state, "delete", {}, new Set());
  const related = relatedDeletes(tables, model, 0);
  const isFast = related.length === 0 && model.signals.every((one) => !/delete/.test(one));
  if (isFast) return fast;
  return [{ ...fetch, open: new Set<OpenPart>([...fetch.open, "order by", "projection"]) }, ...related, ...deleteByKey(tables, model), ...fast];
}

/** `row.delete()`. */
export function deleteRowShapes(tables: ModelTables, model: Model): StaticShape[] {
  return [...relatedDeletes(tables, model, 0), ...deleteByKey(tables, model)];
}

function deleteByKey(tables: ModelTables, model: Model): StaticShape[] {
  return lineage(tables, model).flatMap((one) =>
    (["=", "in"] as const).map((operator) => tableShape("delete", tables.tableOf(one), { predicates: byKey(tables, one, operator) })),
  );
}

/** Cascades of cascades are followed this far. */
const MAX_CASCADES = 3;

function relatedDeletes(tables: ModelTables, model: Model, depth: number): StaticShape[] {
  if (depth >= MAX_CASCADES) return [];
  return lineage(tables, model).flatMap((one) => [
    ...incomingKeys(tables, one).flatMap((key) => relatedDelete(tables, key, depth)),
    ...twiceReferring(tables, one),
    ...[...one.fields.values()].flatMap((field) => (field.relation?.kind === "generic-relation" ? genericDelete(tables, one, field, depth) : [])),
  ]);
}

interface IncomingKey {
  readonly model: Model;
  readonly field: Field;
}

const incoming = new WeakMap<ModelTables["graph"], Map<string, IncomingKey[]>>();

/** Foreign keys of all models, those of tables between among them, by the model that they lead to. */
function incomingKeys({ graph }: ModelTables, model: Model): readonly IncomingKey[] {
  const known = incoming.get(graph) ?? new Map<string, IncomingKey[]>();
  if (!incoming.has(graph)) {
    incoming.set(graph, known);
    for (const holder of graph.models.values()) {
      if (holder.isAbstract || holder.isProxy) continue;
      for (const field of holder.fields.values()) {
        const target =
          (field.relation?.kind === "fk" || field.relation?.kind === "o2o") && !isReverse(field) ? graph.byLabel(field.relation.target ?? "") : null;
        if (target !== null) known.set(target.concrete, [...(known.get(target.concrete) ?? []), { model: holder, field }]);
      }
    }
  }
  return known.get(model.concrete) ?? [];
}

/** A table with two keys to one model, as that of a many-to-many to itself: Django deletes by both at once. */
function twiceReferring(tables: ModelTables, model: Model): StaticShape[] {
  const byHolder = new Map<Model, Field[]>();
  for (const { model: holder, field } of incomingKeys(tables, model)) byHolder.set(holder, [...(byHolder.get(holder) ?? []), field]);
  return [...byHolder].flatMap(([holder, fields]) => {
    const cascading = fields.filter((one) => onDelete(holder, one) === "CASCADE");
    if (cascading.length < 2) return [];
    const predicates = cascading.map((one): QueryShape["predicates"][number] => ({
      clause: "where",
      operator: "in",
      left: column(0, tables.columnOf(one)),
      right: PARAMETER,
      any: 0,
      negated: false,
    }));
    return [
      tableShape("delete", tables.tableOf(holder), { predicates }),
      tableShape("select", tables.tableOf(holder), { predicates }, new Set<OpenPart>(["projection", "order by"])),
    ];
  });
}

function relatedDelete(tables: ModelTables, { model, field }: IncomingKey, depth: number): StaticShape[] {
  const owner = tables.ownerOf(model, field);
  if (owner.concrete !== model.concrete) return [];
  const name = tables.columnOf(field);
  const shapes = keyShapes(tables, model, name);
  const action = onDelete(model, field);
  if (action === "SET_NULL" || action === "SET_DEFAULT" || action === "SET") return [...shapes.fetched, shapes.told];
  if (action === "DO_NOTHING") return [];
  if (action === "PROTECT" || action === "RESTRICT") return [...shapes.fetched];
  return [...shapes.fetched, shapes.gone, ...deleteByKey(tables, model), ...historyShapes(tables, model), ...relatedDeletes(tables, model, depth + 1)];
}

function genericDelete(tables: ModelTables, model: Model, field: Field, depth: number): StaticShape[] {
  const pair = stepsOf(tables, model, field)?.[0]?.on[0];
  const target = tables.model(field.relation?.target ?? null);
  if (pair === undefined || target === null) return [];
  const { fetched, gone } = keyShapes(tables, target, pair.right);
  const open = new Set<OpenPart>(["predicates", "projection", "order by", "joins"]);
  return [
    ...fetched.map((one) => ({ ...one, open })),
    { ...gone, open: new Set<OpenPart>(["predicates"]) },
    ...deleteByKey(tables, target),
    ...relatedDeletes(tables, target, depth + 1),
  ];
}

/** Rows whose key leads to one that goes: fetched whole or in part, deleted, or told that it went. */
function keyShapes(
  tables: ModelTables,
  model: Model,
  name: string,
): { readonly fetched: readonly StaticShape[]; readonly gone: StaticShape; readonly told: StaticShape } {
  const predicates: QueryShape["predicates"] = [{ clause: "where", operator: "in", left: column(0, name), right: PARAMETER, any: null, negated: false }];
  const table = tables.tableOf(model);
  const state = buildQuery(tables, { id: 0, model: model.label, related: null, steps: [] });
  state?.where.push({ kind: "test", operator: "in", left: column(0, name), right: PARAMETER });
  const whole = state === null ? [] : [finishSelect(state, "rows")];
  return {
    fetched: whole.flatMap((one) => [one, { ...one, open: new Set<OpenPart>([...one.open, "projection"]) }]),
    gone: tableShape("delete", table, { predicates }),
    told: tableShape("update", table, { predicates, written: [name] }),
  };
}

/** `add`, `remove`, `set`, `clear` and `create` of a related manager. */
export function relatedWriteShapes(tables: ModelTables, holder: Model, field: Field, how: string): StaticShape[] {
  const target = tables.model(field.relation?.target ?? null);
  if (target === null) return [];
  if (field.relation?.kind === "fk-reverse" || field.relation?.kind === "generic-relation") return reverseWrites(tables, holder, field, target, how);
  const through = tables.through(holder, field);
  if (through === null) return [];
  const table = tables.tableOf(through.model);
  const [from, to] = [tables.columnOf(through.from), tables.columnOf(through.to)];
  const test = (name: string, operator: string): QueryShape["predicates"][number] => ({
    clause: "where",
    operator,
    left: column(0, name),
    right: PARAMETER,
    any: null,
    negated: false,
  });
  const present = tableShape("select", table, { projection: [column(0, to)], predicates: [test(from, "="), test(to, "in")] });
  const insert = tableShape("insert", table, { rows: "many", written: [from, to] }, new Set<OpenPart>(["written", "projection"]));
  const removed = tableShape("delete", table, { predicates: [test(from, "="), test(to, "in")] }, new Set<OpenPart>(["predicates"]));
  // Where a receiver hears of every deletion, the rows between are fetched first.
  const fetched = tableShape("select", table, { predicates: [test(from, "="), test(to, "in")] }, new Set<OpenPart>(["projection"]));
  const remove = [removed, fetched, ...deleteByKey(tables, through.model)];
  const cleared = { ...fetched, shape: { ...fetched.shape, predicates: [test(from, "=")] } };
  const clear = [tableShape("delete", table, { predicates: [test(from, "=")] }), cleared, ...deleteByKey(tables, through.model)];
  const listed = buildQuery(tables, { id: 0, model: target.label, related: { model: holder.label, field: field.name }, steps: [] });
  const key = tables.keyOf(target);
  const list = listed === null || key === null ? [] : [finishSelect({ ...listed, values: [{ kind: "literal", value: key.name }] }, "rows")];
  switch (how) {
    case "add":
      return [present, insert];
    case "create":
      return [...insertShapes(tables, target), present, insert];
    case "remove":
      return remove;
    case "clear":
      return clear;
    case "set":
      return [...list.map((one) => ({ ...one, open: new Set<OpenPart>([...one.open, "projection", "joins"]) })), ...remove, ...clear, present, insert];
    default:
      return [];
  }
}

function reverseWrites(tables: ModelTables, holder: Model, field: Field, target: Model, how: string): StaticShape[] {
  const pair = stepsOf(tables, holder, field)?.[0]?.on[0];
  if (how === "create") return insertShapes(tables, target);
  if (pair === undefined) return [];
  const update = tableShape("update", tables.tableOf(target), { written: [pair.right] }, new Set<OpenPart>(["predicates", "written"]));
  const rows = tableShape(
    "select",
    tables.tableOf(target),
    { predicates: [{ clause: "where", operator: "=", left: column(0, pair.right), right: PARAMETER, any: null, negated: false }] },
    new Set<OpenPart>(["projection", "order by", "joins"]),
  );
  return how === "set" ? [rows, update] : [update];
}

/** simple_history keeps a copy of each row that is saved or deleted. */
export function historyShapes(tables: ModelTables, model: Model): StaticShape[] {
  const history = tables.graph.models.get(`${model.app}.Historical${model.name}`);
  return history === undefined ? [] : insertShapes(tables, history);
}

/** What `login()` and `logout()` do to the session and the user. */
export function sessionShapes(tables: ModelTables, user: Model, how: string): StaticShape[] {
  const session = tables.model("sessions.Session");
  const key = session === null ? null : tables.keyOf(session);
  if (session === null || key === null) return [];
  const state = buildQuery(tables, { id: 0, model: session.label, related: null, steps: [] });
  if (state !== null) state.where.push({ kind: "test", operator: "=", left: column(0, tables.columnOf(key)), right: PARAMETER });
  const asked = state === null ? [] : [finishSelect(state, "get"), finishSelect(state, "exists")];
  const kept = [...insertShapes(tables, session), ...updateRowShapes(tables, session, null), ...deleteByKey(tables, session)];
  if (how === "authenticate") return credentialShapes(tables, user);
  if (how === "request.session") return storedSessionShapes(tables);
  return [...asked, ...kept, ...(how === "login" ? updateRowShapes(tables, user, ["last_login"]) : [])];
}

/** The user by the name that was entered. */
function credentialShapes(tables: ModelTables, user: Model): StaticShape[] {
  const field = tables.named(user, "username") ?? tables.named(user, "email");
  const state = buildQuery(tables, { id: 0, model: user.label, related: null, steps: [] });
  if (field === null || state === null) return [];
  state.where.push({ kind: "test", operator: "=", left: column(0, tables.columnOf(field)), right: PARAMETER });
  return [finishSelect(state, "get")];
}

/** `bulk_create`: INSERTs, with ON CONFLICT where it is asked for. */
export function bulkUpdateShape(tables: ModelTables, model: Model, args: RecipeArgs): StaticShape {
  const said = args.keywords.find(([name]) => name === "fields")?.[1] ?? args.positional[1];
  const names = said?.kind === "list" && said.items !== null ? said.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : [])) : null;
  const written = (names ?? []).flatMap((name) => tables.named(model, name) ?? []).map((field) => tables.columnOf(field));
  return tableShape(
    "update",
    tables.tableOf(model),
    { written, assigned: written.map(() => call("case", [ANY])), predicates: byKey(tables, model, "in") },
    names === null ? new Set<OpenPart>(["written"]) : SURE,
  );
}

/** The question whether a value is there already, or a row that a key leads to. */
export function validationShapes(tables: ModelTables, model: Model): StaticShape[] {
  const columns = tables.columns(model);
  const unique = columns.filter((one) => one.unique && !one.primaryKey).map((one) => [one]);
  const together = model.uniqueTogether.map((names) => names.flatMap((name) => tables.named(model, name) ?? []));
  const asked = [...unique, ...together].flatMap((fields) => [
    existsShape(tables, model, fields),
    wholeExistsShape(tables, model, fields),
    wholeExistsShape(tables, model, fields, tables.keyOf(model)),
  ]);
  const targets = columns.flatMap((one) => {
    const target = one.relation === null ? null : tables.model(one.relation.target);
    const key = target === null ? null : tables.keyOf(target);
    return target === null || key === null ? [] : [existsShape(tables, target, [key]), wholeExistsShape(tables, target, [key])];
  });
  return [...asked, ...targets];
}

/** Nothing else is asked; of a row that is there, whether another has the same. */
function wholeExistsShape(tables: ModelTables, model: Model, fields: readonly Field[], key: Field | null = null): StaticShape {
  const { shape } = existsShape(tables, model, fields);
  const others = key === null ? [] : [{ ...valueTest(tables, key), negated: true }];
  return { shape: { ...shape, predicates: [...shape.predicates, ...others], projection: [PARAMETER] }, open: SURE, inner: [] };
}

function valueTest(tables: ModelTables, field: Field): QueryShape["predicates"][number] {
  return { clause: "where", operator: "=", left: column(0, tables.columnOf(field)), right: PARAMETER, any: null, negated: false };
}

function existsShape(tables: ModelTables, model: Model, fields: readonly Field[]): StaticShape {
  const predicates = fields.map((field) => valueTest(tables, field));
  const one: readonly ShapeExpression[] = [ANY];
  return tableShape("select", tables.tableOf(model), { predicates, projection: one, limit: 1 }, new Set<OpenPart>(["predicates"]));
}
