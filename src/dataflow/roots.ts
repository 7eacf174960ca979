/** Where the analysis begins: framework entries, then every function on its own, then module bodies. */
import type { ClassDef, ClassInfo, Expr, FunctionDef, Lambda, Program, PythonModule } from "../model/index.ts";
import { forgetFunction, forgetRoot, methodKind } from "./calls.ts";
import type { CallSite, Engine } from "./engine.ts";
import { classFrame } from "./frames.ts";
import { unknownRow } from "./protocols.ts";
import { modelManager, plainQueryset } from "./querysets.ts";
import { templateMethods } from "./template-methods.ts";
import { runDecorators } from "./registering.ts";
import { rememberRequest, requestSetters } from "./request-rows.ts";
import { functionValue, NO_ARGS, object, UNKNOWN, type CallArgs, type FunctionValue, type Value } from "./values.ts";

/** Steps that one root may take; generous for real code, a bound for hostile code. */
const FUEL_PER_ROOT = 100_000;

export function runRoots(engine: Engine, isExamined: (module: PythonModule) => boolean, tick: (done: number, of: number) => void): void {
  const modules = [...engine.program.modules.values()].filter((one) => one.origin === "project" && isExamined(one));
  const classes = engine.program.classes.filter((one) => one.module.origin === "project" && isExamined(one.module));
  const managerModels = modelsByManager(engine);
  runDecorators(engine, modules, FUEL_PER_ROOT);
  forgetRoot(engine);
  collectRequestRows(engine, modules);
  let done = 0;
  const total = modules.length + classes.length;
  for (const cls of classes) {
    runEntry(engine, cls);
    decorateClass(engine, cls);
    forgetRoot(engine);
    tick(++done, total);
  }
  for (const module of modules) {
    runModule(engine, module, managerModels);
    forgetRoot(engine);
    tick(++done, total);
  }
}

/** Middleware may read what another one set: two rounds see a chain of two, which is as long as they come. */
const REQUEST_ROUNDS = 2;

/** Runs what puts rows on requests before everything that may read them there. */
function collectRequestRows(engine: Engine, modules: readonly PythonModule[]): void {
  const setters = requestSetters(modules);
  for (let round = 0; round < REQUEST_ROUNDS; round += 1) {
    let news = false;
    for (const { module, owner, def } of setters) {
      const { result, site } = callRoot(engine, module, def, owner, owner === null ? null : object(owner, null, null));
      // A decorator or a function as middleware hands out the function that does it.
      if (result.kind === "function") engine.call(result, rootArgs(engine, result.def, false, site), site);
      news = rememberRequest(engine) || news;
      forgetRoot(engine);
    }
    if (!news) return;
  }
}

function runEntry(engine: Engine, cls: ClassInfo): void {
  const site = siteAt(engine, cls);
  const model = engine.graph.ofClass(cls);
  if (model?.isAbstract === true || engine.program.member(cls, "__luthier_entry__") === null) return;
  engine.fuel = FUEL_PER_ROOT;
  engine.entry = { cls, span: site.span };
  const self = model === null ? object(cls, null, site.span) : unknownRow(engine, model.label);
  const entry = engine.classMember(cls, "__luthier_entry__", self, site);
  if (entry !== null) engine.call(entry, NO_ARGS, site);
  engine.entry = null;
}

function siteAt(engine: Engine, cls: ClassInfo): CallSite {
  const span = { file: cls.module.ir.file, start: cls.def.start, end: cls.def.headEnd };
  const frame = { ...engine.moduleFrame(cls.module), symbol: cls.id, atImport: false };
  return { span, frame, expr: null };
}

