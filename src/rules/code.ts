/** Syntax around a place that a fact names: what holds it, what may run after it, what changes a name. */
import type { Call, Expr, For, FunctionDef, Lambda, Name, RuleInput, Span, Stmt, While } from "../model/index.ts";
import { blocksOf } from "../python/inner-blocks.ts";
import { isStatement, nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { isInside } from "../model/span.ts";

export function functionAt(path: readonly SyntaxNode[]): FunctionDef | Lambda | null {
  const found = path.findLast((one) => one.kind === "function" || one.kind === "lambda");
  return found?.kind === "function" || found?.kind === "lambda" ? found : null;
}

/** The innermost function on the way; lambdas are passed over. */
export function enclosingFunction(path: readonly SyntaxNode[]): FunctionDef | null {
  return path.findLast((one) => one.kind === "function") ?? null;
}

/** `Class.method` or the function's name around a place; null at the top of a module. */
export function holderAt(span: Span, { program }: Pick<RuleInput, "program">): string | null {
  const path = pathTo(program, span);
  const names = [path.findLast((one) => one.kind === "class"), enclosingFunction(path)].flatMap((one) => (one === undefined || one === null ? [] : [one.name]));
  return names.length === 0 ? null : names.join(".");
}

export function loopAt(path: readonly SyntaxNode[], span: Span): For | While | null {
  const found = path.find((one) => (one.kind === "for" || one.kind === "while") && one.start === span.start);
  return found?.kind === "for" || found?.kind === "while" ? found : null;
}

/** The expression of exactly that span: the outermost one. */
export function exprAt(input: RuleInput, span: Span): Expr | null {
  const path = pathTo(input.program, span);
  const found = path.find((one) => one.start === span.start && one.end === span.end && one.kind !== "expr");
  return found === undefined || isStatement(found) ? null : found;
}

export function callAt(input: RuleInput, span: Span): Call | null {
  const found = exprAt(input, span);
  return found?.kind === "call" ? found : null;
}

export function statementOf(path: readonly SyntaxNode[]): Stmt | null {
  const found = path.findLast(isStatement);
  return found !== undefined && isStatement(found) ? found : null;
}

/** Names that an expression reads; `a` for `a.b.c`. */
export function namesIn(node: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  for (const one of nodesIn(node)) if (one.kind === "name") names.add(one.name);
  return names;
}

const MUTATORS: ReadonlySet<string> = new Set(
  "append extend add update insert remove discard pop popitem clear setdefault sort reverse appendleft popleft set create save".split(" "),
);

/** Names that a piece of code, `except` left out, binds, deletes or changes in place, as far as it shows. */
export function changedNames(node: SyntaxNode, except: SyntaxNode | null = null): ReadonlySet<string> {
  const names = new Set<string>();
  for (const one of nodesIn(node)) if (one !== except) for (const name of changedBy(one)) names.add(name);
  return names;
}

/** Names that the node itself binds or changes, without what stands within it. */
export function changedBy(node: SyntaxNode): readonly string[] {
  switch (node.kind) {
    case "walrus":
      return [node.name];
    case "function":
    case "class":
      return [node.name];
    case "import":
      return node.names.map((one) => one.alias ?? one.name);
    case "try":
      return node.handlers.flatMap((one) => (one.name === null ? [] : [one.name]));
    case "match":
      return node.cases.flatMap((one) => one.binds);
    case "call":
      return node.callee.kind === "attribute" && MUTATORS.has(node.callee.name) ? rootName(node.callee.object) : [];
    default:
      return targetsOf(node).flatMap(boundNames);
  }
}

/** What a statement, or a part of a comprehension, assigns to or deletes. */
export function targetsOf(node: SyntaxNode): readonly Expr[] {
  switch (node.kind) {
    case "assign":
    case "delete":
      return node.targets;
    case "augment":
    case "for":
      return [node.target];
    case "comprehension":
      return node.clauses.map((clause) => clause.target);
    case "with":
      return node.items.flatMap((item) => item.target ?? []);
    default:
      return [];
  }
}

/** What a local name always stands for: the value of the one statement of its function that binds or changes it. */
export function soleValueOf(input: RuleInput, file: string, name: Name): Expr | null {
  const [only, ...others] = localValuesOf(input, file, name);
  return only !== undefined && others.length === 0 && only.start < name.start ? only : null;
}

/** All that a local name ever stands for; nothing where it is bound or changed in another way than by plain assignments. */
export function localValuesOf(input: RuleInput, file: string, name: Name): readonly Expr[] {
  const holder = enclosingFunction(pathTo(input.program, { file, start: name.start, end: name.end }));
  if (holder === null || holder.params.some((param) => param.name === name.name)) return [];
  const values = [...nodesIn(holder)]
    .filter((node) => node !== holder && changedBy(node).includes(name.name))
    .map((node) => (node.kind === "assign" && node.targets.length === 1 && node.targets[0]?.kind === "name" ? node.value : null));
  return values.every((value) => value !== null) ? values : [];
}

function boundNames(target: Expr): readonly string[] {
  switch (target.kind) {
    case "name":
      return [target.name];
    case "sequence":
      return target.items.flatMap(boundNames);
    case "star":
      return boundNames(target.value);
    default:
      return rootName(target);
  }
}

/** What a chain of attributes and calls begins with: `Order` of `Order.objects.filter(…).count()`. */
export function chainHead(expr: Expr): Expr {
  let at = expr;
  while (at.kind === "attribute" || at.kind === "call") at = at.kind === "call" ? at.callee : at.object;
  return at;
}

/** `a` of `a.b[0].c`. */
export function rootName(expr: Expr): readonly string[] {
  let at: Expr = expr;
  while (at.kind === "attribute" || at.kind === "subscript") at = at.object;
  return at.kind === "name" ? [at.name] : [];
}

// ------------------------------------------------------------------------------------- what runs after what

/** Whether `later` can run after `earlier` in one run of the function that holds both. */
export function canFollow(input: RuleInput, earlier: Span, later: Span): boolean {
  if (earlier.file !== later.file || earlier.start > later.start) return false;
  const a = pathTo(input.program, earlier);
  const b = pathTo(input.program, later);
  if (a.length === 0 || b.length === 0 || functionAt(a) !== functionAt(b)) return false;
  let split = 0;
  while (split < a.length && split < b.length && a[split] === b[split]) split++;
  const holder = a[split - 1];
  if (holder !== undefined && areExclusive(holder, earlier, later)) return false;
  return !exitsBefore(a, split);
}

function areExclusive(holder: SyntaxNode, a: Span, b: Span): boolean {
  const arms = armsOf(holder);
  const armOf = (span: Span): number => arms.findIndex((arm) => arm.some((one) => isInside(span, one)));
  const first = armOf(a);
  const second = armOf(b);
  return first >= 0 && second >= 0 && first !== second;
}

function armsOf(node: SyntaxNode): readonly (readonly SyntaxNode[])[] {
  if (node.kind === "if") return [node.then, node.otherwise];
  if (node.kind === "conditional") return [[node.then], [node.otherwise]];
  if (node.kind === "match") return node.cases.map((one) => one.body);
  if (node.kind === "try") return [[...node.body, ...node.otherwise], ...node.handlers.map((one) => one.body)];
  return [];
}

/** On the way from `a` up to the node that both share, the code leaves for good. */
function exitsBefore(a: readonly SyntaxNode[], split: number): boolean {
  let jumps = false;
  for (let depth = a.length - 1; depth > split; depth--) {
    const node = a[depth];
    if (node === undefined || !isStatement(node)) continue;
    if (node.kind === "for" || node.kind === "while") jumps = false;
    const siblings = listWith(a[depth - 1] ?? null, node);
    const exit = exitOf(siblings.slice(Math.max(0, siblings.indexOf(node))));
    if (exit === "leave") return true;
    if (exit === "jump") jumps = true;
  }
  const top = a[split];
  if (top === undefined || !isStatement(top)) return jumps;
  if (top.kind === "for" || top.kind === "while") return false;
  return jumps || exitOfOne(top) !== null;
}

/** `row = find(…)`, then `if row and other: return …`: what comes after is reached where that found nothing, or not the other either. */
export function isReachedOnFailure(input: RuleInput, earlier: Span, later: Span): boolean {
  const path = pathTo(input.program, earlier);
  const depth = path.findLastIndex(isStatement);
  const stmt = path[depth];
  if (stmt?.kind !== "assign" || stmt.targets.length !== 1) return false;
  const [target] = stmt.targets;
  if (target?.kind !== "name") return false;
  const siblings = listWith(path[depth - 1] ?? null, stmt);
  return siblings
    .slice(siblings.indexOf(stmt) + 1)
    .some((one) => one.kind === "if" && one.end <= later.start && isTrueOf(one.test, target.name) && exitOf(one.then) !== null);
}

function isTrueOf(test: Expr, name: string): boolean {
  if (test.kind === "bool" && test.operator === "and") return test.items.some((one) => isTrueOf(one, name));
  return test.kind === "name" && test.name === name;
}

function listWith(parent: SyntaxNode | null, node: Stmt): readonly Stmt[] {
  if (parent === null) return [];
  const lists = blocksOf(parent);
  return lists.find((list) => list.includes(node)) ?? [];
}

/** How a list of statements surely ends: leaving the function, jumping in its loop, or neither. */
function exitOf(body: readonly Stmt[]): "leave" | "jump" | null {
  for (const stmt of body) {
    const exit = exitOfOne(stmt);
    if (exit !== null) return exit;
  }
  return null;
}

function exitOfOne(stmt: Stmt): "leave" | "jump" | null {
  switch (stmt.kind) {
    case "return":
    case "raise":
      return "leave";
    case "jump":
      return stmt.type === "pass" ? null : "jump";
    case "with":
      return exitOf(stmt.body);
    case "if": {
      const then = exitOf(stmt.then);
      const otherwise = exitOf(stmt.otherwise);
      if (then === null || otherwise === null) return null;
      return then === "leave" && otherwise === "leave" ? "leave" : "jump";
    }
    default:
      return null;
  }
}

export function sourceText(input: RuleInput, file: string, at: { readonly start: number; readonly end: number }): string {
  return input.text(file).slice(at.start, at.end);
}

export function isSame(a: Span, b: { readonly start: number; readonly end: number }): boolean {
  return a.start === b.start && a.end === b.end;
}
