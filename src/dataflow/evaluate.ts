/** Expressions to abstract values. */
import type { Binary, BoolOp, Call, Compare, Comprehension, Conditional, Expr, Name, PythonModule, Slice, Subscript } from "../model/index.ts";
import { mergeDict, setItem } from "./dicts.ts";
import { noteSent } from "./sends.ts";
import { jinjaNames } from "./jinja-environment.ts";
import { callTag } from "./template-tags.ts";
import { callPython } from "./python-builtins.ts";
import { combineExpressions, negateExpression } from "./expression-values.ts";
import { noteSqlText } from "./sql-text.ts";
import { bodyName } from "./class-bodies.ts";
import { siteOf, type Engine } from "./engine.ts";
import { equalsItsCopy } from "./copied-columns.ts";
import { isCoveredByOthers } from "./iteration.ts";
import { lookUp, newEnv, type Frame } from "./frame.ts";
import { bywayFrom, cameBy, onByway } from "./byways.ts";
import { isOfOneRound, runWhereHolds } from "./leaving.ts";
import { forgetGiven } from "./conditions.ts";
import { SLICE } from "./collections.ts";
import { spanOf, type LiveOrigin } from "./recorder.ts";
import { cachedRelation } from "./prefetch-cache.ts";
import { ruledOut } from "./ruled-out.ts";
import { narrowedByName } from "./unknown-receivers.ts";
import {
  NO_ARGS,
  ABSENT,
  alternatives,
  dict,
  freshId,
  isNone,
  join,
  joinAll,
  list,
  listOf,
  literal,
  native,
  NONE,
  SET,
  truth,
  UNKNOWN,
  type CallArgs,
  type DictValue,
  type Value,
} from "./values.ts";
import { applyPipe } from "./template-pipes.ts";
import { combineQuerysets, noteFetch, runQueryset } from "./querysets.ts";

export function evaluate(engine: Engine, expr: Expr, frame: Frame): Value {
  if (engine.fuel-- <= 0) return UNKNOWN;
  switch (expr.kind) {
    case "name":
      return nameValue(engine, expr, frame);
    case "attribute": {
      const object = engine.evaluate(expr.object, frame);
      return engine.attribute(object, expr.name, siteOf(frame, expr, expr.object));
    }
    case "call":
      return callValue(engine, expr, frame);
    case "subscript":
      return subscriptValue(engine, expr, frame);
    case "slice":
      return sliceParts(engine, expr, frame);
    case "str":
      return literal(expr.value);
    case "num":
      return literal(expr.value);
    case "constant":
      return expr.value === "none" ? NONE : expr.value === "ellipsis" ? UNKNOWN : literal(expr.value === "true");
    case "sequence":
      return sequenceValue(engine, expr.items, expr.type, frame);
    case "dict":
      return dictValue(engine, expr.entries, frame);
    case "comprehension":
      return comprehensionValue(engine, expr, frame);
    case "bool":
      return boolValue(engine, expr, frame);
    case "not": {
      const value = engine.evaluate(expr.operand, frame);
      const known = engine.holds(expr.operand, value, frame);
      return known === null ? SET : literal(!known);
    }
    case "compare":
      return engine.compare(expr, frame);
    case "binary":
      return binaryValue(engine, expr, frame);
    case "unary":
      return negateExpression(engine, engine.evaluate(expr.operand, frame)) ?? UNKNOWN;
    case "conditional":
      return conditionalValue(engine, expr, frame);
    case "lambda":
      return frame.module === null ? UNKNOWN : { kind: "function", module: frame.module, def: expr, closure: frame.env, owner: frame.owner, self: frame.self };
    case "await": {
      const outer = engine.awaiting;
      engine.awaiting = true;
      const value = engine.evaluate(expr.value, frame);
      engine.awaiting = outer;
      return value;
    }
    case "yield": {
      const value = expr.value === null ? NONE : engine.evaluate(expr.value, frame);
      frame.yields.push(expr.from ? engine.iterate(value, spanOf(frame.file, expr), frame).element : value);
      return UNKNOWN;
    }
    case "star":
      return engine.iterate(engine.evaluate(expr.value, frame), spanOf(frame.file, expr), frame).element;
    case "walrus": {
      engine.dependsOn = 0;
      const value = engine.evaluate(expr.value, frame);
      frame.env.vars.set(expr.name, { value, loop: engine.dependsOn });
      return value;
    }
    case "format": {
      const parts = expr.parts.map((part) => {
        const value = engine.evaluate(part, frame);
        engine.text(value, spanOf(frame.file, part), frame);
        return value;
      });
      const text = joinedText(parts);
      return text.kind === "unknown" ? SET : text;
    }
    case "lookup": {
      const object = engine.evaluate(expr.object, frame);
      return engine.lookUp(object, expr.name, expr.calls, siteOf(frame, expr, expr.object));
    }
    case "pipe":
      return applyPipe(engine, expr, frame);
    case "opaque":
      for (const part of expr.parts) engine.evaluate(part, frame);
      return UNKNOWN;
  }
}