function modelsByManager(engine: Engine): Map<ClassInfo, Value> {
  const found = new Map<ClassInfo, Value>();
  for (const model of engine.graph.models.values()) {
    if (model.isAbstract || model.cls.module.origin === "builtin") continue;
    for (const fact of model.managers.values()) {
      for (const cls of [fact.manager, fact.queryset]) {
        if (cls === null || found.has(cls)) continue;
        // `self` of a manager's methods is named by the class that has them.
        const site = siteAt(engine, cls.module.origin === "project" ? cls : model.cls);
        const manager = modelManager(engine, model, fact.name, site);
        found.set(cls, cls === fact.manager ? manager : plainQueryset(engine, manager, site.frame));
      }
    }
  }
  return found;
}

function runModule(engine: Engine, module: PythonModule, managers: ReadonlyMap<ClassInfo, Value>): void {
  engine.fuel = FUEL_PER_ROOT;
  engine.execute(module.ir.body, engine.moduleFrame(module));
  for (const definitions of module.scope.values()) {
    for (const definition of definitions) {
      if (definition.kind === "function") runFunctionRoot(engine, module, definition.def, null, null);
      if (definition.kind === "class") runClassRoot(engine, definition.cls, managers);
    }
  }
}

function runClassRoot(engine: Engine, cls: ClassInfo, managers: ReadonlyMap<ClassInfo, Value>): void {
  const model = engine.graph.ofClass(cls);
  const self = selfValue(engine, cls, managers);
  engine.fuel = FUEL_PER_ROOT;
  if (model === null && self.kind === "object") initialise(engine, cls, self);
  for (const [name, definitions] of cls.members) {
    for (const definition of definitions) {
      if (definition.kind === "function" && !name.startsWith("__luthier")) {
        runFunctionRoot(engine, cls.module, definition.def, cls, self);
      }
      if (definition.kind === "variable" && definition.value !== null && model === null) {
        engine.fuel = FUEL_PER_ROOT;
        const value = engine.evaluate(definition.value, classFrame(engine, cls, definition.stmt.start));
        // Whoever uses the class may use its attributes.
        engine.escape(value);
      }
      if (definition.kind === "class") runClassRoot(engine, definition.cls, managers);
    }
  }
  if (self.kind === "object" && engine.program.member(cls, "__luthier_entry__") === null) {
    for (const { owner, def } of templateMethods(engine, cls)) runFunctionRoot(engine, owner.module, def, owner, self);
  }
}

function selfValue(engine: Engine, cls: ClassInfo, managers: ReadonlyMap<ClassInfo, Value>): Value {
  const model = engine.graph.ofClass(cls);
  if (model !== null) return model.isAbstract ? concreteRow(engine, cls) : unknownRow(engine, model.label);
  return managers.get(cls) ?? object(cls, null, null);
}

/** Methods of an abstract model run on a model that has them. */
function concreteRow(engine: Engine, cls: ClassInfo): Value {
  for (const model of engine.graph.models.values()) {
    if (!model.isAbstract && isSubclassOf(engine.program, model.cls, cls)) return unknownRow(engine, model.label);
  }
  return UNKNOWN;
}

function isSubclassOf(program: Program, cls: ClassInfo, base: ClassInfo): boolean {
  return program.mro(cls).includes(base);
}

function initialise(engine: Engine, cls: ClassInfo, self: Value): void {
  const site = siteAt(engine, cls);
  const init = engine.classMember(cls, "__init__", self, site);
  if (init?.kind === "bound" && init.fn.module.origin === "project") engine.call(init, { ...NO_ARGS, open: true }, site);
}

function runFunctionRoot(engine: Engine, module: PythonModule, def: FunctionDef, owner: ClassInfo | null, self: Value | null): void {
  if (engine.ranByEntry.has(def)) return;
  const { fn, result, site } = callRoot(engine, module, def, owner, self);
  decorate(engine, fn, result, site);
  engine.escape(result);
  forgetRoot(engine);
}

/** What the first run lacked, for a few roots. Ours. */
const FUEL_AGAIN = 1_000_000;
const MOST_UNFINISHED = 40;

const unfinished = new WeakMap<Engine, Map<FunctionDef, () => void>>();

