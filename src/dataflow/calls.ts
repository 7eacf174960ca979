/** Calls: binding of arguments, summaries, classes and outside functions. */
import { decoratorName, nodesIn } from "../python/syntax-tree.ts";
import type { Expr, FunctionDef, Param, SentStatement, Span } from "../model/index.ts";
import { escapeArgs, keyedBy } from "./arguments.ts";
import type { CallArgs, CallSite, Engine } from "./engine.ts";
import { hasFallback } from "./fallbacks.ts";
import { wayKey } from "./byways.ts";
import { asGiven } from "./given.ts";
import { joinLeft } from "./attribute-writes.ts";
import { newEnv, type Frame } from "./frame.ts";
import { resultOf } from "./execute.ts";
import { loadsMore, type LoadNode } from "./load-tree.ts";
import { captureOutside, recordOutside, replayOutside, type OutsideReplay } from "./outside-calls.ts";
import { isQueuedByCall } from "./queued-tasks.ts";
import { loadOnto } from "./rows.ts";
import { resend } from "./sends.ts";
import {
  alternatives,
  freshId,
  hasIdentity,
  haveSameKey,
  isEmptyStub,
  joinAll,
  keyOf,
  keysOf,
  list,
  listOf,
  NO_ARGS,
  UNKNOWN,
  type DictValue,
  type FunctionValue,
  type RowValue,
  type UnknownValue,
  type Value,
} from "./values.ts";
import { dict } from "./values.ts";

/** Calls deeper than this are not followed; real code stays below, recursion does not. */
const MAX_DEPTH = 28;
/** A function that is within itself this often shows nothing new: its loops, rows and statements were told at the levels above. */
const MAX_RECURSION = 3;
/** Summaries kept per function before the least precise answer is given: one per queryset of a large project. */
const MAX_CONTEXTS = 20_000;
/** The same for calls with objects of their own, which one root makes and no other can meet again. */
const MAX_CONTEXTS_PER_ROOT = 2_000;

export interface Summary {
  result: Value;
  isDone: boolean;
  /** Values with a greater number were made by the call. */
  readonly since: number;
  /** Runs and writes that happen outside any loop of the function itself. */
  readonly replay: readonly ((site: CallSite) => void)[];
  /** Statements that a package's function sends for whoever calls it. */
  readonly sent: readonly SentStatement[];
  /** Calls out of the process, from the function on. */
  readonly outside: OutsideReplay;
  /** By the place of the argument: rows of querysets that the call went through, with what it put on them. */
  readonly given: readonly (RowValue | null)[];
  /** By the place of the argument: what `prefetch_related_objects()` has loaded onto the row. */
  readonly loaded: readonly (LoadNode | null)[];
  /** The rows that the call fetched and gave back, with what they had then: a caller may load more onto them. */
  readonly fetched: ReadonlyMap<RowValue, LoadNode>;
}

type Tables = Map<FunctionValue["def"], Map<string, Map<string, Summary>>>;

const summaries = new WeakMap<Engine, { readonly lasting: Tables; local: Tables }>();

/** Forgets the last root's request, and the summaries of calls with objects that only that root knew. */
export function forgetRoot(engine: Engine): void {
  const tables = summaries.get(engine);
  if (tables !== undefined) tables.local = new Map();
  engine.request = null;
}

/** Calls of a function are run again: the one before had no strength left to come to its end. */
export function forgetFunction(engine: Engine, def: FunctionDef): void {
  summaries.get(engine)?.lasting.delete(def);
}

export function call(engine: Engine, callee: Value, args: CallArgs, site: CallSite): Value {
  switch (callee.kind) {
    case "function":
      return callNow(engine, callee, null, args, site);
    case "bound":
      return callNow(engine, callee.fn, callee.self, args, site);
    case "native":
      return callee.call(args, site);
    case "class":
      return engine.instantiate(callee.cls, args, site);
    case "external":
      return callExternal(engine, callee.name, args, site);
    case "object":
      return engine.callMethod(callee, "__call__", args, site);
    case "union":
      return joinAll(callee.values.map((one) => call(engine, one, args, site)));
    default:
      escapeArgs(engine, args);
      renderBody(args, site);
      return UNKNOWN;
  }
}

function callNow(engine: Engine, fn: FunctionValue, self: Value | null, args: CallArgs, site: CallSite): Value {
  if (!isQueuedByCall(engine, fn.module, fn.def)) return engine.callFunction(fn, self, args, site);
  escapeArgs(engine, args);
  return UNKNOWN;
}

