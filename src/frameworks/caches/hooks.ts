/** Django's caches, and what runs after a transaction's commit. */
import type { CacheCall, Expr } from "../../model/index.ts";
import { argument, escapeArgs } from "../../dataflow/arguments.ts";
import { bywayFrom, onByway } from "../../dataflow/byways.ts";
import type { Engine, Hook } from "../../dataflow/engine.ts";
import { callsSince } from "../../dataflow/frame.ts";
import type { LiveOrigin } from "../../dataflow/recorder.ts";
import { projectSite } from "../../dataflow/sites.ts";
import { alternatives, NO_ARGS, UNKNOWN, type CallArgs, type CallSite, type Value } from "../../dataflow/values.ts";

type Key = CacheCall["key"];

const CACHE = "django.core.cache.cache";

/** Where the value and the timeout stand among a method's arguments; -1 for a method without. */
interface Method {
  readonly value: number;
  readonly timeout: number;
}

const METHODS: Readonly<Record<string, Method>> = {
  get: { value: -1, timeout: -1 },
  get_many: { value: -1, timeout: -1 },
  has_key: { value: -1, timeout: -1 },
  ttl: { value: -1, timeout: -1 },
  set: { value: 1, timeout: 2 },
  add: { value: 1, timeout: 2 },
  get_or_set: { value: 1, timeout: 2 },
  set_many: { value: -1, timeout: 1 },
  touch: { value: -1, timeout: 1 },
  incr: { value: -1, timeout: -1 },
  decr: { value: -1, timeout: -1 },
  incr_version: { value: -1, timeout: -1 },
  delete: { value: -1, timeout: -1 },
  delete_many: { value: -1, timeout: -1 },
  delete_pattern: { value: -1, timeout: -1 },
  clear: { value: -1, timeout: -1 },
};

const callOf =
  (how: string, method: Method) =>
  (engine: Engine): Hook =>
  (args, site) => {
    const { span, frame } = projectSite(site);
    const given = method.value < 0 ? null : argument(args, method.value, how === "get_or_set" ? "default" : "value");
    const value = how === "get_or_set" && given !== null ? made(engine, given, site) : given;
    const key = keyOf(argument(args, 0, how === "delete_pattern" ? "pattern" : "key"), ownExpr(site, how), how);
    engine.recorder.cacheCall({
      how,
      key,
      timeout: timeoutOf(args, method),
      lazy: value === null ? null : lazyOrigin(value),
      span,
      symbol: frame.symbol,
      trail: callsSince(frame, 0),
    });
    escapeArgs(engine, args);
    if (value !== null) engine.escape(value);
    return UNKNOWN;
  };

/** `get_or_set()` takes the value, or a function that makes it. */
function made(engine: Engine, value: Value, site: CallSite): Value {
  if (value.kind !== "function" && value.kind !== "bound" && value.kind !== "native") return value;
  return onByway(site.frame, bywayFrom(site.frame, "cached"), () => engine.call(value, NO_ARGS, { ...site, expr: null }));
}

function timeoutOf(args: CallArgs, { timeout }: Method): CacheCall["timeout"] {
  const value = timeout < 0 ? null : argument(args, timeout, "timeout");
  if (value === null) return args.open ? "unknown" : "default";
  if (value.kind !== "literal") return "unknown";
  if (value.value === null) return "for ever";
  return typeof value.value === "number" ? value.value : "unknown";
}

function lazyOrigin(value: Value): LiveOrigin | null {
  const all = alternatives(value);
  const [first] = all;
  return first?.kind === "queryset" && all.every((one) => one.kind === "queryset" && one.shape === "rows") ? first.origin : null;
}

/** The key as it is written, where the call itself is; a `partial` stands elsewhere. */
function ownExpr({ expr }: CallSite, how: string): Expr | null {
  const name = expr?.callee.kind === "attribute" ? expr.callee.name : "";
  if (expr === null || (name !== how && name !== `a${how}`)) return null;
  return expr.args[0] ?? expr.keywords.find((one) => one.name === "key")?.value ?? null;
}

function keyOf(value: Value | null, expr: Expr | null, how: string): Key {
  if (how === "delete_many" || how === "get_many" || how === "set_many" || how === "clear") return null;
  if (value?.kind === "literal" && typeof value.value === "string") return [value.value];
  return expr === null ? null : patternOf(expr);
}

function patternOf(expr: Expr): Key {
  if (expr.kind === "str") return [expr.value];
  if (expr.kind === "format") return joined(expr.parts.map((part) => (part.kind === "str" ? part.value : null)));
  if (expr.kind === "binary" && expr.operator === "%" && expr.left.kind === "str") return withHoles(expr.left.value, /%(?:\(\w+\))?[sdr]/);
  if (expr.kind === "binary" && expr.operator === "+") {
    const [left, right] = [patternOf(expr.left), patternOf(expr.right)];
    return left === null && right === null ? null : joined([...(left ?? [null]), ...(right ?? [null])]);
  }
  if (expr.kind === "call" && expr.callee.kind === "attribute" && expr.callee.name === "format" && expr.callee.object.kind === "str")
    return withHoles(expr.callee.object.value, /\{[^}]*\}/);
  return null;
}

function withHoles(text: string, hole: RegExp): Key {
  return joined(text.split(hole).flatMap((part, index) => (index === 0 ? [part] : [null, part])));
}

/** Neighbours of a kind are one, and empty texts none. */
function joined(parts: readonly (string | null)[]): Key {
  const all: (string | null)[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part === "" || (part === null && last === null)) continue;
    if (typeof part === "string" && typeof last === "string") all.splice(-1, 1, last + part);
    else all.push(part);
  }
  return all.some((one) => one !== null) ? all : null;
}

/** What is handed to `on_commit()` runs, only later. */
const onCommit =
  (engine: Engine): Hook =>
  (args, site) => {
    const [fn] = args.positional;
    if (fn !== undefined) engine.call(fn, NO_ARGS, { ...site, expr: null });
    return UNKNOWN;
  };

function methodHooks(): Readonly<Record<string, (engine: Engine) => Hook>> {
  return Object.fromEntries(Object.entries(METHODS).flatMap(([how, method]) => [how, `a${how}`].map((name) => [`${CACHE}.${name}`, callOf(how, method)])));
}

export const cacheHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  ...methodHooks(),
  "django.core.cache.caches[]": () => () => ({ kind: "external", name: CACHE }),
  "django.db.transaction.on_commit": onCommit,
};
