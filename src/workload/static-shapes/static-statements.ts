/** Every statement that the source sends, as a shape with the place that sends it. */
import type { ModelGraph, SentStatement, SourceFacts, Span, StatementSite } from "../../model/index.ts";
import type { QueryRecipe, SentWhat } from "../../model/recipe.ts";
import { isTestCode } from "../../recording/user-code.ts";
import { buildQuery } from "./build-query.ts";
import { addFilter } from "./conditions.ts";
import { expressionOf } from "./expressions.ts";
import { finishSelect } from "./finish-query.ts";
import { columnShapes, permissionShapes, prefetchShapes, refreshShape, relationShapes, signedInShapes } from "./load-shapes.ts";
import { modelTables, scopesOf, type ModelTables } from "./model-tables.ts";
import type { QueryState } from "./query-state.ts";
import { column, PARAMETER, type StaticShape } from "./static-shape.ts";
import {
  bulkUpdateShape,
  deleteRowShapes,
  deleteShapes,
  historyShapes,
  insertShapes,
  relatedWriteShapes,
  sessionShapes,
  updateFields,
  updateRowShapes,
  updateShapes,
  validationShapes,
} from "./write-shapes.ts";

export interface StaticStatement {
  readonly shape: StaticShape;
  readonly site: StatementSite;
  /** Where the statement is sent, which may be another place than the one that writes its queryset. */
  readonly sent: Span;
  /** A statement beside the one that was asked for: of a prefetch, a cascade, a validation. */
  readonly isBeside: boolean;
}

export function staticStatements(facts: SourceFacts, graph: ModelGraph, django: string | null = null): StaticStatement[] {
  const isEverScoped = [...graph.models.values()].some((model) => scopesOf(model).length > 0);
  const variants = [modelTables(graph, { django }), ...(isEverScoped ? [modelTables(graph, { isScoped: true, django })] : [])];
  const known = new Map<SentWhat, readonly MadeShape[]>();
  const sent = sentByApp(facts);
  const savesOf = ownSaves(sent, graph);
  return sent.flatMap((one) => {
    const shapes = known.get(one.what) ?? variants.flatMap((tables) => shapesOf(tables, one.what));
    known.set(one.what, shapes);
    const at = (place: SentStatement): StaticStatement[] =>
      shapes.map(({ shape, how, isBeside }) => ({ shape, isBeside, sent: place.span, site: siteOf(place, how) }));
    return [...at(one), ...savesOf(one.what).flatMap(at)];
  });
}

const SAVING: ReadonlySet<string> = new Set(["create", "get_or_create", "update_or_create"]);

/** A manager's `create()` goes through the `save()` that the model has of its own: the line there sends as well. */
function ownSaves(sent: readonly SentStatement[], graph: ModelGraph): (what: SentWhat) => readonly SentStatement[] {
  const bySymbol = new Map<string, SentStatement[]>();
  for (const one of sent) {
    if (one.what.kind === "row" && one.what.how === "save" && one.symbol.endsWith(".save"))
      bySymbol.set(one.symbol, [...(bySymbol.get(one.symbol) ?? []), one]);
  }
  return (what) => {
    if (what.kind !== "query" || !SAVING.has(what.how)) return [];
    const cls = graph.models.get(what.recipe.model)?.cls;
    const saves = cls === undefined ? [] : (bySymbol.get(`${cls.id}.save`) ?? []);
    return saves.filter((one) => modelOf(one.what) === what.recipe.model);
  };
}

/** What tests send is in no workload. */
function sentByApp({ sent = [] }: SourceFacts): SentStatement[] {
  return sent.filter(({ span, origin }) => !isTestCode(span.file) && !isTestCode(origin.file));
}

/** SQL that code writes by itself. */
export interface WrittenText {
  readonly parts: readonly (string | null)[];
  readonly site: StatementSite;
  readonly sent: Span;
}

export function writtenTexts(facts: SourceFacts): WrittenText[] {
  return sentByApp(facts).flatMap((one) => {
    const parts = textOf(one.what);
    return parts === null ? [] : [{ parts, sent: one.span, site: siteOf(one, "SQL") }];
  });
}

