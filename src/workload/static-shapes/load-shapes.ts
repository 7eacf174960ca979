/** Statements that Django sends for rows: relations and columns that are not in memory, and prefetches. */
import type { Field, Model, QueryRecipe, RecipeValue } from "../../model/index.ts";
import { buildQuery, filterByRow, openAll } from "./build-query.ts";
import { finishSelect } from "./finish-query.ts";
import type { ModelTables } from "./model-tables.ts";
import { baseOf, type QueryState } from "./query-state.ts";
import { stepsOf } from "./resolve-path.ts";
import { column, PARAMETER, type StaticShape } from "./static-shape.ts";

function plain(tables: ModelTables, model: Model): QueryState | null {
  return buildQuery(tables, { id: 0, model: model.label, related: null, steps: [] });
}

function where(state: QueryState, name: string, operator: "=" | "in"): void {
  state.where.push({ kind: "test", operator, left: column(baseOf(state).index, name), right: PARAMETER });
}

/** `order.customer`: one row by its key. */
export function relationShapes(tables: ModelTables, model: Model, field: Field): StaticShape[] {
  if (field.relation?.kind === "generic-fk") return genericTargets(tables, model).flatMap((one) => refreshShape(tables, one, null) ?? []);
  const [step] = stepsOf(tables, model, field) ?? [];
  const pair = step?.on[0];
  const target = tables.model(field.relation?.target ?? null);
  const state = target === null ? null : plain(tables, target);
  if (pair === undefined || state === null) return [];
  where(state, pair.right, "=");
  return [finishSelect(state, "get")];
}

/** Models that say they are referred to; without any, all of the project's. */
function genericTargets({ graph }: ModelTables, holder: Model): Model[] {
  const own = [...graph.models.values()].filter((one) => !one.isAbstract && !one.isProxy && one.cls.module.origin === "project");
  const saying = own.filter((one) =>
    [...one.fields.values()].some(({ relation }) => relation?.kind === "generic-relation" && relation.target === holder.label),
  );
  return saying.length > 0 || holder.cls.module.origin !== "project" ? saying : own;
}

/** The user of a session, and the session. */
export function signedInShapes(tables: ModelTables, user: Model): StaticShape[] {
  const key = tables.keyOf(user);
  const row = plain(tables, user);
  if (row !== null && key !== null) where(row, tables.columnOf(key), "=");
  return [...(row === null ? [] : [finishSelect(row, "get")]), ...storedSessionShapes(tables)];
}

/** The session that a cookie names. */
export function storedSessionShapes(tables: ModelTables): StaticShape[] {
  const session = tables.model("sessions.Session");
  const stored = session === null ? null : plain(tables, session);
  if (stored === null) return [];
  stored.where.push({ kind: "test", operator: ">", left: column(0, "expire_date"), right: PARAMETER });
  where(stored, "session_key", "=");
  return [finishSelect(stored, "get")];
}

/** What the user may do, and what the user's groups may: joined to the user's groups, and within them from Django 5.2 on. */
export function permissionShapes(tables: ModelTables, user: Model): StaticShape[] {
  const row = { kind: "row", model: user.label } as const;
  const groups = user.fields.get("groups")?.relation?.target ?? null;
  const ofGroups =
    groups === null
      ? []
      : [
          ["group__user", row] as const,
          ["group__in", { kind: "query", recipe: { id: 0, model: groups, related: { model: user.label, field: "groups" }, steps: [] } }] as const,
        ];
  return [["user", row] as const, ...ofGroups].flatMap((keyword) => {
    const steps = [
      { name: "filter", args: { positional: [], keywords: [keyword], open: false } },
      {
        name: "values_list",
        args: {
          positional: [{ kind: "literal", value: "content_type__app_label" } as const, { kind: "literal", value: "codename" } as const],
          keywords: [],
          open: false,
        },
      },
      { name: "order_by", args: { positional: [], keywords: [], open: false } },
    ];
    const state = buildQuery(tables, { id: 0, model: "auth.Permission", related: null, steps });
    return state === null ? [] : [finishSelect(state, "rows")];
  });
}

/** A column that was left out: fetched by `refresh_from_db(fields=…)`. */
export function columnShapes(tables: ModelTables, model: Model, field: Field): StaticShape[] {
  return [refreshShape(tables, model, [field.name])].flatMap((one) => one ?? []);
}

export function refreshShape(tables: ModelTables, model: Model, fields: readonly string[] | null): StaticShape | null {
  const state = plain(tables, model);
  const key = tables.keyOf(model);
  if (state === null || key === null) return null;
  if (fields !== null) state.only = new Set(fields);
  where(state, tables.columnOf(key), "=");
  return finishSelect(state, "get");
}

