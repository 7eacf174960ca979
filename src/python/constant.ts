import type { Binary, Call, Dict, Expr, Format, Sequence, Subscript } from "../model/ir.ts";
import type { Span } from "../model/span.ts";
import { evaluatePathAttribute, evaluatePathCall, joinPath, parentPath } from "./constant-path.ts";
import { dottedName } from "./program-scope.ts";

/** A value known without running the program. Paths are strings. */
export type ConstantValue = string | number | boolean | null | ConstantList | ConstantDict;

/** A list, tuple or set. `isComplete` is false where an item could not be evaluated. */
export interface ConstantList {
  readonly kind: "list";
  readonly items: readonly ConstantValue[];
  readonly isComplete: boolean;
}
export interface ConstantDict {
  readonly kind: "dict";
  readonly entries: ReadonlyMap<string, ConstantValue>;
  /** Only for a reader that asks for places. */
  readonly written?: WrittenDict;
}

/** Where a dictionary is written, and what of it could not be evaluated. */
export interface WrittenDict {
  readonly at: Span;
  /** Keys whose value is unknown are among them. */
  readonly keys: ReadonlyMap<string, WrittenKey>;
  /** Parts that may bring any key: `**load()`. */
  readonly unread: readonly Span[];
}

export interface WrittenKey {
  readonly span: Span;
  /** Null where a call made it. */
  readonly value: Expr | null;
}

/** What the names around an expression are known to be. */
export interface ConstantScope {
  /** The value of a name or of a dotted chain such as `base.INSTALLED_APPS`. */
  lookup(dotted: string): ConstantValue | undefined;
  /** A variable of the environment; without this function lookups give their defaults, whatever machine this is. */
  environment?(name: string): string | undefined;
  /** The file of what is evaluated; dictionaries remember where they are written when it is given. */
  readonly file?: string;
  /** What a call gives, before it is looked at here. */
  call?(call: Call, evaluate: (part: Expr) => ConstantValue | undefined): ConstantValue | undefined;
  /** Which way a test goes, where that is known. */
  readonly decide?: (test: Expr) => boolean | undefined;
}

const maxDepth = 60;

/** Evaluates an expression of literals, names, path idioms and environment lookups; undefined where unknown. */
export function evaluateConstant(expr: Expr, scope: ConstantScope, depth = 0): ConstantValue | undefined {
  if (depth > maxDepth) return undefined;
  const evaluate = (part: Expr): ConstantValue | undefined => evaluateConstant(part, scope, depth + 1);
  switch (expr.kind) {
    case "str":
    case "num":
      return expr.value;
    case "constant":
      return expr.value === "none" ? null : expr.value === "ellipsis" ? undefined : expr.value === "true";
    case "name":
      return scope.lookup(expr.name);
    case "attribute":
      return evaluateAttribute(expr.object, expr.name, scope, evaluate);
    case "sequence":
      return evaluateSequence(expr, evaluate);
    case "dict":
      return evaluateDict(expr, evaluate, scope.file);
    case "binary":
      return evaluateBinary(expr, evaluate);
    case "unary": {
      const value = evaluate(expr.operand);
      return expr.operator === "-" && typeof value === "number" ? -value : undefined;
    }
    case "format":
      return evaluateFormat(expr, evaluate);
    case "conditional": {
      const isTrue = scope.decide?.(expr.test);
      if (isTrue !== undefined) return evaluate(isTrue ? expr.then : expr.otherwise);
      return evaluateEither(evaluate(expr.then), evaluate(expr.otherwise));
    }
    case "bool":
      return evaluateBool(expr.operator, expr.items.map(evaluate));
    case "not": {
      const value = evaluate(expr.operand);
      return value === undefined ? undefined : !isTruthy(value);
    }
    case "subscript":
      return evaluateSubscript(expr, evaluate) ?? environmentItem(expr, scope);
    case "call":
      return scope.call?.(expr, evaluate) ?? environmentCall(expr, evaluate, scope) ?? evaluateCall(expr, evaluate, scope.file);
    case "walrus":
      return evaluate(expr.value);
    default:
      return undefined;
  }
}

type Evaluate = (part: Expr) => ConstantValue | undefined;

export function listOf(items: readonly ConstantValue[], isComplete = true): ConstantList {
  return { kind: "list", items, isComplete };
}

export function isList(value: ConstantValue | undefined): value is ConstantList {
  return typeof value === "object" && value !== null && value.kind === "list";
}

export function isDict(value: ConstantValue | undefined): value is ConstantDict {
  return typeof value === "object" && value !== null && value.kind === "dict";
}

/** Both lists one after the other, without repeating; otherwise whichever is known, the second first. */
export function evaluateEither(one: ConstantValue | undefined, other: ConstantValue | undefined): ConstantValue | undefined {
  if (isList(one) && isList(other)) return uniteLists(one, other);
  return other ?? one;
}