/** A macro that was not found is taken to render the body of the `{% call %}`. */
function renderBody({ keywords }: CallArgs, site: CallSite): void {
  const caller = site.frame.module === null ? keywords.get("caller") : undefined;
  if (caller?.kind === "native") caller.call(NO_ARGS, site);
}

/** `get_model("order", "Line")` of a framework for shops and the like, `swapper.load_model()`: a model by its label, as Django's own registry gives it. */
const LOADS_MODEL = /\.(?:get_model|load_model)$/;

function callExternal(engine: Engine, name: string, args: CallArgs, site: CallSite): Value {
  const hook = engine.hooks.get(LOADS_MODEL.test(name) ? "luthier.model_class" : name);
  if (hook !== undefined) return hook(args, site);
  escapeArgs(engine, args);
  return recordOutside(engine, name, site);
}

/** A root is called at its own head. */
function isRootCall({ def, module }: FunctionValue, { span }: CallSite): boolean {
  return span.start === def.start && span.file === module.ir.file;
}

export function callFunction(engine: Engine, fn: FunctionValue, self: Value | null, args: CallArgs, site: CallSite): Value {
  if (site.frame.depth >= MAX_DEPTH || engine.fuel <= 0 || isEmptyStub(fn)) {
    if (self !== null && (self.kind === "row" || !isEmptyStub(fn))) engine.escape(self);
    escapeArgs(engine, args);
    return isEmptyStub(fn) ? stubResult(engine, fn) : UNKNOWN;
  }
  if (!isRootCall(fn, site)) engine.called.add(fn.def);
  const bound = bindParams(engine, fn, self, args, site);
  const values = [...bound.values()];
  const isLocal = values.some((value) => hasIdentity(value));
  const table = summaryTable(engine, fn, isLocal);
  // What was told of it while facts were taken left the queryset out.
  const isRetold = engine.isTracing && hasFallback(fn.def);
  const key = `${isRetold ? "~" : ""}${wayKey(site.frame)}${keysOf(values, ",")}${closureKey(fn)}`;
  const existing = table.get(key);
  if (existing !== undefined) return reuse(engine, existing, values, site);
  const within = framesOf(fn, self, site.frame);
  if (within.length >= MAX_RECURSION) {
    for (const [name, value] of bound) escapeNew(engine, name, value, within);
    return UNKNOWN;
  }
  if (table.size >= (isLocal ? MAX_CONTEXTS_PER_ROOT : MAX_CONTEXTS)) {
    engine.note("a function is called in too many ways to follow each", fn.module.ir.file);
    for (const value of bound.values()) engine.escape(value);
    return UNKNOWN;
  }
  const since = freshId();
  const summary: Summary = { result: UNKNOWN, isDone: false, since, replay: [], sent: [], outside: [], given: [], loaded: [], fetched: new Map() };
  const before = values.map(loadOf);
  table.set(key, summary);
  const depends = engine.dependsOn;
  const isOwn = fn.module.origin === "project";
  let sent: readonly SentStatement[] = [];
  let outside: OutsideReplay = [];
  const captured = engine.recorder.capture(() => {
    const run = (): void => void (summary.result = runFunction(engine, fn, self, bound, site, depends));
    const whole = (): void => void (outside = captureOutside(engine, site, run));
    if (isOwn) whole();
    else sent = engine.recorder.captureSent(site.frame.depth, whole);
  });
  const replay = captured.map((event) => {
    if (event.kind === "schema") return event.loop?.id === site.frame.loop?.id ? ({ frame }: CallSite) => engine.recorder.changeSchema(frame.loop) : null;
    return event.kind === "cache" ? cacheReplayer(engine, event.fact, site) : event.fact.loop === null ? replayer(engine, event, since) : null;
  });
  Object.assign(summary, {
    isDone: true,
    sent,
    outside,
    replay: replay.filter((again) => again !== null),
    given: values.map(rowsOf),
    loaded: values.map((value, index) => loadedSince(value, before[index] ?? null)),
    fetched: fetchedSince(summary.result, since),
  });
  engine.dependsOn = depends;
  return summary.result;
}

/**
 * The function's runs that wait for this call. Of our stubs' functions each is another serializer, form or tag's; of a decorator's wrapper, another function's;
 * an object made at another place is another one too, as a project's hooks are, unless it is only being made.
 */
function framesOf(fn: FunctionValue, self: Value | null, frame: Frame): Frame[] {
  const frames: Frame[] = [];
  if (fn.module.origin === "builtin") return frames;
  const isMaking = fn.def.kind === "function" && fn.def.name === "__init__";
  for (let at: Frame | null = frame; at !== null; at = at.caller) {
    if (at.def === fn.def && at.env.parent === fn.closure && (isMaking || !areMadeApart(self, at.self))) frames.push(at);
  }
  return frames;
}

