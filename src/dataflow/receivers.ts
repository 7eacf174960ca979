/** Receivers of signals that a save or a delete calls: of the rows at hand, and of those that a delete takes with it. */
import type { Model, ModelGraph, SignalReceiver, Span } from "../model/index.ts";
import { receiversOf } from "../django/signals.ts";
import { onDelete } from "../model/on-delete.ts";
import type { CallSite, Engine } from "./engine.ts";
import type { Frame, Loop } from "./frame.ts";
import { BARE, withoutSelects } from "./load-tree.ts";
import type { LiveOrigin } from "./recorder.ts";
import { isBeingCreated, keyGiven, makeRow } from "./rows.ts";
import { projectSite } from "./sites.ts";
import { freshId, functionValue, isFetched, literal, UNKNOWN, type QuerysetValue, type RowValue, type Value } from "./values.ts";

const DELETED = ["pre_delete", "post_delete"];
/** Foreign keys on the way from the row that is deleted; ours. */
const MAX_CASCADE = 6;

const running = new WeakMap<Engine, Set<SignalReceiver["def"]>>();

/**
 * `row.save()` in a loop: its receivers run each round. Outside of loops they run once, and nobody is kept waiting.
 * What `create()` makes has no key before the statement, and one after it.
 */
export function tellSaved(engine: Engine, row: RowValue, site: CallSite): void {
  const isCreated = isBeingCreated(row);
  const tell = (signal: string): void => {
    if (site.frame.loop !== null) for (const one of receiversOf(engine.graph, row.model, [signal])) receive(engine, one, row, site, isCreated);
  };
  tell("pre_save");
  if (isCreated) keyGiven(row);
  tell("post_save");
}

/** `row.delete()`: Django fetches the rows that go with it, and calls their receivers for each. */
export function tellDeleted(engine: Engine, row: RowValue, site: CallSite): void {
  if (site.frame.loop !== null) for (const one of receiversOf(engine.graph, row.model, DELETED)) receive(engine, one, row, site);
  for (const model of cascadeOf(engine.graph, row.model, false)) tellCollected(engine, model, site, null);
}

/** `queryset.delete()`: the rows themselves are fetched too, once a receiver wants them; `select_related` is dropped. */
export function tellQuerysetDeleted(engine: Engine, queryset: QuerysetValue, site: CallSite): void {
  if (queryset.isEmpty) return;
  const isMany = !queryset.atMostOne;
  if (isMany) tellCollected(engine, queryset.model, site, queryset);
  // One row each round: as if its own `delete()` was called.
  else if (site.frame.loop !== null)
    for (const one of receiversOf(engine.graph, queryset.model, DELETED))
      receive(engine, one, collectedRow(engine, queryset.model, one, site, queryset, site.frame.loop), site);
  for (const model of cascadeOf(engine.graph, queryset.model, isMany)) tellCollected(engine, model, site, null);
}

function tellCollected(engine: Engine, model: Model, site: CallSite, queryset: QuerysetValue | null): void {
  for (const one of receiversOf(engine.graph, model, DELETED)) {
    const at = projectSite(site);
    const origin = collectedOrigin(engine, model, one, at.span);
    // The call of the receiver is Django's own: the way leads from the delete straight into it.
    const loop: Loop = { id: freshId(), span: at.span, over: "rows", origin, collects: model.label, depth: site.frame.depth + 1, outer: site.frame.loop };
    const row = collectedRow(engine, model, one, site, queryset, loop);
    const depends = engine.dependsOn;
    engine.dependsOn = loop.id;
    receive(engine, one, row, { ...site, frame: { ...site.frame, loop } });
    engine.dependsOn = depends;
  }
}

/** A row as a delete fetches it for a receiver. */
function collectedRow(engine: Engine, model: Model, one: SignalReceiver, site: CallSite, queryset: QuerysetValue | null, loop: Loop): RowValue {
  return makeRow({
    model,
    origin: collectedOrigin(engine, model, one, projectSite(site).span),
    loop,
    joinable: false,
    load: queryset === null ? BARE : withoutSelects(queryset.load),
    doubts: one.sender === "*" ? ["the receiver listens to every sender"] : [],
  });
}

/** One for each receiver, whatever is deleted: what it reads can be mended there alone. */
function collectedOrigin(engine: Engine, model: Model, { module, def }: SignalReceiver, span: Span): LiveOrigin {
  return engine.recorder.origin(`collected:${model.label}:${module.ir.file}:${def.start}`, () => ({
    kind: "manager",
    model,
    span,
    symbol: `${module.name}.${def.name}`,
    escapes: true,
    asInstances: true,
    collected: true,
  }));
}