export function uniteLists(one: ConstantList, other: ConstantList): ConstantList {
  const fresh = other.items.filter((item) => !one.items.includes(item));
  return listOf([...one.items, ...fresh], one.isComplete && other.isComplete);
}

function isTruthy(value: ConstantValue): boolean {
  if (isList(value)) return value.items.length > 0;
  if (isDict(value)) return value.entries.size > 0;
  return Boolean(value);
}

function evaluateAttribute(object: Expr, name: string, scope: ConstantScope, evaluate: Evaluate): ConstantValue | undefined {
  const dotted = dottedName(object);
  const known = dotted === null ? undefined : scope.lookup(`${dotted}.${name}`);
  return known ?? evaluatePathAttribute(evaluate(object), name);
}

function evaluateSequence(expr: Sequence, evaluate: Evaluate): ConstantList {
  const items: ConstantValue[] = [];
  let isComplete = true;
  for (const item of expr.items) {
    const value = evaluate(item.kind === "star" ? item.value : item);
    if (value === undefined) isComplete = false;
    else if (item.kind !== "star") items.push(value);
    else if (isList(value)) items.push(...value.items);
    else isComplete = false;
  }
  return listOf(items, isComplete);
}

function evaluateDict(expr: Dict, evaluate: Evaluate, file: string | undefined): ConstantDict {
  const at = spanIn(file, expr);
  const parts = expr.entries.map(({ key, value }): DictPart => {
    const content = evaluate(value);
    if (key === null) return { kind: "spread", content, at: spanIn(file, value) };
    const name = evaluate(key);
    if (typeof name !== "string" && typeof name !== "number") return { kind: "spread", content: undefined, at: spanIn(file, key) };
    return { kind: "key", name: String(name), content, at: spanIn(file, { start: key.start, end: value.end }), value };
  });
  return dictOf(parts, at);
}

type DictPart =
  | { readonly kind: "key"; readonly name: string; readonly content: ConstantValue | undefined; readonly at: Span | undefined; readonly value: Expr | null }
  | { readonly kind: "spread"; readonly content: ConstantValue | undefined; readonly at: Span | undefined };

const spanIn = (file: string | undefined, { start, end }: { readonly start: number; readonly end: number }): Span | undefined =>
  file === undefined ? undefined : { file, start, end };

/** A dictionary of parts, later ones over earlier ones; `at` is undefined when nobody asks where. */
export function dictOf(parts: readonly DictPart[], at: Span | undefined): ConstantDict {
  const entries = new Map<string, ConstantValue>();
  const keys = new Map<string, WrittenKey>();
  const unread: Span[] = [];
  for (const part of parts) {
    if (part.kind === "spread") spread(part, entries, keys, unread);
    else {
      if (part.content === undefined) entries.delete(part.name);
      else entries.set(part.name, part.content);
      if (part.at !== undefined) keys.set(part.name, { span: part.at, value: part.value });
    }
  }
  return { kind: "dict", entries, ...(at === undefined ? {} : { written: { at, keys, unread } }) };
}

/** What was not read may replace nothing that is written after it, and anything that is written before. */
function spread({ content, at }: DictPart, entries: Map<string, ConstantValue>, keys: Map<string, WrittenKey>, unread: Span[]): void {
  if (!isDict(content)) {
    if (at !== undefined) unread.push(at);
    return;
  }
  for (const [name, each] of content.entries) entries.set(name, each);
  for (const [name, key] of content.written?.keys ?? []) {
    keys.set(name, key);
    if (!content.entries.has(name)) entries.delete(name);
  }
  unread.push(...(content.written?.unread ?? []));
}

/** The dictionary with one more key, or with that key unknown. */
export function withKey(dict: ConstantDict, name: string, content: ConstantValue | undefined, at: Span | undefined, value: Expr | null): ConstantDict {
  return dictOf(
    [
      { kind: "spread", content: dict, at: undefined },
      { kind: "key", name, content, at, value },
    ],
    dict.written?.at,
  );
}

function evaluateBinary(expr: Binary, evaluate: Evaluate): ConstantValue | undefined {
  const left = evaluate(expr.left);
  const right = evaluate(expr.right);
  if (expr.operator === "+") return addValues(left, right);
  if (expr.operator === "/" && typeof left === "string" && typeof right === "string") {
    return joinPath(left, right);
  }
  if (expr.operator === "-" && typeof left === "string" && typeof right === "number") {
    return parentPath(left, right);
  }
  if (expr.operator === "%" && typeof left === "string") return formatPercent(left, right);
  if (expr.operator === "|" && isDict(left) && isDict(right)) return joinDicts(left, right);
  return typeof left === "number" && typeof right === "number" ? calculate(expr.operator, left, right) : undefined;
}

