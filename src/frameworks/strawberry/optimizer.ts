/** `DjangoOptimizerExtension`: what it loads with a queryset for the fields below a type. */
import type { ClassInfo, Model } from "../../model/index.ts";
import type { Engine } from "../../dataflow/engine.ts";
import { argument } from "../../dataflow/arguments.ts";
import { BARE, OPAQUE, withOpaque, withPath, type LoadNode } from "../../dataflow/load-tree.ts";
import { NO_ARGS, UNKNOWN, type Value } from "../../dataflow/values.ts";
import { fieldsOf, typeIn, type StrawberryField } from "./types.ts";

const EXTENSION = "DjangoOptimizerExtension";

const installed = new WeakMap<Engine, boolean>();

/** A module that imports the extension puts it into a schema: there is nothing else that it is for. */
export function isOptimised(engine: Engine): boolean {
  const known = installed.get(engine);
  if (known !== undefined) return known;
  const found = [...engine.program.modules.values()].some(
    (module) => module.origin === "project" && [...module.scope.values()].some((all) => all.some((one) => one.kind === "import" && isExtension(one))),
  );
  installed.set(engine, found);
  return found;
}

/** `from strawberry_django.optimizer import DjangoOptimizerExtension`, or the module that has it. */
function isExtension(definition: { readonly module: string; readonly name: string | null }): boolean {
  return definition.name === EXTENSION || `${definition.module}.${definition.name ?? ""}`.startsWith("strawberry_django.optimizer");
}

/** What a row of the type has in memory: the relations among its fields, and what they hint at. Related rows have theirs in turn. */
export function withFields(engine: Engine, load: LoadNode, model: Model, type: ClassInfo): LoadNode {
  let loaded = load;
  for (const field of fieldsOf(engine, type).values()) {
    loaded = withHints(engine, loaded, model, field);
    const own = field.resolver === null ? relationPath(engine, model, sourceOf(field)) : null;
    if (own === null) continue;
    loaded = withRelation(loaded, own);
    const target = typeIn(engine, field.module, field.type);
    // What a type's own `get_queryset` does to the related rows is not followed.
    if (target !== null && engine.program.member(target, "get_queryset") !== null) loaded = withUnknown(loaded, own.path);
  }
  return loaded;
}

/** `field_name="customer__name"`, or the field's own name. */
export function sourceOf(field: StrawberryField): string {
  const given = field.settings?.keywords.get("field_name");
  return given?.kind === "literal" && typeof given.value === "string" ? given.value : field.name;
}

/** A resolver whose field joins the relation of its own name: only then the optimizer looks into what a method gives. */
export function joinsItself(field: StrawberryField): boolean {
  return hintsOf(field.settings?.keywords.get("select_related")).some((hint) => pathOf(hint) === sourceOf(field));
}

/** `select_related=[…]`, `prefetch_related=[…]`; what is neither a name nor a `Prefetch` may load anything. */
function withHints(engine: Engine, load: LoadNode, model: Model, field: StrawberryField): LoadNode {
  let loaded = load;
  for (const name of ["select_related", "prefetch_related"]) {
    for (const hint of hintsOf(field.settings?.keywords.get(name))) {
      const dotted = pathOf(hint);
      const found = dotted === null ? null : relationPath(engine, model, dotted);
      if (dotted === null || isPrefetch(hint)) loaded = withUnknown(loaded, found?.path ?? []);
      if (found !== null) loaded = withRelation(loaded, found);
    }
  }
  return loaded;
}

function hintsOf(given: Value | undefined): readonly Value[] {
  if (given === undefined || (given.kind === "literal" && given.value === null)) return [];
  return given.kind === "list" ? (given.items ?? [UNKNOWN]) : [given];
}

function isPrefetch(hint: Value): boolean {
  return hint.kind === "object" && hint.cls.name.endsWith("Prefetch");
}

/** `"customer__orders"`, `Prefetch("orders", …)`. */
function pathOf(hint: Value): string | null {
  const named = hint.kind === "object" && isPrefetch(hint) ? argument(hint.args ?? NO_ARGS, 0, "lookup") : hint;
  return named?.kind === "literal" && typeof named.value === "string" ? named.value : null;
}

/** Whatever is read at the end of the path may be loaded. */
function withUnknown(load: LoadNode, path: readonly string[]): LoadNode {
  return path.length === 0 ? withOpaque(load) : withPath(load, path, { node: OPAQUE, how: "prefetch", uses: [], queryset: null, row: null });
}

function withRelation(load: LoadNode, { path, single }: RelationPath): LoadNode {
  return withPath(load, path, { node: BARE, how: single ? "select" : "prefetch", uses: [], queryset: null, row: null });
}

interface RelationPath {
  readonly path: readonly string[];
  readonly single: boolean;
}

/** The relations at the head of a path; columns at its end need none. */
function relationPath(engine: Engine, model: Model, dotted: string): RelationPath | null {
  const path: string[] = [];
  let target: Model = model;
  let single = true;
  for (const part of dotted.split("__")) {
    const relation = target.fields.get(part)?.relation;
    const next = relation?.target == null ? null : engine.graph.byLabel(relation.target, target.app);
    if (relation == null || next === null) break;
    path.push(part);
    target = next;
    single = single && relation.single;
  }
  return path.length === 0 ? null : { path, single };
}
