/** Calls of Django's cache as rules ask about them: which remove, which meet, what they store, what transaction is open around them. */
import type { CacheCall, Expr, FunctionDef, Lambda, RuleInput, SentStatement, Span, Symbol, With } from "../../model/index.ts";
import { childrenOf, moduleOf, nodesIn, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { functionAt } from "../code.ts";
import { isWithin } from "../../model/span.ts";

const REMOVING: ReadonlySet<string> = new Set(["delete", "delete_many", "delete_pattern", "clear", "incr_version", "touch", "incr", "decr"]);
const STORING: ReadonlySet<string> = new Set(["set", "add", "get_or_set"]);

export const cacheCalls = ({ facts }: RuleInput): readonly CacheCall[] => facts.cacheCalls ?? [];
export const isRemoval = ({ how }: CacheCall): boolean => REMOVING.has(how);
export const isStore = ({ how }: CacheCall): boolean => STORING.has(how);

/** The key when all of it is text. */
export function wholeKey({ key }: CacheCall): string | null {
  const [only] = key ?? [];
  return key?.length === 1 && typeof only === "string" ? only : null;
}

/** The key as a person writes it: `book-…`. */
export function keyWords({ key }: CacheCall): string {
  return key === null ? "a key that is worked out" : `"${key.map((part) => part ?? "…").join("")}"`;
}

/** Two keys can be the same, as far as their texts tell. */
export function keysMeet(a: CacheCall, b: CacheCall): boolean {
  if (a.key === null || b.key === null) return true;
  const [one, other] = [ends(globbed(a)), ends(globbed(b))];
  const isBegun = one.start.startsWith(other.start) || other.start.startsWith(one.start);
  const isEnded = one.end.endsWith(other.end) || other.end.endsWith(one.end);
  if (a.key.length > 1 || b.key.length > 1 || globbed(a).includes(null) || globbed(b).includes(null)) return isBegun && isEnded;
  return one.start === other.start;
}

/** Stars of `delete_pattern()` stand for anything. */
function globbed({ key, how }: CacheCall): readonly (string | null)[] {
  if (how !== "delete_pattern") return key ?? [null];
  return (key ?? [null]).flatMap((part) => (part === null ? [null] : part.split("*").flatMap((text, index) => (index === 0 ? [text] : [null, text]))));
}

function ends(key: readonly (string | null)[]): { readonly start: string; readonly end: string } {
  return { start: key[0] ?? "", end: key.at(-1) ?? "" };
}

/** `django.db.transaction.atomic` for a name or a chain of attributes; null where the root is no import. */
export function dottedOf(input: RuleInput, file: string, expr: Expr): string | null {
  if (expr.kind === "attribute") {
    const before = dottedOf(input, file, expr.object);
    return before === null ? null : `${before}.${expr.name}`;
  }
  const module = moduleOf(input.program, file);
  return expr.kind !== "name" || module === null ? null : symbolName(input.program.resolve(module, expr.name));
}

function symbolName(symbol: Symbol | null): string | null {
  switch (symbol?.kind) {
    case "external":
      return symbol.name;
    case "module":
      return symbol.module.name;
    case "class":
      return symbol.cls.id;
    case "function":
      return `${symbol.module.name}.${symbol.def.name}`;
    default:
      return null;
  }
}

function isAtomic(input: RuleInput, file: string, expr: Expr): boolean {
  const name = dottedOf(input, file, expr.kind === "call" ? expr.callee : expr);
  return name !== null && name.startsWith("django.db") && name.endsWith(".atomic");
}

/** The block of `transaction.atomic()` that is open when the call is made, in its function or in a caller. */
export interface OpenBlock {
  /** `with` and its head, or the decorated function's. */
  readonly head: Span;
  readonly body: Span;
  /** Where the call, or the call that leads to it, stands within the block. */
  readonly at: Span;
}

export function openBlock(input: RuleInput, { span, trail }: Pick<CacheCall, "span" | "trail">): OpenBlock | null {
  let open: OpenBlock | null = null;
  for (const at of [...trail, span]) {
    if (isAfterCommit(input, at)) return null;
    open ??= blockAround(input, at);
  }
  return open;
}

/** It is called by `on_commit()`, or stands in what is handed to it. */
function isAfterCommit(input: RuleInput, span: Span): boolean {
  return pathTo(input.program, span).some((node) => node.kind === "call" && (dottedOf(input, span.file, node.callee) ?? "").endsWith("transaction.on_commit"));
}

function blockAround(input: RuleInput, at: Span): OpenBlock | null {
  const path = pathTo(input.program, at);
  const fn = functionAt(path);
  const within = fn === null ? path : path.slice(path.indexOf(fn) + 1);
  const held = within.findLast((node): node is With => node.kind === "with" && node.items.some(({ context }) => isAtomic(input, at.file, context)));
  if (held !== undefined) {
    const [first] = held.body;
    return {
      head: { file: at.file, start: held.start, end: held.items.at(-1)?.context.end ?? held.start },
      body: { file: at.file, start: first?.start ?? held.start, end: held.end },
      at,
    };
  }
  if (fn?.kind !== "function" || !fn.decorators.some((one) => isAtomic(input, at.file, one))) return null;
  return { head: { file: at.file, start: fn.start, end: fn.headEnd }, body: { file: at.file, start: fn.headEnd, end: fn.end }, at };
}

/** Names that are followed to where they are given their value. Ours. */
const MOST_STEPS = 3;

/** Code that the stored value is made of: the argument, and what the names in it were given, functions of the project included. */
export function valueSpans(input: RuleInput, call: CacheCall): readonly Span[] {
  const node = pathTo(input.program, call.span).findLast((one) => one.kind === "call" && one.start === call.span.start);
  if (node?.kind !== "call") return [];
  const value = node.args[1] ?? node.keywords.find(({ name }) => name === "value" || name === "default")?.value;
  if (value === undefined) return [];
  const found: Span[] = [];
  follow(input, call.span.file, value, functionAt(pathTo(input.program, call.span)), MOST_STEPS, found);
  return found;
}

type Holder = FunctionDef | Lambda | null;

function follow(input: RuleInput, file: string, expr: Expr, holder: Holder, steps: number, found: Span[]): void {
  const span = { file, start: expr.start, end: expr.end };
  if (found.some((one) => isWithin(span, one))) return;
  found.push(span);
  if (steps === 0) return;
  for (const node of nodesIn(expr)) {
    if (node.kind === "name") for (const given of assigned(holder, node.name, call(expr))) follow(input, file, given, holder, steps - 1, found);
    if (node.kind === "name" || node.kind === "attribute") followFunction(input, file, node, found);
  }
}

const call = (expr: Expr): number => expr.start;

/** What a name was given before that place in the function. */
function assigned(holder: Holder, name: string, before: number): Expr[] {
  if (holder === null || holder.kind === "lambda") return [];
  const values: Expr[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.kind === "assign" && node.value !== null && node.start < before && node.targets.some((one) => one.kind === "name" && one.name === name))
      values.push(node.value);
    if (node.kind === "function" && node.name === name) for (const one of node.body) if (one.kind === "return" && one.value !== null) values.push(one.value);
    for (const child of childrenOf(node)) visit(child);
  };
  for (const child of holder.body) visit(child);
  return values;
}

function followFunction(input: RuleInput, file: string, node: Expr, found: Span[]): void {
  const module = moduleOf(input.program, file);
  if (module === null || node.kind !== "name") return;
  const symbol = input.program.resolve(module, node.name);
  if (symbol?.kind !== "function" || symbol.module.origin !== "project") return;
  const { def } = symbol;
  found.push({ file: symbol.module.ir.file, start: def.start, end: def.end });
}

/** Statements that the stored value comes from, as far as they stand in code that was followed. */
export function valueStatements(input: RuleInput, spans: readonly Span[]): readonly SentStatement[] {
  return (input.facts.sent ?? []).filter(({ what, span, origin }) => isRead(what) && spans.some((one) => isWithin(span, one) || isWithin(origin, one)));
}

const WRITING: ReadonlySet<string> = new Set(["update", "delete", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"]);

function isRead(what: SentStatement["what"]): boolean {
  return what.kind === "query" ? !WRITING.has(what.how) : what.kind === "relation" || what.kind === "signed in";
}