function noteUnfinished(engine: Engine, again: () => void, def: FunctionDef): void {
  const known = unfinished.get(engine) ?? new Map<FunctionDef, () => void>();
  unfinished.set(engine, known.set(def, again));
}

/** Roots that a package's code took all strength from, once more: what that code does is known by now. */
export function runUnfinished(engine: Engine): void {
  for (const [def, again] of [...(unfinished.get(engine) ?? [])].slice(0, MOST_UNFINISHED)) {
    forgetFunction(engine, def);
    again();
    forgetRoot(engine);
  }
}

/** Calls a function that nobody is seen to call. */
function callRoot(engine: Engine, module: PythonModule, def: FunctionDef, owner: ClassInfo | null, self: Value | null, fuel = FUEL_PER_ROOT) {
  engine.fuel = fuel;
  const kind = methodKind(def);
  const fn = functionValue(module, def, owner);
  const receiver = owner === null || kind === "static" ? null : kind === "class" ? ({ kind: "class", cls: owner } as const) : self;
  const frame = { ...engine.moduleFrame(module), symbol: owner?.id ?? module.name, atImport: false };
  const span = { file: module.ir.file, start: def.start, end: def.headEnd };
  const site: CallSite = { span, frame, expr: null };
  const result = engine.callFunction(fn, receiver, rootArgs(engine, def, receiver !== null, site), site);
  if (engine.fuel <= 0) noteUnfinished(engine, () => callRoot(engine, module, def, owner, self, FUEL_AGAIN), def);
  return { fn, result, site };
}

/** A decorator that an adapter implements sees the function and what it returns: routes, signal receivers. */
function decorate(engine: Engine, fn: FunctionValue, result: Value, site: CallSite): void {
  if (fn.def.kind === "lambda") return;
  for (const made of adapterDecorators(engine, fn.def, site)) engine.call(made, { ...NO_ARGS, positional: [fn, result] }, site);
}

/** A decorator of a class that an adapter implements sees the class: types of a schema. */
function decorateClass(engine: Engine, cls: ClassInfo): void {
  if (cls.def.decorators.length === 0 || engine.graph.ofClass(cls) !== null) return;
  const site = siteAt(engine, cls);
  engine.fuel = FUEL_PER_ROOT;
  engine.entry = { cls, span: site.span };
  for (const made of adapterDecorators(engine, cls.def, site)) engine.call(made, { ...NO_ARGS, positional: [{ kind: "class", cls }] }, site);
  engine.entry = null;
}

function adapterDecorators(engine: Engine, { decorators }: FunctionDef | ClassDef, site: CallSite): Value[] {
  return decorators.map((one) => engine.evaluate(one, site.frame)).filter((made) => made.kind === "native" && made.key.startsWith("luthier.decorator:"));
}

/** `request: SignedInRequest`: a class of the project that says what its middleware puts there. */
function typedRequest(engine: Engine, request: Value, annotation: Expr | null, site: CallSite): Value {
  const said = annotation === null || request.kind !== "object" ? UNKNOWN : engine.annotated(annotation, site.frame);
  if (said.kind !== "object" || request.kind !== "object" || said.cls.module.origin !== "project") return request;
  for (const [name, value] of request.attrs) said.attrs.set(name, value);
  return said;
}

/** A first parameter named `request` is one; everything else is unknown. */
function rootArgs(engine: Engine, def: FunctionDef | Lambda, hasSelf: boolean, site: CallSite): CallArgs {
  const params = def.params.filter((one) => one.form === "positional").slice(hasSelf ? 1 : 0);
  const at = params.findIndex((one) => one.name === "request");
  const request = engine.hooks.get("luthier.request");
  if (at < 0 || request === undefined) return { ...NO_ARGS, open: true };
  const positional = params
    .slice(0, at + 1)
    .map((_, index) => (index === at ? typedRequest(engine, request(NO_ARGS, site), params[at]?.annotation ?? null, site) : UNKNOWN));
  return { positional, keywords: new Map(), open: true };
}