export function joinDicts(left: ConstantDict, right: ConstantDict): ConstantDict {
  const parts = [left, right].map((content) => ({ kind: "spread" as const, content, at: undefined }));
  return dictOf(parts, left.written?.at ?? right.written?.at);
}

function calculate(operator: string, left: number, right: number): number | undefined {
  if (operator === "*") return left * right;
  if (operator === "-") return left - right;
  if (right === 0) return undefined;
  return operator === "/" ? left / right : operator === "//" ? Math.floor(left / right) : undefined;
}

/** Python's `+`; an unknown operand leaves a list that is not complete. */
export function addValues(left: ConstantValue | undefined, right: ConstantValue | undefined): ConstantValue | undefined {
  if (isList(left) && isList(right)) {
    return listOf([...left.items, ...right.items], left.isComplete && right.isComplete);
  }
  if (isList(left) && right === undefined) return listOf(left.items, false);
  if (isList(right) && left === undefined) return listOf(right.items, false);
  if (typeof left === "string" && typeof right === "string") return left + right;
  if (typeof left === "number" && typeof right === "number") return left + right;
  return undefined;
}

function formatPercent(template: string, argument: ConstantValue | undefined): string | undefined {
  const args = isList(argument) ? argument.items : argument === undefined ? [] : [argument];
  let used = 0;
  let isKnown = true;
  const text = template.replaceAll(/%\((\w+)\)s|%[sd]|%%/g, (mark, key: string | undefined) => {
    if (mark === "%%") return "%";
    const value = key && isDict(argument) ? argument.entries.get(key) : args[used++];
    if (typeof value !== "string" && typeof value !== "number") isKnown = false;
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  });
  return isKnown ? text : undefined;
}

function evaluateFormat(expr: Format, evaluate: Evaluate): string | undefined {
  const parts = expr.parts.map(evaluate);
  return parts.every((part) => typeof part === "string" || typeof part === "number") ? parts.join("") : undefined;
}

function evaluateBool(operator: "and" | "or", values: readonly (ConstantValue | undefined)[]): ConstantValue | undefined {
  if (operator === "and") {
    return values.find((value) => value !== undefined && !isTruthy(value)) ?? values.at(-1);
  }
  return values.find((value) => value !== undefined && isTruthy(value)) ?? values.at(-1);
}

function evaluateSubscript(expr: Subscript, evaluate: Evaluate): ConstantValue | undefined {
  const object = evaluate(expr.object);
  if (expr.index.kind === "slice") {
    if (!isList(object)) return undefined;
    const [lower, upper] = [expr.index.lower, expr.index.upper].map((each) => each && evaluate(each));
    const from = typeof lower === "number" ? lower : 0;
    return listOf(object.items.slice(from, typeof upper === "number" ? upper : undefined), object.isComplete);
  }
  const index = evaluate(expr.index);
  if (isList(object) && typeof index === "number") return object.items.at(index);
  if (isDict(object) && (typeof index === "string" || typeof index === "number")) {
    return object.entries.get(String(index));
  }
  return undefined;
}

const copies = new Set("list tuple set frozenset sorted reversed dict fromkeys OrderedDict OrderedSet deepcopy copy".split(" "));
const environmentReaders = /(?:^|\.)(?:env|environ|getenv|config|get|get_env\w*|env_\w+|str|list|tuple|path)$/i;

/** `os.environ["NAME"]`. */
function environmentItem({ object, index }: Subscript, scope: ConstantScope): ConstantValue | undefined {
  if (index.kind !== "str" || !/(?:^|\.)environ$/.test(dottedName(object) ?? "")) return undefined;
  return scope.environment?.(index.value);
}

/** `os.environ.get("NAME", …)`, `env("NAME")`, `env.db("NAME")`, `dj_database_url.config()`. */
function environmentCall(expr: Call, evaluate: Evaluate, scope: ConstantScope): ConstantValue | undefined {
  if (scope.environment === undefined) return undefined;
  const callee = dottedName(expr.callee) ?? "";
  const name = expr.args[0] === undefined ? undefined : evaluate(expr.args[0]);
  if (/(?:^|\.)(?:db|db_url|dj_db_url)$|^dj_database_url\.config$/.test(callee)) {
    const fallback = expr.keywords.find((each) => each.name === "default");
    const url = scope.environment(typeof name === "string" ? name : "DATABASE_URL") ?? (fallback === undefined ? undefined : evaluate(fallback.value));
    return typeof url === "string" ? { kind: "dict", entries: new Map([["URL", url]]) } : undefined;
  }
  if (callee === "dj_database_url.parse" && typeof name === "string") return { kind: "dict", entries: new Map([["URL", name]]) };
  if (!environmentReaders.test(callee) && !/(?:^|\.)(?:int|bool)$/.test(callee)) return undefined;
  if (typeof name !== "string") return undefined;
  const isWithoutDefault = /(?:^|\.)(?:getenv|environ\.get)$/.test(callee) && expr.args.length === 1 && expr.keywords.length === 0;
  return scope.environment(name) ?? (isWithoutDefault ? null : undefined);
}