const areMadeApart = (a: Value | null, b: Value | null): boolean =>
  a?.kind === "object" && b?.kind === "object" && (a.site?.start !== b.site?.start || a.site?.file !== b.site?.file);

/** What code does with an argument was seen where a level above was given the same; what no level had may be read in any way. */
function escapeNew(engine: Engine, name: string, value: Value, within: readonly Frame[]): void {
  const seen = within.flatMap(({ env }) => alternatives(env.vars.get(name)?.value ?? UNKNOWN));
  for (const one of alternatives(value)) if (!seen.some((other) => haveSameKey(one, other))) engine.escape(one);
}

function stubResult(engine: Engine, fn: FunctionValue): Value {
  if (fn.def.kind === "lambda" || fn.def.returns === null) return UNKNOWN;
  return engine.annotated(fn.def.returns, engine.moduleFrame(fn.module));
}

type CapturedEvent = ReturnType<Engine["recorder"]["capture"]>[number];
type Captured = Exclude<CapturedEvent, { readonly kind: "cache" | "schema" }>;
type CachedFact = Extract<CapturedEvent, { readonly kind: "cache" }>["fact"];

/** A call of the cache is made for each caller: one of them may have a transaction open. */
function cacheReplayer(engine: Engine, fact: CachedFact, first: CallSite): (site: CallSite) => void {
  const inner = fact.trail.slice(callSpans(first, 0).length);
  return (site) => engine.recorder.cacheCall({ ...fact, trail: [...callSpans(site, 0), ...inner] });
}

/** What a summary recorded outside loops happens again, under the loop of the new call. */
function replayer(engine: Engine, event: Captured, since: number): (site: CallSite) => void {
  return (site) => {
    const loop = site.frame.loop;
    if (loop === null) return;
    const keyed = keyedBy(engine, loop.id);
    const calls = [...callSpans(site, loop.depth), ...event.fact.calls];
    if (event.kind === "run")
      engine.recorder.run({ ...event.fact, loop, keyed, calls, madeInLoop: event.fact.queryset > since, trail: [...callSpans(site, 0), ...event.fact.calls] });
    else engine.recorder.write({ ...event.fact, loop, keyed, calls });
  };
}

function callSpans(site: CallSite, depth: number): Span[] {
  const spans: Span[] = [site.span];
  for (let at: Frame | null = site.frame; at !== null && at.depth > depth; at = at.caller) {
    if (at.callSite !== null) spans.unshift(at.callSite);
  }
  return spans;
}

function rowsOf(value: Value): RowValue | null {
  return value.kind === "queryset" ? value.rows : null;
}

function loadOf(value: Value): LoadNode | null {
  return value.kind === "row" ? value.load : null;
}

function loadedSince(value: Value, before: LoadNode | null): LoadNode | null {
  return value.kind === "row" && before !== null && loadsMore(before, value.load) ? value.load : null;
}

function reuse(engine: Engine, summary: Summary, values: readonly Value[], site: CallSite): Value {
  for (const [index, value] of values.entries()) if (value.kind === "queryset") value.rows = summary.given[index] ?? value.rows;
  for (const [index, load] of summary.loaded.entries()) {
    const row = values[index];
    if (load !== null && row?.kind === "row") loadOnto(row, load);
  }
  resend(engine, summary.sent, site);
  replayOutside(engine, summary.outside, site);
  for (const again of summary.replay) again(site);
  return refreshed(asFetched(summary), site, summary.since);
}

function fetchedSince(result: Value, since: number): ReadonlyMap<RowValue, LoadNode> {
  return new Map(alternatives(result).flatMap((one) => (one.kind === "row" && one.id > since ? [[one, one.load]] : [])));
}

/** The result without what the caller before this one has loaded onto its rows: this one fetches its own. */
function asFetched({ result, fetched }: Summary): Value {
  if ([...fetched].every(([row, load]) => row.load === load)) return result;
  return joinAll(alternatives(result).map((one) => (one.kind === "row" ? { ...one, load: fetched.get(one) ?? one.load } : one)));
}