function nameValue(engine: Engine, expr: Name, frame: Frame): Value {
  const binding = lookUp(frame.env, expr.name);
  if (binding !== null) {
    engine.dependsOn = Math.max(engine.dependsOn, binding.loop);
    return binding.value;
  }
  if (frame.module === null) return templateName(engine, expr, frame);
  return bodyName(engine, frame, expr.name) ?? moduleName(engine, frame.module, expr.name);
}

const moduleNames = new WeakMap<Engine, Map<PythonModule, Map<string, Value>>>();

/** What a name means where no scope binds it. Only a variable's value is asked anew: each read of a queryset is one of its own. */
function moduleName(engine: Engine, module: PythonModule, name: string): Value {
  const names = namesOf(engine, module);
  const known = names.get(name);
  if (known !== undefined) return known;
  const symbol = engine.program.resolve(module, name);
  if (symbol?.kind === "variable") return engine.symbol(symbol);
  const value = symbol === null ? native(`python.${name}`, (args, site) => callPython(engine, name, args, site)) : engine.symbol(symbol);
  names.set(name, value);
  return value;
}

function namesOf(engine: Engine, module: PythonModule): Map<string, Value> {
  const known = moduleNames.get(engine)?.get(module);
  if (known !== undefined) return known;
  const modules = moduleNames.get(engine) ?? new Map<PythonModule, Map<string, Value>>();
  const names = new Map<string, Value>();
  moduleNames.set(engine, modules.set(module, names));
  return names;
}

/** `{% if perms.shop %}`: the context processor of `django.contrib.auth` asks what the user may do. */
function templateName(engine: Engine, expr: Name, frame: Frame): Value {
  if (expr.name === "perms") noteSent(engine, { kind: "permissions", model: engine.project.authUserModel }, { span: spanOf(frame.file, expr), frame }, null);
  return frame.language === "jinja2" ? jinjaGlobal(engine, expr.name, frame) : UNKNOWN;
}

/** A function that the environment, or a decorator of a library for Jinja2, gives to every template. */
function jinjaGlobal(engine: Engine, name: string, frame: Frame): Value {
  const given = jinjaNames(engine).globals.get(name);
  if (given !== undefined) return given;
  const tag = engine.templates.tag(name, frame.template?.loads ?? []);
  if (tag === null || (tag.kind !== "simple" && tag.kind !== "inclusion")) return UNKNOWN;
  return native(`jinja.${name}`, (args, site) => callTag(engine, tag, args, site.span, site.frame));
}

