/** Loops: what one item of a value is, and what asking costs. */
import type { Model, Span } from "../model/index.ts";
import type { CallSite, Engine, Iteration } from "./engine.ts";
import type { Frame, Loop } from "./frame.ts";
import { projectSite } from "./sites.ts";
import { iterateQueryset, managerQueryset } from "./querysets.ts";
import { alternatives, freshId, joinAll, literal, NO_ARGS, UNKNOWN, type ListValue, type RowValue, type Value } from "./values.ts";

export function iterate(engine: Engine, value: Value, span: Span, frame: Frame, how: string, head: Span): Iteration {
  switch (value.kind) {
    case "queryset": {
      const { element, loop } = iterateQueryset(engine, value, span, frame, how, head);
      return { element: ofEachRound(element, loop), loop };
    }
    case "manager": {
      // A manager is not iterable in Python; templates call it and loop over `all`.
      const queryset = managerQueryset(engine, value, { span, frame, expr: null });
      return queryset === null ? unknownItems(engine, frame, head) : iterateQueryset(engine, queryset, span, frame, how, head);
    }
    case "list":
      return iterateList(engine, value, frame, head);
    case "dict": {
      const loop = newLoop(engine, value.rest === null ? "literal" : "unknown", head, frame, null);
      const names = value.rest === null && value.keys === null ? joinAll([...value.entries.keys()].map((one) => literal(one))) : value.keys;
      return { element: names === null ? UNKNOWN : inLoop(names, loop), loop };
    }
    case "object":
      return iterateObject(engine, value, span, frame, how, head);
    case "union": {
      const many = value.values.filter((one) => !isCoveredByOthers(one, value.values));
      for (const one of value.values) if (!many.includes(one)) engine.escape(one);
      const rounds = many.map((one) => iterate(engine, one, span, frame, how, head));
      // Of rows that are the same but for how many there are, `rows` or `rows.filter(pk=pk)`, those of many rounds stand for both.
      const all = [...rounds.filter(isOverRows), ...rounds.filter((one) => !isOverRows(one))];
      const [main] = all;
      if (main === undefined) return unknownItems(engine, frame, head);
      // Whichever of them it is, the rounds are those of one loop: rows of another would stay in theirs where this one is left.
      return { element: joinAll(all.map((one) => (isOverRows(one) ? inLoop(one.element, main.loop) : one.element))), loop: main.loop };
    }
    default:
      return unknownItems(engine, frame, head);
  }
}

function isOverRows({ loop }: Iteration): boolean {
  return loop.over === "rows";
}

/** `[]` beside anything, or `[found]` beside a queryset of its model: its one round is not one of the many, and reads nothing else. */
export function isCoveredByOthers(value: Value, all: readonly Value[]): boolean {
  if (value.kind !== "list" || value.items === null || value.items.length > 1) return false;
  const [only] = value.items;
  if (only === undefined) return all.some((one) => one.kind !== "list" || one.items?.length !== 0);
  const rows = alternatives(only).filter((one) => one.kind === "row");
  return rows.length > 0 && rows.every(({ model }) => all.some((one) => one !== value && holdsRowsOf(one, model)));
}

function holdsRowsOf(value: Value, model: Model): boolean {
  if (value.kind === "queryset") return value.model === model && value.shape === "rows";
  return value.kind === "list" && value.items === null && alternatives(value.element).some((one) => one.kind === "row" && one.model === model);
}

function unknownItems(engine: Engine, frame: Frame, head: Span): Iteration {
  return { element: UNKNOWN, loop: newLoop(engine, "unknown", head, frame, null) };
}

function newLoop(engine: Engine, over: Loop["over"], head: Span, frame: Frame, row: Pick<RowValue, "origin" | "path"> | null): Loop {
  const { span } = projectSite({ span: head, frame });
  engine.recorder.loopSeen(span, over);
  const rows = row === null ? { origin: null } : { origin: row.origin, path: row.path };
  return { id: freshId(), span, over, ...rows, depth: frame.depth, outer: frame.loop };
}

function iterateList(engine: Engine, value: ListValue, frame: Frame, head: Span): Iteration {
  if (value.items !== null) {
    const loop = newLoop(engine, "literal", head, frame, null);
    return { element: value.element, loop };
  }
  const row = firstRow(value.element);
  // One row that was put there in a loop of one round.
  const over = row === null ? (isAssorted(value.element) ? "literal" : "unknown") : row.loop?.over === "literal" ? "literal" : "rows";
  const loop = newLoop(engine, over, head, frame, row);
  return { element: ofEachRound(inLoop(value.element, loop), loop), loop };
}