/** The text of `cursor.execute(…)` and of `raw(…)`. */
function textOf(what: SentWhat): readonly (string | null)[] | null {
  if (what.kind === "sql") return what.parts;
  const raw = what.kind === "query" ? what.recipe.steps.find(({ name }) => name === "raw") : undefined;
  const [text] = raw?.args.positional ?? [];
  return text?.kind === "literal" && typeof text.value === "string" ? [text.value] : null;
}

interface MadeShape {
  readonly shape: StaticShape;
  readonly how: string;
  readonly isBeside: boolean;
}

function siteOf({ what, origin, span, symbol }: SentStatement, how: string): StatementSite {
  return { span: origin.file === "" ? span : origin, symbol, model: modelOf(what), how };
}

function modelOf(what: SentWhat): string {
  if (what.kind === "sql") return "";
  return what.kind === "query" ? what.recipe.model : what.model;
}

function shapesOf(tables: ModelTables, what: SentWhat): MadeShape[] {
  const model = tables.model(modelOf(what));
  if (model === null || model.isAbstract) return [];
  const made = (how: string, shapes: readonly StaticShape[], isBeside = false): MadeShape[] => shapes.map((shape) => ({ shape, how, isBeside }));
  switch (what.kind) {
    case "relation":
    case "column": {
      const field = model.fields.get(what.field);
      if (field === undefined) return [];
      return made(`lazy load of ${what.field}`, what.kind === "relation" ? relationShapes(tables, model, field) : columnShapes(tables, model, field));
    }
    case "row":
      return rowShapes(tables, what, made);
    case "related": {
      const field = model.fields.get(what.field);
      return field === undefined ? [] : made(`${what.field}.${what.how}`, relatedWriteShapes(tables, model, field, what.how));
    }
    case "sql":
      return [];
    case "permissions":
      return made("permissions", permissionShapes(tables, model));
    case "session":
      return made(what.how, sessionShapes(tables, model, what.how));
    case "signed in":
      return made("request.user", signedInShapes(tables, model));
    case "prefetch":
      return made("prefetch", prefetchShapes(tables, model, what.args.positional));
    case "query":
      return queryShapes(tables, what, made);
  }
}

type Make = (how: string, shapes: readonly StaticShape[], isBeside?: boolean) => MadeShape[];

function rowShapes(tables: ModelTables, { how, model: label, isNew, args }: Extract<SentWhat, { readonly kind: "row" }>, made: Make): MadeShape[] {
  const model = tables.model(label);
  if (model === null) return [];
  switch (how) {
    case "save":
    case "save_base": {
      const names = updateFields(args);
      const update = updateRowShapes(tables, model, names);
      return made(
        "save",
        isNew && names === null
          ? [...insertShapes(tables, model), ...update, ...historyShapes(tables, model)]
          : names === null || names === "?"
            ? [...update, ...insertShapes(tables, model), ...historyShapes(tables, model)]
            : update,
      );
    }
    case "delete":
      return made("delete", [...deleteRowShapes(tables, model), ...historyShapes(tables, model)]);
    case "refresh": {
      const said = args.keywords.find(([name]) => name === "fields")?.[1] ?? args.positional[1];
      const names = said?.kind === "list" && said.items !== null ? said.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : [])) : null;
      const shape = refreshShape(tables, model, names);
      return shape === null ? [] : made("refresh_from_db", [shape]);
    }
    default:
      return made(how, validationShapes(tables, model), true);
  }
}