function callValue(engine: Engine, expr: Call, frame: Frame): Value {
  const outer = engine.dependsOn;
  engine.dependsOn = 0;
  const parent = superValue(expr, frame);
  if (parent !== null) return parent;
  const target = engine.evaluate(expr.callee, frame);
  const args = evaluateArgs(engine, expr, frame);
  noteSqlText(engine, expr, args, frame);
  if (isLogging(expr)) logged(engine, args, spanOf(frame.file, expr), frame);
  const site = { span: spanOf(frame.file, expr), frame, expr };
  const called = engine.call(target, args, site);
  const result = target.kind === "unknown" ? (narrowedByName(engine, expr, args, site) ?? called) : called;
  forgetGiven(expr, frame);
  engine.dependsOn = Math.max(outer, engine.dependsOn);
  return extendChain(expr, result, frame);
}

/** A queryset's birth expression goes on as long as calls are chained on it: `Order.objects.filter(…).order_by(…)`. */
function extendChain(expr: Call, result: Value, frame: Frame): Value {
  const origin = expr.callee.kind === "attribute" ? originOfRows(result) : null;
  if (origin === null || expr.callee.kind !== "attribute") return result;
  const receiver = expr.callee.object;
  const { span } = origin;
  const isChained = span.file === frame.file && span.start === receiver.start && span.end === receiver.end;
  if (isChained || isRefinedByClass(origin, expr, frame)) origin.span = spanOf(frame.file, expr);
  return result;
}

/** Where a queryset was born, whichever of the ways of a method made more of it; null where it may be something else. */
function originOfRows(value: Value): LiveOrigin | null {
  const [first, ...others] = alternatives(value);
  if (first?.kind !== "queryset") return null;
  const isOfRows = (one: Value): boolean => one.kind === "queryset" && one.origin === first.origin && one.shape === "rows";
  return isOfRows(first) && others.every(isOfRows) ? first.origin : null;
}

const LOG_METHODS: ReadonlySet<string> = new Set(["debug", "info", "warning", "warn", "error", "exception", "critical", "log"]);

/** `logger.info("…", rows)`. */
function isLogging(expr: Call): boolean {
  if (expr.callee.kind !== "attribute" || !LOG_METHODS.has(expr.callee.name)) return false;
  const { object } = expr.callee;
  const name = object.kind === "name" || object.kind === "attribute" ? object.name : "";
  return /^_*(log|logger|logging)$/i.test(name) || /_(log|logger)$/i.test(name);
}

/** A record that is written formats its arguments. */
function logged(engine: Engine, args: CallArgs, span: Parameters<Engine["text"]>[1], frame: Frame): void {
  for (const value of args.positional.slice(1).flatMap(alternatives)) {
    if (value.kind === "queryset") runQueryset(engine, value, "log", span, frame);
  }
}

/** `super().get_queryset()` in the class whose queryset it is: from here on the class says what is loaded. */
function isRefinedByClass(origin: LiveOrigin, expr: Call, frame: Frame): boolean {
  if (origin.owner === null || frame.owner?.id !== origin.owner || origin.kind !== "implicit") return false;
  if (expr.callee.kind !== "attribute" || expr.callee.object.kind !== "call") return false;
  const { callee } = expr.callee.object;
  const isSuper = callee.kind === "name" && callee.name === "super";
  if (isSuper) origin.kind = "manager";
  return isSuper;
}

/** The text of parts that are known. */
function joinedText(parts: readonly Value[]): Value {
  let texts: readonly string[] = [""];
  for (const part of parts) {
    const ways = textsOf(part);
    if (ways === null || texts.length * ways.length > MAX_TEXTS) return UNKNOWN;
    texts = texts.flatMap((text) => ways.map((way) => text + way));
  }
  return parts.length === 0 ? UNKNOWN : joinAll(texts.map((text) => literal(text)));
}

/** Texts that an f-string of names in a list can become. */
const MAX_TEXTS = 32;

function textsOf(value: Value): readonly string[] | null {
  const texts = alternatives(value).flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
  return texts.length === alternatives(value).length ? texts : null;
}

