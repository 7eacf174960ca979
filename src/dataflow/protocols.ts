/** Truth, text and annotations of values. */
import type { Expr, Field, Model, Span } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { OPAQUE } from "./load-tree.ts";
import { modelManager, plainQueryset, runQueryset } from "./querysets.ts";
import { makeRow, rowText } from "./rows.ts";
import { spanOf } from "./recorder.ts";
import { freshLoop } from "./querysets.ts";
import { alternatives, joinAll, listOf, NO_ARGS, object, truth, UNKNOWN, type LiteralValue, type RowValue, type Value } from "./values.ts";

/** `if value:`: a queryset is fetched whole to be asked. */
export function testValue(engine: Engine, value: Value, span: Span, frame: Frame): boolean | null {
  for (const one of alternatives(value)) {
    if (one.kind === "queryset") runQueryset(engine, one, "bool", span, frame);
  }
  if (value.kind === "object") return null;
  return value.kind === "row" && value.isThere !== true && isOptional(engine, value) ? endsHere(value, frame) : truth(value);
}

/** A method that calls itself on its row's parent is followed one step up: what it reads further up is the same read. */
function endsHere({ path }: RowValue, { def, caller }: Frame): false | null {
  const steps = path.split("__");
  const isRepeated = steps.indexOf(steps.at(-1) ?? "") < steps.length - 1;
  if (!isRepeated || def === null) return null;
  for (let at = caller; at !== null; at = at.caller) if (at.def === def) return false;
  return null;
}

const optionalPaths = new WeakMap<Model, Map<string, boolean>>();

/** What a nullable foreign key leads to: rows without it go the other way, `line.parent or line`. */
function isOptional({ graph }: Engine, { origin: { model }, path }: RowValue): boolean {
  if (path === "") return false;
  const known = optionalPaths.get(model) ?? new Map<string, boolean>();
  optionalPaths.set(model, known);
  let answer = known.get(path);
  if (answer === undefined) {
    let field: Field | null = null;
    let at: Model | null = model;
    for (const step of path.split("__")) {
      field = at?.fields.get(step) ?? null;
      at = field?.relation?.target == null ? null : graph.byLabel(field.relation.target);
    }
    answer = field?.relation?.single === true && field.relation.nullable && NULLABLE.has(field.relation.kind);
    known.set(path, answer);
  }
  return answer;
}

const NULLABLE: ReadonlySet<string> = new Set(["fk", "o2o", "generic-fk"]);

/** Rendering as text runs `__str__`, of every row for a queryset. */
export function renderText(engine: Engine, value: Value, span: Span, frame: Frame): void {
  for (const one of alternatives(value)) {
    if (one.kind === "row") rowText(engine, one, span, frame);
    else if (one.kind === "queryset") engine.text(engine.iterate(one, span, frame, "text").element, span, frame);
    else if (one.kind === "object") {
      const method = engine.classMember(one.cls, "__str__", one, { span, frame });
      if (method !== null && method.kind === "bound") engine.call(method, NO_ARGS, { span, frame, expr: null });
    }
  }
}

const COLLECTIONS: ReadonlySet<string> = new Set([
  "list",
  "List",
  "set",
  "Set",
  "tuple",
  "Tuple",
  "Iterable",
  "Iterator",
  "Sequence",
  "Collection",
  "Generator",
  "AsyncIterator",
  "AsyncIterable",
  "frozenset",
  "BaseManager",
]);

/** What an annotation says of a value: rows, querysets and objects of the program's classes. */
export function annotatedValue(engine: Engine, annotation: Expr | null, frame: Frame): Value {
  if (annotation === null) return UNKNOWN;
  switch (annotation.kind) {
    case "binary":
      return withoutUnknown([annotation.left, annotation.right].map((one) => annotatedValue(engine, one, frame)));
    case "str":
      return /^[A-Za-z_][\w.]*$/.test(annotation.value) ? namedType(engine, annotation.value, annotation, frame) : UNKNOWN;
    case "name":
    case "attribute":
      return instanceOf(engine, engine.evaluate(annotation, frame), annotation, frame);
    case "subscript":
      return genericType(engine, annotation.object, annotation.index, frame);
    default:
      return UNKNOWN;
  }
}