/** A second call makes new objects: result caches and loops are not shared with the first call's. What it was given stays the same. */
export function refreshed(value: Value, site: { readonly frame: Frame }, since = 0): Value {
  if (value.kind === "queryset") {
    const id = freshId();
    return { ...value, id, source: id, evaluated: false, rows: null, madeIn: site.frame.loop };
  }
  if (value.kind === "union") {
    const values = value.values.map((one) => (isSingleRow(one) ? one : refreshed(one, site, since)));
    return values.every((one, index) => one === value.values[index]) ? value : joinAll(values);
  }
  return value.kind === "row" && value.path === "" && value.id > since ? refreshedRow(value, site, since) : value;
}

/** Of several ways to a row, the one that happens once, such as that of a failure, stays so. */
function isSingleRow(value: Value): boolean {
  return value.kind === "row" && value.loop === null;
}

/** A row that the call fetched is fetched again, under the loop of this call; one of a loop of its own is of that loop. */
function refreshedRow(row: RowValue, { frame: { loop } }: { readonly frame: Frame }, since: number): RowValue {
  if (row.loop === null) return loop === null || row.origin.kind === "instance" || row.withoutCaller ? row : { ...row, loop };
  return row.loop === loop || row.loop.id > since ? row : { ...row, loop };
}

const namesOf = new WeakMap<FunctionValue["def"], readonly string[]>();

/** The rows that a nested function finds in the variables around it: a list there may have been empty in the call before. */
function closureKey({ def, closure }: FunctionValue): string {
  if (closure === null) return "";
  let names = namesOf.get(def);
  if (names === undefined) {
    names = [...new Set(nodesIn(def).flatMap((node) => (node.kind === "name" ? [node.name] : [])))];
    namesOf.set(def, names);
  }
  let key = "";
  for (const name of names) {
    const value = closure.vars.get(name)?.value;
    if (value?.kind === "list" || value?.kind === "queryset" || value?.kind === "row") key += `;${name}=${keyOf(value)}`;
  }
  return key;
}

function summaryTable(engine: Engine, fn: FunctionValue, isLocal: boolean): Map<string, Summary> {
  let all = summaries.get(engine);
  if (all === undefined) {
    all = { lasting: new Map(), local: new Map() };
    summaries.set(engine, all);
  }
  const tables = isLocal ? all.local : all.lasting;
  let ofDef = tables.get(fn.def);
  if (ofDef === undefined) {
    ofDef = new Map();
    tables.set(fn.def, ofDef);
  }
  const id = `${fn.closure?.id ?? 0}:${fn.owner?.id ?? ""}`;
  let table = ofDef.get(id);
  if (table === undefined) {
    table = new Map();
    ofDef.set(id, table);
  }
  return table;
}

function runFunction(engine: Engine, fn: FunctionValue, self: Value | null, bound: ReadonlyMap<string, Value>, site: CallSite, depends: number): Value {
  const frame = functionFrame(fn, self, site);
  for (const [name, value] of bound) frame.env.vars.set(name, { value, loop: depends });
  const { def } = fn;
  if (def.kind === "lambda") return engine.evaluate(def.body, frame);
  const waiting = engine.awaiting;
  engine.awaiting = false;
  const exits = engine.execute(def.body, frame);
  engine.awaiting = waiting;
  joinLeft(frame);
  const result = resultOf(frame, def.isGenerator, !exits);
  return result.kind === "unknown" && def.returns !== null ? engine.annotated(def.returns, frame) : result;
}

export function functionFrame(fn: FunctionValue, self: Value | null, site: CallSite): Frame {
  const { def, module } = fn;
  const name = def.kind === "lambda" ? "<lambda>" : def.name;
  const holder = fn.owner === null ? module.name : fn.owner.id;
  const isLambda = def.kind === "lambda";
  return {
    module,
    file: module.ir.file,
    env: newEnv(fn.closure),
    def,
    owner: fn.owner,
    self: self ?? fn.self,
    depth: site.frame.depth + 1,
    caller: site.frame,
    callSite: site.span,
    symbol: isLambda ? site.frame.symbol : `${holder}.${name}`,
    isAsync: def.kind === "function" ? def.isAsync : site.frame.isAsync,
    atImport: site.frame.atImport && !isCallback(fn, site),
    language: "python",
    loop: site.frame.loop,
    branch: "",
    assumed: [],
    ways: 1,
    isGuarded: false,
    returns: [],
    yields: [],
    template: null,
  };
}

/** Nothing is taken out of it, for nothing is in it. */
const NO_KEYWORDS = new Map<string, Value>();

function bindParams(engine: Engine, fn: FunctionValue, self: Value | null, args: CallArgs, site: CallSite): Map<string, Value> {
  const bound = new Map<string, Value>();
  const positional = self === null ? [...args.positional] : [self, ...args.positional];
  const keywords = args.keywords.size === 0 ? NO_KEYWORDS : new Map(args.keywords);
  for (const param of fn.def.params) {
    bound.set(param.name, paramValue(engine, fn, param, positional, keywords, args, site));
  }
  return bound;
}