/** `super()` stands for self with lookup after the class that holds the method. */
function superValue(expr: Call, frame: Frame): Value | null {
  const isSuper = expr.callee.kind === "name" && expr.callee.name === "super" && lookUp(frame.env, "super") === null;
  if (!isSuper || frame.owner === null || frame.self === null) return null;
  return { kind: "super", owner: frame.owner, self: frame.self };
}

export function evaluateArgs(engine: Engine, expr: Call, frame: Frame): CallArgs {
  const positional: Value[] = [];
  const keywords = new Map<string, Value>();
  const maybe = new Set<string>();
  let open = false;
  for (const arg of expr.args) {
    if (arg.kind !== "star") {
      if (arg.kind === "comprehension" && arg.type === "generator" && isDeciding(expr, frame)) decides.add(arg);
      positional.push(engine.evaluate(arg, frame));
      continue;
    }
    const spread = engine.evaluate(arg.value, frame);
    if (spread.kind === "list" && spread.items !== null) positional.push(...spread.items);
    else {
      for (const one of alternatives(spread)) if (one.kind === "queryset") noteFetch(engine, one, { span: spanOf(frame.file, arg), frame });
      engine.escape(spread);
      open = true;
    }
  }
  for (const keyword of expr.keywords) {
    const value = engine.evaluate(keyword.value, frame);
    if (keyword.name !== "") keywords.set(keyword.name, value);
    else if (value.kind === "dict") {
      for (const [name, one] of value.entries) keywords.set(name, one);
      for (const name of value.maybe ?? []) maybe.add(name);
      if (value.rest !== null) engine.escape(value.rest);
      open ||= value.rest !== null;
    } else {
      engine.escape(value);
      open = true;
    }
  }
  return { positional, keywords, open, ...(maybe.size === 0 ? {} : { maybe }) };
}

function subscriptValue(engine: Engine, expr: Subscript, frame: Frame): Value {
  const cached = cachedRelation(engine, expr, frame);
  if (cached !== null) {
    const site = siteOf(frame, expr, expr.object);
    return engine.callMethod(engine.attribute(cached.row, cached.name, site), "all", NO_ARGS, { ...site, expr: null });
  }
  const object = engine.evaluate(expr.object, frame);
  const index = engine.evaluate(expr.index, frame);
  return engine.subscript(object, index, expr, frame);
}

function sliceParts(engine: Engine, expr: Slice, frame: Frame): Value {
  for (const part of [expr.lower, expr.upper, expr.step]) if (part !== null) engine.evaluate(part, frame);
  return SLICE;
}

function sequenceValue(engine: Engine, items: readonly Expr[], type: "list" | "tuple" | "set", frame: Frame): Value {
  const values: Value[] = [];
  let isOpen = false;
  for (const item of items) {
    if (item.kind !== "star") {
      values.push(engine.evaluate(item, frame));
      continue;
    }
    const spread = engine.evaluate(item.value, frame);
    if (spread.kind === "list" && spread.items !== null) values.push(...spread.items);
    else {
      isOpen = true;
      values.push(engine.iterate(spread, spanOf(frame.file, item), frame).element);
    }
  }
  return isOpen ? listOf(joinAll(values), type) : list(values, type);
}

function dictValue(engine: Engine, entries: readonly { readonly key: Expr | null; readonly value: Expr }[], frame: Frame): DictValue {
  const made = dict();
  for (const { key, value } of entries) {
    const evaluated = engine.evaluate(value, frame);
    if (key === null) mergeDict(made, evaluated);
    else setItem(made, engine.evaluate(key, frame), evaluated);
  }
  return frame.atImport && frame.def === null ? { ...made, written: new Set([...made.entries.keys()].filter((key) => made.maybe?.has(key) !== true)) } : made;
}

function comprehensionValue(engine: Engine, expr: Comprehension, frame: Frame): Value {
  const inner: Frame = { ...frame, env: newEnv(frame.env) };
  const element = runClauses(engine, expr, 0, inner);
  if (expr.value === null) {
    return listOf(element.key, expr.type === "dict" ? "list" : expr.type);
  }
  return { kind: "dict", id: freshId(), entries: new Map(), rest: element.value, keys: element.key };
}