function queryShapes(tables: ModelTables, { how, recipe, args }: Extract<SentWhat, { readonly kind: "query" }>, made: Make): MadeShape[] {
  const build = (): QueryState | null => buildQuery(tables, recipe);
  const state = build();
  if (state === null || state.isEmpty) return [];
  const { model } = state;
  const prefetches = (): MadeShape[] => made(`prefetch of ${how}`, state.values === null ? prefetchShapes(tables, model, state.prefetches) : [], true);
  switch (how) {
    case "count":
    case "exists":
      return made(how, [finishSelect(state, how), ...betweenShapes(tables, recipe, how)]);
    case "get":
      addFilter(state, args, false);
      return [...made(how, [finishSelect(state, "get")]), ...prefetches()];
    case "first":
    case "last":
      return [...made(how, [finishSelect(state, how)]), ...prefetches()];
    case "latest":
    case "earliest":
      return made(how, [latest(state, how, args)]);
    case "index":
      return [...made(how, [finishSelect(state, "index")]), ...prefetches()];
    case "aggregate": {
      const values = [...args.positional, ...args.keywords.map(([, value]) => value)];
      return made(how, [
        finishSelect(
          state,
          "aggregate",
          values.map((one) => expressionOf(state, one, null)),
        ),
      ]);
    }
    case "in_bulk": {
      const named = args.keywords.find(([name]) => name === "field_name")?.[1];
      const key = named?.kind === "literal" ? tables.named(model, String(named.value)) : tables.keyOf(model);
      if (key !== null && (args.positional.length > 0 || args.keywords.length > 0))
        state.where.push({ kind: "test", operator: "in", left: column(0, tables.columnOf(key)), right: PARAMETER });
      return [...made(how, [finishSelect(state, "rows")]), ...prefetches()];
    }
    case "contains": {
      const asked = build();
      return made(how, [finishSelect(state, "rows"), ...(asked === null ? [] : [finishSelect(asked, "exists")])]);
    }
    case "create":
      return made(how, [...insertShapes(tables, model), ...historyShapes(tables, model)]);
    case "bulk_create":
      return made(how, insertShapes(tables, model, "many"));
    case "bulk_update":
      return made(how, [bulkUpdateShape(tables, model, args)]);
    case "update":
      return made(how, updateShapes(state, args));
    case "delete":
    case "_raw_delete":
      return made(how, deleteShapes(state));
    case "get_or_create":
    case "update_or_create":
      return getOrCreate(state, how, args, made);
    case "text":
    case "log":
      if (state.limit === null) state.limit = SHOWN_ROWS;
      return [...made(how, [finishSelect(state, "rows")]), ...prefetches()];
    default:
      return [...made(how, [finishSelect(state, "rows")]), ...prefetches()];
  }
}

/** A plain many-to-many is counted in the table between. */
function betweenShapes(tables: ModelTables, { related, steps }: QueryRecipe, how: "count" | "exists"): StaticShape[] {
  const holder = related === null || steps.length > 0 ? null : tables.model(related.model);
  const field = holder?.fields.get(related?.field ?? "");
  const through = holder === null || field === undefined ? null : tables.through(holder, field);
  const state = through === null ? null : buildQuery(tables, { id: 0, model: through.model.label, related: null, steps: [] });
  if (through === null || state === null) return [];
  state.where.push({ kind: "test", operator: "=", left: column(0, tables.columnOf(through.from)), right: PARAMETER });
  return [finishSelect(state, how)];
}

/** A queryset as text shows its first twenty rows and whether there are more. */
const SHOWN_ROWS = 21;

function latest(state: QueryState, how: string, args: Extract<SentWhat, { readonly kind: "query" }>["args"]): StaticShape {
  state.order = args.positional;
  if (args.positional.length === 0) state.open.add("order by");
  state.isReversed = how === "latest";
  state.limit = null;
  return finishSelect(state, "first");
}

function getOrCreate(state: QueryState, how: string, args: Extract<SentWhat, { readonly kind: "query" }>["args"], made: Make): MadeShape[] {
  const { tables, model } = state;
  const lookups = args.keywords.filter(([name]) => name !== "defaults" && name !== "create_defaults");
  addFilter(state, { ...args, positional: [], keywords: lookups }, false);
  if (how === "update_or_create") state.lock = "update";
  const defaults = args.keywords.find(([name]) => name === "defaults")?.[1] ?? args.positional[0];
  const names = defaults?.kind === "dict" && !defaults.open ? [...defaults.keys, ...autoFields(tables, state)] : "?";
  const update = how === "update_or_create" ? updateRowShapes(tables, model, names) : [];
  return made(how, [finishSelect(state, "get"), ...insertShapes(tables, model), ...update]);
}

/** Fields that set themselves are written beside those that are given. */
function autoFields(tables: ModelTables, { model }: QueryState): string[] {
  return tables
    .columns(model)
    .filter((one) => one.autoNow)
    .map((one) => one.name);
}