function withoutUnknown(values: readonly Value[]): Value {
  return joinAll(values.filter((one) => one.kind !== "unknown"));
}

function namedType(engine: Engine, name: string, at: Expr, frame: Frame): Value {
  const [head, ...rest] = name.split(".");
  if (head === undefined || frame.module === null) return UNKNOWN;
  let value = engine.symbol(engine.program.resolve(frame.module, head));
  for (const part of rest) value = engine.attribute(value, part, { span: spanOf(frame.file, at), frame });
  return instanceOf(engine, value, at, frame);
}

function lastName(expr: Expr): string {
  return expr.kind === "name" || expr.kind === "attribute" ? expr.name : "";
}

function genericType(engine: Engine, generic: Expr, index: Expr, frame: Frame): Value {
  const name = lastName(generic);
  const parts = index.kind === "sequence" ? index.items : [index];
  if (name === "Optional" || name === "Union" || name === "Annotated" || name === "Final" || name === "ClassVar") {
    return withoutUnknown(parts.map((one) => annotatedValue(engine, one, frame)));
  }
  const [first] = parts;
  if (first === undefined) return UNKNOWN;
  const element = annotatedValue(engine, first, frame);
  if (/QuerySet$|Manager$/.test(name) && element.kind === "row") return annotatedQueryset(engine, element, first, frame);
  if (!COLLECTIONS.has(name) || element.kind === "unknown") return UNKNOWN;
  if (element.kind !== "row") return listOf(element);
  const span = spanOf(frame.file, first);
  return listOf({ ...element, load: OPAQUE, loop: freshLoop(engine, element, span, frame) });
}

function annotatedQueryset(engine: Engine, row: Extract<Value, { readonly kind: "row" }>, at: Expr, frame: Frame): Value {
  const manager = modelManager(engine, row.model, row.model.defaultManager, { span: spanOf(frame.file, at), frame });
  return { ...plainQueryset(engine, { ...manager, origin: row.origin }, frame), load: OPAQUE, ordered: "unknown" };
}

function instanceOf(engine: Engine, value: Value, at: Expr, frame: Frame): Value {
  if (value.kind !== "class") return UNKNOWN;
  const model = engine.graph.ofClass(value.cls);
  if (model === null) return value.cls.module.origin === "builtin" && value.cls.name !== "HttpRequest" ? UNKNOWN : object(value.cls, null, null);
  if (model.isAbstract) return UNKNOWN;
  return parameterRow(engine, model, spanOf(frame.file, at), frame.symbol);
}

/** A row that a caller hands over, whoever that is. */
export function parameterRow(engine: Engine, model: Model, span: Span, symbol: string): RowValue {
  const origin = engine.recorder.origin(`parameter:${span.file}:${span.start}:${model.label}`, () => ({
    kind: "parameter",
    model,
    span,
    symbol,
    escapes: true,
  }));
  return makeRow({ model, origin, withoutCaller: true });
}

/** One row whose origin the analysis does not know: `self` of a model's method, `request.user`. */
export function unknownRow(engine: Engine, label: string): Value {
  const model = engine.graph.byLabel(label);
  if (model === null) return UNKNOWN;
  const origin = engine.recorder.origin(`instance:${model.label}`, () => ({
    kind: "instance",
    model,
    span:
      model.cls.module.ir.file === ""
        ? { file: "", start: 0, end: 0 }
        : { file: model.cls.module.ir.file, start: model.cls.def.start, end: model.cls.def.headEnd },
    symbol: model.cls.id,
    escapes: true,
  }));
  return makeRow({ model, origin, withoutCaller: true });
}
export type { LiteralValue };