function runClauses(engine: Engine, expr: Comprehension, at: number, frame: Frame): { readonly key: Value; readonly value: Value } {
  const clause = expr.clauses[at];
  if (clause === undefined) {
    const key = engine.evaluate(expr.element, frame);
    return { key, value: expr.value === null ? UNKNOWN : engine.evaluate(expr.value, frame) };
  }
  engine.dependsOn = 0;
  const source = engine.evaluate(clause.iterable, frame);
  const waiting = engine.awaiting;
  engine.awaiting = clause.isAsync;
  const { element, loop } = engine.iterate(source, spanOf(frame.file, clause.iterable), frame, "iterate", spanOf(frame.file, clause));
  engine.awaiting = waiting;
  const outer = frame.loop;
  frame.loop = loop;
  const way = frame.byway;
  if (decides.has(expr)) frame.byway = bywayFrom(frame, "early");
  engine.assign(clause.target, element, frame, loop.id);
  const isNever = clause.conditions.some((condition) => engine.holds(condition, engine.evaluate(condition, frame), frame) === false);
  const result = isNever ? { key: UNKNOWN, value: UNKNOWN } : runClauses(engine, expr, at + 1, frame);
  frame.loop = outer;
  frame.byway = way;
  return result;
}

/** Generators that `any()`, `all()` and `next()` go through, up to the row that decides. */
const decides = new WeakSet<Expr>();

const DECIDES: ReadonlySet<string> = new Set(["any", "all", "next"]);

function isDeciding({ callee }: Call, frame: Frame): boolean {
  return callee.kind === "name" && DECIDES.has(callee.name) && lookUp(frame.env, callee.name) === null;
}

function boolValue(engine: Engine, expr: BoolOp, frame: Frame): Value {
  return onByway(frame, frame.byway, () => joinItems(engine, expr, frame));
}

/** Each item is on the way on which the ones before it let the rest be asked. */
function joinItems(engine: Engine, expr: BoolOp, frame: Frame): Value {
  const results: Value[] = [];
  const last = expr.items.length - 1;
  let isOtherwise = false;
  /** What holds in one round of the loop alone. */
  let before: Expr | null = null;
  for (const [index, item] of expr.items.entries()) {
    const ask = (): Value => (isOtherwise ? evaluateOtherwise(engine, item, frame) : engine.evaluate(item, frame));
    const value: Value = before === null ? ask() : runWhereHolds(before, frame, ask);
    // Whatever the others are, all of them together are not true.
    if (index === last && expr.operator === "and" && value.kind === "literal" && truth(value) === false) return value;
    const known: boolean | null = index === last ? null : engine.holds(item, value, frame);
    const ends = expr.operator === "or" ? known === true : known === false;
    const passes = expr.operator === "or" ? known === false : known === true;
    // A row that ends an `and` is none: `line.parent and line.parent.title`.
    if (!passes)
      results.push(expr.operator === "and" && index < last && value.kind === "row" ? NONE : known === false && value.kind === "unknown" ? ABSENT : value);
    if (ends) break;
    if (index < last) frame.byway = ruledOut(engine, item, expr.operator === "and", frame) ?? frame.byway;
    isOtherwise ||= expr.operator === "or" && known === null;
    if (expr.operator === "and" && isOfOneRound(item, frame)) before = item;
  }
  return joinAll(results);
}

/** The right side of `row.parent or row`: how many rows come to it, nothing says. */
function evaluateOtherwise(engine: Engine, item: Expr, frame: Frame): Value {
  const value = onByway(frame, bywayFrom(frame, "or"), () => engine.evaluate(item, frame));
  return value.kind === "row" ? cameBy(value, "or") : value;
}

