/** Puts the engine's parts together. */
import type { ClassInfo, DjangoProject, ModelGraph, Program } from "../model/index.ts";
import { attribute, classMember, symbolValue } from "./attributes.ts";
import { keepFields, madeAsCollection } from "./made-of-fields.ts";
import { escapeArgs } from "./arguments.ts";
import { call, callFunction, callMethod } from "./calls.ts";
import { subscript } from "./collections.ts";
import { assumed } from "./conditions.ts";
import type { CallArgs, CallSite, Engine, Hook } from "./engine.ts";
import { compareValues, evaluate } from "./evaluate.ts";
import { assign, execute } from "./execute.ts";
import { moduleFrame } from "./frames.ts";
import { iterate } from "./iteration.ts";
import { lookUp } from "./lookups.ts";
import { escapeValue } from "./escape.ts";
import { annotatedValue, renderText, testValue } from "./protocols.ts";
import { Recorder, spanOf } from "./recorder.ts";
import { constructedQueryset } from "./querysets.ts";
import { tellDeleted, tellSaved } from "./receivers.ts";
import { makeRow, withGivenValues, rowAttribute } from "./rows.ts";
import { renderTemplate, runTemplateStmt } from "./template-run.ts";
import type { TemplateStore } from "./template-store.ts";
import { alternatives, functionValue, joinAll, object, type Value } from "./values.ts";

export interface EngineInput {
  readonly program: Program;
  readonly graph: ModelGraph;
  readonly project: DjangoProject;
  readonly templates: TemplateStore;
  readonly hooks: ReadonlyMap<string, (engine: Engine) => Hook>;
}

export function createEngine(input: EngineInput): Engine {
  const engine: Engine = {
    program: input.program,
    graph: input.graph,
    project: input.project,
    recorder: new Recorder(),
    templates: input.templates,
    hooks: new Map(),
    unresolved: new Map(),
    dependsOn: 0,
    fuel: 0,
    filled: null,
    request: null,
    requestRows: new Map(),
    called: new Set(),
    entry: null,
    ranByEntry: new Set(),
    awaiting: false,
    isTracing: false,
    evaluate: (expr, frame) => evaluate(engine, expr, frame),
    execute: (body, frame) => execute(engine, body, frame),
    assign: (target, value, frame, loop) => assign(engine, target, value, frame, loop),
    call: (callee, args, site) => call(engine, callee, args, site),
    callFunction: (fn, self, args, site) => callFunction(engine, fn, self, args, site),
    callMethod: (value, name, args, site) => callMethod(engine, value, name, args, site),
    attribute: (value, name, site) => attribute(engine, value, name, site),
    rowAttribute: (row, name, site) => rowAttribute(engine, row, name, site),
    tellReceivers: (row, how, site) => (how === "save" ? tellSaved : tellDeleted)(engine, row, site),
    subscript: (value, index, expr, frame) => subscript(engine, value, index, expr, frame),
    lookUp: (value, name, calls, site) => lookUp(engine, value, name, calls, site),
    iterate: (value, span, frame, how = "iterate", head = span) => iterate(engine, value, span, frame, how, head),
    test: (value, span, frame) => testValue(engine, value, span, frame),
    holds: (expr, value, frame) => testValue(engine, value, spanOf(frame.file, expr), frame) ?? assumed(expr, frame),
    compare: (expr, frame) => compareValues(engine, expr, frame),
    text: (value, span, frame) => renderText(engine, value, span, frame),
    symbol: (symbol) => symbolValue(engine, symbol),
    classMember: (cls, name, self, site, after) => classMember(engine, cls, name, self, site, after ?? null),
    instantiate: (cls, args, site) => instantiate(engine, cls, args, site),
    moduleFrame,
    annotated: (annotation, frame) => annotatedValue(engine, annotation, frame),
    renderTemplate: (name, context, site) => renderTemplate(engine, name, context, site),
    template: (body, frame) => runTemplateStmt(engine, body, frame),
    escape: (value) => escapeValue(value),
    note: (why, file, at = 0) => {
      const key = `${why}\n${file}`;
      const places = engine.unresolved.get(key) ?? new Set();
      engine.unresolved.set(key, places.add(at));
    },
  };
  for (const [name, make] of input.hooks) engine.hooks.set(name, make(engine));
  return engine;
}

function instantiate(engine: Engine, cls: ClassInfo, args: CallArgs, site: CallSite): Value {
  const model = engine.graph.ofClass(cls);
  if (model !== null) return newRow(engine, cls, args, site);
  const queryset = constructedQueryset(engine, cls, args, site);
  if (queryset !== null) return queryset;
  const factory = engine.classMember(cls, "__luthier_new__", { kind: "class", cls }, { span: site.span, frame: site.frame });
  if (factory !== null && factory.kind === "bound") return engine.call(factory, args, site);
  return madeAsCollection(engine, cls, args) ?? madeInstead(engine, cls, args, site) ?? plainObject(engine, cls, args, site);
}

/** What a `__new__` of the project gives where that is an object of another class; null where it makes one of its own. */
function madeInstead(engine: Engine, cls: ClassInfo, args: CallArgs, site: CallSite): Value | null {
  const member = engine.program.member(cls, "__new__");
  if (member?.definition.kind !== "function" || member.owner.module.origin === "builtin") return null;
  const fn = functionValue(member.owner.module, member.definition.def, member.owner);
  const made = alternatives(engine.callFunction(fn, { kind: "class", cls }, args, site)).filter((one) => one.kind === "object" && one.cls !== cls);
  return made.length === 0 ? null : joinAll(made);
}

/** Makes an object and runs its `__init__`. */
export function plainObject(engine: Engine, cls: ClassInfo, args: CallArgs, site: CallSite): Value {
  const made = object(cls, args, site.span);
  const init = engine.classMember(cls, "__init__", made, { span: site.span, frame: site.frame });
  if (init !== null) engine.call(init, args, site);
  else if (!keepFields(engine, made, args, site)) escapeArgs(engine, args);
  return made;
}

function newRow(engine: Engine, cls: ClassInfo, args: CallArgs, site: CallSite): Value {
  const model = engine.graph.ofClass(cls);
  if (model === null) return object(cls, args, site.span);
  const origin = engine.recorder.origin(`new:${model.label}`, () => ({
    kind: "instance",
    model,
    span: site.span,
    symbol: site.frame.symbol,
    escapes: true,
  }));
  return withGivenValues(engine, makeRow({ model, origin, isNew: true }), args);
}