function evaluateCall(expr: Call, evaluate: Evaluate, file: string | undefined): ConstantValue | undefined {
  const callee = dottedName(expr.callee) ?? "";
  const name = callee.slice(callee.lastIndexOf(".") + 1);
  const args = expr.args.map(evaluate);
  if (name === "copy" && args.length === 0 && expr.callee.kind === "attribute") return evaluate(expr.callee.object);
  if (name === "dict" && (expr.keywords.length > 0 || expr.args.length === 0)) return keywordDict(expr, args, evaluate, file);
  if (copies.has(name) && callee !== "env.list" && args.length > 0) return args[0];
  if (copies.has(name) && expr.args.length === 0 && expr.keywords.length === 0) {
    return /dict/i.test(name) ? dictOf([], spanIn(file, expr)) : listOf([]);
  }
  if (callee === "re.compile") return patternSource(args[0], expr.args[1]);
  if ((callee === "int" || callee === "float") && args.length === 1) return toNumber(args[0]);

  const isEnvironment = /(?:^|\.)\w*env\w*\.\w+$/i.test(callee) && name !== "Path";
  const path = isEnvironment ? undefined : evaluatePathCall(callee, args);
  if (path !== undefined) return path;
  const receiver = expr.callee.kind === "attribute" ? evaluate(expr.callee.object) : undefined;
  const own = expr.callee.kind === "attribute" ? evaluateMethod(receiver, expr.callee.name, args) : undefined;
  if (own !== undefined) return own;
  const called = expr.callee.kind === "name" ? evaluate(expr.callee) : undefined;
  if (typeof called === "string" && typeof args[0] === "string") return joinPath(called, args[0]);

  const fallback = expr.keywords.find((each) => each.name === "default");
  if (fallback) return evaluate(fallback.value);
  if (/^values\.\w*Value$/.test(callee)) return args[0];
  // `config.get("database", "host")` is a ConfigParser's: the second word is no default.
  return environmentReaders.test(callee) && !/config\w*\.get\w*$/i.test(callee) ? args[1] : undefined;
}

function toNumber(value: ConstantValue | undefined): number | undefined {
  const isNumeric = typeof value === "number" || (typeof value === "string" && /^\s*-?\d+(?:\.\d+)?\s*$/.test(value));
  return isNumeric ? Number(value) : undefined;
}

/** A regular expression's source; whitespace and comments of a verbose one are taken out. */
function patternSource(source: ConstantValue | undefined, flags: Expr | undefined): string | undefined {
  if (typeof source !== "string") return undefined;
  const isVerbose = flags !== undefined && /(?:^|\.)(?:X|VERBOSE)$/.test(dottedName(flags) ?? "");
  return isVerbose ? source.replaceAll(/(?<!\\)#.*$/gm, "").replaceAll(/\s+/g, "") : source;
}

/** `dict(base, KEY=value)`; the `**` of a call has an empty name. */
function keywordDict(expr: Call, args: readonly (ConstantValue | undefined)[], evaluate: Evaluate, file: string | undefined): ConstantDict {
  const spreads = expr.args.map((arg, index): DictPart => ({ kind: "spread", content: args[index], at: spanIn(file, arg) }));
  const named = expr.keywords.map(({ name, value }): DictPart => {
    const [content, at] = [evaluate(value), spanIn(file, value)];
    return name === "" ? { kind: "spread", content, at } : { kind: "key", name, content, at, value };
  });
  return dictOf([...spreads, ...named], spanIn(file, expr));
}

function evaluateMethod(receiver: ConstantValue | undefined, name: string, args: readonly (ConstantValue | undefined)[]): ConstantValue | undefined {
  const first = args[0];
  if (isDict(receiver) && name === "get" && typeof first === "string") {
    return receiver.entries.get(first) ?? args[1];
  }
  if (typeof receiver !== "string") return undefined;
  switch (name) {
    case "join":
      return isList(first) && first.items.every((item) => typeof item === "string") ? first.items.join(receiver) : undefined;
    case "split":
      return listOf(typeof first === "string" ? receiver.split(first) : receiver.trim().split(/\s+/));
    case "lower":
      return receiver.toLowerCase();
    case "upper":
      return receiver.toUpperCase();
    case "strip":
      return receiver.trim();
    case "format":
      return args.every((arg) => typeof arg === "string" || typeof arg === "number")
        ? formatPercent(receiver.replaceAll(/\{\d*\}/g, "%s"), listOf(args))
        : undefined;
    default:
      return evaluatePathAttribute(receiver, name, args);
  }
}