/** What a finished loop made for each item and left with it, `table.append({"lines": Line.objects.filter(order=order)})`: a loop over the items runs one in each round. */
function ofEachRound(value: Value, loop: Loop, within = 2): Value {
  switch (value.kind) {
    case "queryset":
      return isLeftBy(value.madeIn, loop) ? { ...value, id: freshId(), madeIn: loop } : value;
    case "union":
      return joinAll(value.values.map((one) => ofEachRound(one, loop, within)));
    case "list":
      return value.type === "tuple" && value.items !== null ? { ...value, items: value.items.map((one) => ofEachRound(one, loop, within)) } : value;
    case "dict":
      if (within > 0 && value.rest !== null) value.rest = ofEachRound(value.rest, loop, within - 1);
      if (within > 0) setEach(value.entries, loop, within - 1);
      return value;
    case "object":
      if (within > 0) setEach(value.attrs, loop, within - 1);
      return value;
    case "row":
      if (within > 0) setEach(value.extra, loop, within - 1);
      return value;
    default:
      return value;
  }
}

function setEach(values: Map<string, Value>, loop: Loop, within: number): void {
  for (const [name, one] of values) {
    const made = ofEachRound(one, loop, within);
    if (made !== one) values.set(name, made);
  }
}

/** The loop that made it is over, and had more rounds than somebody wrote down. */
function isLeftBy(madeIn: Loop | null, loop: Loop): boolean {
  for (let at: Loop | null = loop; at !== null; at = at.outer) if (at === madeIn) return false;
  return madeIn?.over === "rows" || madeIn?.over === "unknown";
}

/** Models, steps, plug-ins, the parts of a page: each is a class or of a class of its own, and what one does happens once. */
function isAssorted(value: Value): boolean {
  if (value.kind === "list" && value.type === "tuple" && value.items !== null) return value.items.some(isAssorted);
  if (value.kind === "class") return true;
  if (value.kind !== "union") return false;
  const classes = new Set(value.values.flatMap((one) => (one.kind === "object" ? [one.cls] : [])));
  return classes.size > 1 || value.values.some(isAssorted);
}

function firstRow(value: Value): RowValue | null {
  if (value.kind === "row") return value.loop === null ? null : value;
  if (value.kind === "union") return value.values.map(firstRow).find((one) => one !== null) ?? null;
  if (value.kind === "list" && value.items !== null) {
    for (const item of value.items) {
      const row = firstRow(item);
      if (row !== null) return row;
    }
  }
  return null;
}

/** Rows taken out of a collection by a loop stand for many rows of that loop, but for a single one that was put there. */
export function inLoop(value: Value, loop: Loop | null): Value {
  switch (value.kind) {
    case "row":
      return value.loop === loop || value.loop === null ? value : { ...value, loop };
    case "union":
      return joinAll(value.values.map((one) => inLoop(one, loop)));
    case "list":
      return value.type !== "tuple" || value.items === null
        ? value
        : { ...value, items: value.items.map((item) => inLoop(item, loop)), element: inLoop(value.element, loop) };
    default:
      return value;
  }
}

/** A function that is called with each item, such as a key to sort by: what it asks, it asks in each round. */
export function callForEach(engine: Engine, fn: Value, rounds: readonly Iteration[], site: CallSite): Value {
  const loop = (rounds.find((one) => one.loop.over === "rows") ?? rounds[0])?.loop ?? site.frame.loop;
  const outer = engine.dependsOn;
  engine.dependsOn = Math.max(outer, loop?.id ?? 0);
  const result = engine.call(fn, { ...NO_ARGS, positional: rounds.map(({ element }) => element) }, { ...site, frame: { ...site.frame, loop } });
  engine.dependsOn = outer;
  return result;
}

/** What rows are grouped by is read of one row in each group: the others share what it loads. */
export function ofGroup(value: Value): Value {
  if (value.kind === "union") return joinAll(value.values.map(ofGroup));
  return value.kind === "row" && value.path !== "" ? { ...value, shared: value.shared ?? value.path } : value;
}

function iterateObject(engine: Engine, value: Extract<Value, { readonly kind: "object" }>, span: Span, frame: Frame, how: string, head: Span): Iteration {
  const site = { span, frame, expr: null };
  const method = engine.classMember(value.cls, "__iter__", value, site);
  if (method === null) return unknownItems(engine, frame, head);
  const items = engine.call(method, NO_ARGS, site);
  return items === value || items.kind === "object" ? unknownItems(engine, frame, head) : iterate(engine, items, span, frame, how, head);
}