function conditionalValue(engine: Engine, expr: Conditional, frame: Frame): Value {
  const known = engine.holds(expr.test, engine.evaluate(expr.test, frame), frame);
  if (known === true) return engine.evaluate(expr.then, frame);
  if (known === false) return engine.evaluate(expr.otherwise, frame);
  const outer = frame.branch;
  const arm = (holds: boolean, value: Expr): Value => {
    const run = (): Value => onByway(frame, ruledOut(engine, expr.test, holds, frame) ?? frame.byway, () => engine.evaluate(value, frame));
    return holds ? runWhereHolds(expr.test, frame, run) : run();
  };
  frame.branch = `${outer}/${expr.start}:then`;
  const then = arm(true, expr.then);
  frame.branch = `${outer}/${expr.start}:else`;
  const otherwise = arm(false, expr.otherwise);
  frame.branch = outer;
  return join(then, otherwise);
}

function binaryValue(engine: Engine, expr: Binary, frame: Frame): Value {
  const left = engine.evaluate(expr.left, frame);
  const right = engine.evaluate(expr.right, frame);
  if (expr.operator === "%" && (expr.left.kind === "str" || left.kind === "literal")) {
    for (const one of right.kind === "list" && right.items !== null ? right.items : [right]) {
      engine.text(one, spanOf(frame.file, expr.right), frame);
    }
    return UNKNOWN;
  }
  const combined = combineQuerysets(left, right, expr.operator);
  if (combined !== null) return combined;
  const expression = combineExpressions(engine, expr.operator, left, right);
  if (expression !== null) return expression;
  if (expr.operator === "|" && isType(left) && isType(right)) return list([left, right], "tuple");
  if (left.kind === "list" || right.kind === "list") return concatenated(left, right);
  if (expr.operator === "|" && left.kind === "dict") {
    const made = dict();
    mergeDict(made, left);
    mergeDict(made, right);
    return made;
  }
  if (expr.operator === "+" && left.kind === "literal" && right.kind === "literal") {
    if (typeof left.value === "string" && typeof right.value === "string") return literal(left.value + right.value);
  }
  return UNKNOWN;
}

/** A class or an alternative of classes: `Order | Invoice`. */
function isType(value: Value): boolean {
  if (value.kind === "list") return value.type === "tuple" && value.items !== null && value.items.length > 0 && value.items.every(isType);
  return value.kind === "class" || (value.kind === "native" && value.key.startsWith("python."));
}

function concatenated(left: Value, right: Value): Value {
  if (left.kind !== "list" || right.kind !== "list") {
    const known = left.kind === "list" ? left : right;
    return known.kind === "list" ? listOf(join(known.element, UNKNOWN), known.type) : UNKNOWN;
  }
  if (left.items !== null && right.items !== null) return list([...left.items, ...right.items], left.type);
  const both = [left, right];
  const many = both.filter((one) => !isCoveredByOthers(one, both));
  return listOf(joinAll((many.length === 0 ? both : many).map(({ element }) => element)), left.type);
}

export function compareValues(engine: Engine, expr: Compare, frame: Frame): Value {
  let left = engine.evaluate(expr.left, frame);
  let known: boolean | null = null;
  for (const [index, right] of expr.rights.entries()) {
    const operator = expr.operators[index] ?? "==";
    const value = engine.evaluate(right, frame);
    if (operator === "in" || operator === "not in") {
      for (const one of alternatives(value)) {
        if (one.kind === "queryset" || one.kind === "manager") {
          engine.iterate(one, spanOf(frame.file, expr), frame, "contains");
        }
      }
    }
    known =
      decided(operator, left, value, frame.module?.origin === "builtin") ?? (equalsItsCopy(engine, expr.left, right, frame) ? isEquality(operator) : null);
    left = value;
  }
  return known === null || expr.rights.length > 1 ? SET : literal(known);
}

/** What the operator says of equal values; null where it asks something else. */
function isEquality(operator: string): boolean | null {
  return operator === "==" ? true : operator === "!=" ? false : null;
}