function paramValue(engine: Engine, fn: FunctionValue, param: Param, positional: Value[], keywords: Map<string, Value>, args: CallArgs, site: CallSite): Value {
  if (param.form === "args") {
    const rest = positional.splice(0);
    return args.open ? listOf(joinAll([...rest, UNKNOWN]), "tuple") : list(rest, "tuple");
  }
  if (param.form === "kwargs") {
    const rest: DictValue = { ...dict(keywords), isOfCall: true };
    if (args.open) rest.rest = UNKNOWN;
    if (args.maybe !== undefined) rest.maybe = new Set(args.maybe);
    return rest;
  }
  const byKeyword = keywords.get(param.name);
  if (byKeyword !== undefined) {
    keywords.delete(param.name);
    return byKeyword.kind === "unknown" ? givenValue(engine, fn, param, byKeyword, param.name, site) : byKeyword;
  }
  if (param.form === "positional") {
    const at = args.positional.length - positional.length;
    const given = positional.shift();
    if (given !== undefined) {
      return given.kind === "unknown" ? typed(engine, fn, param.annotation, givenValue(engine, fn, param, given, at, site), site) : given;
    }
  }
  if (args.open) return openValue(engine, fn, param, site);
  if (param.default !== null) return defaultValue(engine, fn, param.default, site);
  return typed(engine, fn, param.annotation, UNKNOWN, site);
}

/** Whoever hands something over where None would be taken has no None to hand over. */
function givenValue(
  { program }: Engine,
  { def }: FunctionValue,
  param: Param,
  given: UnknownValue,
  at: number | string,
  { expr, frame }: CallSite,
): UnknownValue {
  return given === UNKNOWN && expr !== null ? (asGiven(program, param, expr, at, frame, def) ?? given) : given;
}

/** Whoever calls may leave it out: a text is kept, for it may name the template that is rendered, and a class, such as that of a form. */
function openValue(engine: Engine, fn: FunctionValue, { annotation, default: byDefault }: Param, site: CallSite): Value {
  const given = typed(engine, fn, annotation, UNKNOWN, site);
  if (byDefault?.kind !== "str" && byDefault?.kind !== "name") return given;
  const left = defaultValue(engine, fn, byDefault, site);
  return left.kind === "literal" || left.kind === "class" ? joinAll([left, given]) : given;
}

function typed(engine: Engine, fn: FunctionValue, annotation: Expr | null, value: Value, site: CallSite): Value {
  if (annotation === null) return value;
  const made = engine.annotated(annotation, engine.moduleFrame(fn.module, site.frame.symbol));
  return made.kind === "unknown" ? value : made;
}

function defaultValue(engine: Engine, fn: FunctionValue, expr: Expr, site: CallSite): Value {
  const frame = { ...engine.moduleFrame(fn.module), env: newEnv(fn.closure), depth: site.frame.depth + 1 };
  return engine.evaluate(expr, frame);
}

/** What a library calls of the project was handed to it at import and runs later: signal receivers, registered functions. */
function isCallback(fn: FunctionValue, { frame }: CallSite): boolean {
  return frame.module?.origin === "builtin" && fn.module.origin === "project";
}

/** A decorator makes a method something else than a plain call. */
export function methodKind(def: FunctionDef): MethodKind {
  if (def.decorators.length === 0) return "method";
  const known = methodKinds.get(def);
  if (known !== undefined) return known;
  const kind = decoratedKind(def);
  methodKinds.set(def, kind);
  return kind;
}

type MethodKind = "method" | "property" | "static" | "class";

const methodKinds = new WeakMap<FunctionDef, MethodKind>();

function decoratedKind(def: FunctionDef): MethodKind {
  for (const decorator of def.decorators) {
    const name = decoratorName(decorator);
    if (name === "staticmethod") return "static";
    if (name === "classmethod") return "class";
    if (/(^|\.)(cached_|class)?property$/.test(name) || name.endsWith("_property")) return "property";
    if (/\.(setter|deleter)$/.test(name)) return "method";
  }
  return "method";
}

export function callMethod(engine: Engine, value: Value, name: string, args: CallArgs, site: CallSite): Value {
  const results = alternatives(value).map((one) => {
    const method = engine.attribute(one, name, { span: site.span, frame: site.frame });
    return method.kind === "unknown" ? UNKNOWN : engine.call(method, args, site);
  });
  return joinAll(results);
}