/** The statements of `prefetch_related(…)`, for the rows of `model`. */
export function prefetchShapes(tables: ModelTables, model: Model, lookups: readonly RecipeValue[]): StaticShape[] {
  const seen = new Set<string>();
  return lookups.flatMap((lookup) => {
    const said = readLookup(lookup);
    return said === null ? [] : pathShapes(tables, model, said, seen);
  });
}

interface Lookup {
  readonly path: string;
  readonly recipe: QueryRecipe | null;
  /** A queryset is given, and not known. */
  readonly isOpen: boolean;
  /** Of a `GenericPrefetch`, one for each model. */
  readonly queries: readonly QueryRecipe[];
}

function readLookup(value: RecipeValue): Lookup | null {
  if (value.kind === "literal" && typeof value.value === "string") return { path: value.value, recipe: null, isOpen: false, queries: [] };
  if (value.kind !== "expression" || (value.name !== "Prefetch" && value.name !== "GenericPrefetch")) return null;
  const [path, second] = value.args.positional;
  const queryset = value.args.keywords.find(([name]) => name === "queryset")?.[1] ?? second;
  if (path?.kind !== "literal" || typeof path.value !== "string") return null;
  const isNone = queryset === undefined || (queryset.kind === "literal" && queryset.value === null);
  const several = value.args.keywords.find(([name]) => name === "querysets")?.[1] ?? second;
  const queries = several?.kind === "list" ? (several.items ?? []).flatMap((one) => (one.kind === "query" ? [one.recipe] : [])) : [];
  return { path: path.value, queries, recipe: queryset?.kind === "query" ? queryset.recipe : null, isOpen: !isNone && queryset.kind !== "query" };
}

function pathShapes(tables: ModelTables, start: Model, { path, recipe, isOpen, queries }: Lookup, seen: Set<string>): StaticShape[] {
  const names = path.split("__");
  const shapes: StaticShape[] = [];
  let model = start;
  for (const [index, name] of names.entries()) {
    const field = model.fields.get(name);
    const target = tables.model(field?.relation?.target ?? null);
    if (field?.relation?.kind === "generic-fk") return [...shapes, ...genericPrefetch(tables, model, queries)];
    if (field === undefined || target === null) return shapes;
    const isLast = index === names.length - 1;
    const key = names.slice(0, index + 1).join("__");
    if (!seen.has(key) || (isLast && recipe !== null)) shapes.push(...oneRelation(tables, model, field, target, isLast ? recipe : null, isLast && isOpen));
    seen.add(key);
    model = target;
  }
  return shapes;
}

/** The rows at the other end, model by model. */
function genericPrefetch(tables: ModelTables, holder: Model, queries: readonly QueryRecipe[]): StaticShape[] {
  const states = queries.length > 0 ? queries.map((one) => buildQuery(tables, one)) : genericTargets(tables, holder).map((one) => plain(tables, one));
  return states.flatMap((state) => {
    const key = state === null ? null : tables.keyOf(state.model);
    if (state === null || key === null) return [];
    where(state, tables.columnOf(key), "in");
    return [finishSelect(state, "rows")];
  });
}

function oneRelation(tables: ModelTables, model: Model, field: Field, target: Model, recipe: QueryRecipe | null, isOpen: boolean): StaticShape[] {
  const state = recipe === null ? plain(tables, target) : buildQuery(tables, recipe);
  if (state === null) return [];
  if (isOpen) openAll(state);
  if (recipe === null && hasOwnQueryset(target)) openAll(state);
  if (field.relation?.single === true) {
    const pair = stepsOf(tables, model, field)?.[0]?.on[0];
    if (pair === undefined) return [];
    where(state, pair.right, "in");
    const select = finishSelect(state, "rows");
    // Django 5.0 and newer leave the order out, for there is one row to each key.
    const plainSelect = select.shape.orderBy.length === 0 ? [] : [{ ...select, shape: { ...select.shape, orderBy: [] } }];
    return [select, ...plainSelect, ...(state.prefetches.length > 0 ? prefetchShapes(tables, target, state.prefetches) : [])];
  }
  if (!filterByRow(state, model, field, "in")) return [];
  const isMany = field.relation?.kind === "m2m" || field.relation?.kind === "m2m-reverse";
  const select = finishSelect(state, "rows");
  const own = isMany ? withRowKey(select) : select;
  const more = state.prefetches.length > 0 ? prefetchShapes(tables, target, state.prefetches) : [];
  return [own, ...more];
}

/** The rows of a many-to-many say for which row they were fetched. */
function withRowKey(select: StaticShape): StaticShape {
  const key = select.shape.predicates.at(-1)?.left;
  if (key === undefined) return select;
  return { ...select, shape: { ...select.shape, projection: [...select.shape.projection, key] } };
}

export function hasOwnQueryset(model: Model): boolean {
  const manager = model.managers.get(model.defaultManager)?.manager ?? null;
  return manager?.members.has("get_queryset") === true;
}