/** A queryset, or what was not read (`getattr(cache, key)`): no way is known on which it is None, so that what stands for None is not made up. */
function isQuerysetOrUnread(value: Value): boolean {
  const ways = alternatives(value);
  return ways.some(({ kind }) => kind === "queryset") && ways.every(({ kind }) => kind === "queryset" || kind === "unknown");
}

function decided(operator: string, left: Value, right: Value, isStub: boolean): boolean | null {
  if (operator === "in" || operator === "not in") {
    if (right.kind === "dict") {
      const isKey = isWrittenKey(left, right) ? true : isKeyOfCall(left, right);
      // A stub is not all that calls it: the framework may give more.
      if (isStub && isKey === false) return null;
      return isKey === null ? null : (operator === "in") === isKey;
    }
    if ((left.kind !== "literal" && left.kind !== "class") || right.kind !== "list" || right.items === null) return null;
    const same = right.items.map((item) => sameAsEach(left, alternatives(item)));
    if (!same.includes(true) && same.includes(null)) return null;
    return (operator === "in") === same.includes(true);
  }
  const order = ordered(operator, left, right);
  if (order !== null) return order;
  const equal = sameValue(left, right);
  if (equal === null) return null;
  if (operator === "is" || operator === "==") return equal;
  if (operator === "is not" || operator === "!=") return !equal;
  return null;
}

/** `"order" in MODELS`: written there. What is not written may have been put in since. */
function isWrittenKey(key: Value, { written }: DictValue): boolean {
  return key.kind === "literal" && written?.has(String(key.value)) === true;
}

/** `"order" in kwargs`: the call says whether it was given. */
function isKeyOfCall(key: Value, { entries, maybe, rest, isOfCall }: DictValue): boolean | null {
  if (isOfCall !== true || key.kind !== "literal") return null;
  const name = String(key.value);
  if (entries.has(name)) return maybe?.has(name) === true ? null : true;
  return rest === null ? false : null;
}

/** What may be one of several is another only where each of them is. */
function sameAsEach(left: Value, ways: readonly Value[]): boolean | null {
  const [first = null, ...others] = ways.map((one) => sameValue(left, one));
  return others.every((one) => one === first) ? first : null;
}

/** `depth > 1` of numbers. */
function ordered(operator: string, left: Value, right: Value): boolean | null {
  if (left.kind !== "literal" || right.kind !== "literal" || typeof left.value !== "number" || typeof right.value !== "number") return null;
  const distance = left.value - right.value;
  return { "<": distance < 0, "<=": distance <= 0, ">": distance > 0, ">=": distance >= 0 }[operator] ?? null;
}

/** Sequences whose items are all known texts, numbers and the like. */
function sameItems(left: readonly Value[] | null, right: readonly Value[] | null): boolean | null {
  if (left === null || right === null || ![...left, ...right].every(({ kind }) => kind === "literal")) return null;
  return left.length === right.length && left.every((one, index) => sameValue(one, right[index] ?? UNKNOWN) === true);
}

function sameValue(left: Value, right: Value): boolean | null {
  if (left.kind === "literal" && right.kind === "literal") return left.value === right.value;
  if (left.kind === "class" && right.kind === "class") return left.cls.id === right.cls.id;
  if (left.kind === "list" && right.kind === "list" && left.type === right.type) return sameItems(left.items, right.items);
  if (isNone(right) && left.kind === "unknown" && left.isSet === true) return false;
  if (isNone(right) && isQuerysetOrUnread(left)) return false;
  if (isNone(right) && alternatives(left).every((one) => one.kind === "row" && one.isThere === true)) return false;
  if (isNone(right) && left.kind !== "unknown" && left.kind !== "union" && left.kind !== "external") {
    return left.kind === "row" || left.kind === "literal" ? (left.kind === "literal" ? false : null) : false;
  }
  return null;
}