function receive(engine: Engine, one: SignalReceiver, row: RowValue, site: CallSite, isCreated = false): void {
  const under = running.get(engine) ?? new Set();
  running.set(engine, under);
  // A receiver that saves its row again is not run within itself.
  if (under.has(one.def) || isWithin(one, site.frame)) return;
  under.add(one.def);
  const fn = functionValue(one.module, one.def);
  const sender: Value = { kind: "class", cls: row.model.cls };
  const keywords = new Map<string, Value>([
    ["signal", UNKNOWN],
    ["sender", sender],
    ["instance", row],
    ["using", UNKNOWN],
    ...sentWith(one.signal, row, isCreated),
  ]);
  engine.call(fn, { positional: [], keywords, open: false }, site);
  under.delete(one.def);
}

/** What Django sends beside the row: a receiver that listens to other signals too asks for what only those have. */
function sentWith(signal: string, row: RowValue, isCreated: boolean): [string, Value][] {
  if (DELETED.includes(signal)) return [["origin", UNKNOWN]];
  const saved: [string, Value][] = [
    ["raw", literal(false)],
    ["update_fields", UNKNOWN],
  ];
  const isKnown = isFetched(row) && !row.extra.has("pk");
  return signal === "post_save" ? [...saved, ["created", isCreated ? literal(true) : isKnown ? literal(false) : UNKNOWN]] : saved;
}

function isWithin({ def }: SignalReceiver, frame: Frame): boolean {
  for (let at: Frame | null = frame; at !== null; at = at.caller) if (at.def === def) return true;
  return false;
}

const cascades = new WeakMap<ModelGraph, Map<string, readonly Model[]>>();

/** Models of which a delete collects rows in number. */
function cascadeOf(graph: ModelGraph, model: Model, isMany: boolean): readonly Model[] {
  if ((graph.receivers ?? []).every((one) => !DELETED.includes(one.signal))) return [];
  const known = cascades.get(graph) ?? new Map<string, readonly Model[]>();
  cascades.set(graph, known);
  const key = `${model.concrete}:${isMany}`;
  const found = known.get(key) ?? collect(graph, model.concrete, isMany);
  known.set(key, found);
  return found;
}

function collect(graph: ModelGraph, label: string, isMany: boolean): Model[] {
  const many = new Map<string, Model>();
  const seen = new Set<string>();
  const visit = (from: string, inNumber: boolean, isWhole: boolean, depth: number): void => {
    const key = `${from}:${inNumber}:${isWhole}`;
    if (depth > MAX_CASCADE || seen.has(key)) return;
    seen.add(key);
    for (const { holder, single, part } of dependants(graph, from)) {
      if (part === "child" && !isWhole) continue;
      const isInNumber = inNumber || !single;
      if (isInNumber) many.set(holder.label, holder);
      visit(holder.label, isInNumber, part !== "parent", depth + 1);
    }
  };
  visit(label, isMany, true, 1);
  return [...many.values()];
}

interface Dependant {
  readonly holder: Model;
  /** One row at most for each that is deleted. */
  readonly single: boolean;
  /** Of one object in several tables: a row that goes as the parent of one child is no other child's. */
  readonly part?: "parent" | "child";
}

const dependantsByGraph = new WeakMap<ModelGraph, Map<string, Dependant[]>>();

/** Models whose rows go with a row of this one: by a cascading key, a generic relation, or as parts of one object. */
function dependants(graph: ModelGraph, label: string): readonly Dependant[] {
  const known = dependantsByGraph.get(graph) ?? readDependants(graph);
  dependantsByGraph.set(graph, known);
  return known.get(label) ?? [];
}

function readDependants(graph: ModelGraph): Map<string, Dependant[]> {
  const found = new Map<string, Dependant[]>();
  const add = (to: string, one: Dependant): void => void found.set(to, [...(found.get(to) ?? []), one]);
  for (const holder of graph.models.values()) {
    if (holder.isAbstract || holder.isProxy) continue;
    for (const parent of holder.parents) {
      add(parent, { holder, single: true, part: "child" });
      const above = graph.models.get(parent);
      if (above !== undefined) add(holder.label, { holder: above, single: true, part: "parent" });
    }
    for (const field of holder.fields.values()) {
      const target = graph.byLabel(field.relation?.target ?? "", holder.app);
      if (target === null || field.relation === null) continue;
      const isKey = (field.relation.kind === "fk" || field.relation.kind === "o2o") && field.attname !== null;
      if (isKey && onDelete(holder, field) === "CASCADE") add(target.concrete, { holder, single: field.relation.kind === "o2o" });
      if (field.relation.kind === "generic-relation") add(holder.concrete, { holder: target, single: false });
    }
  }
  return found;
}
