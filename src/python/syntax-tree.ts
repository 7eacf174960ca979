/** Finds a node of the syntax by its place, what encloses it, and what is below. */
import type { Call, Expr, Module, Program, PythonModule, Span, Stmt } from "../model/index.ts";
import { isInside } from "../model/span.ts";

export type SyntaxNode = Expr | Stmt;

const modules = new WeakMap<Program, ReadonlyMap<string, PythonModule>>();
const paths = new WeakMap<Program, Map<string, readonly SyntaxNode[]>>();

/** The module that stands in the file; null for templates and for what was not read. */
export function moduleOf(program: Program, file: string): PythonModule | null {
  let byFile = modules.get(program);
  if (byFile === undefined) {
    byFile = new Map([...program.modules.values()].map((one) => [one.ir.file, one]));
    modules.set(program, byFile);
  }
  return byFile.get(file) ?? null;
}

/** Nodes that hold the span, outermost first; the last one has that very span where there is one. Empty where there is no module. */
export function pathTo(program: Program, span: Span): readonly SyntaxNode[] {
  let known = paths.get(program);
  if (known === undefined) {
    known = new Map();
    paths.set(program, known);
  }
  const key = `${span.file}:${span.start}:${span.end}`;
  let path = known.get(key);
  if (path === undefined) {
    path = descend(moduleOf(program, span.file)?.ir.body ?? [], span);
    known.set(key, path);
  }
  return path;
}

function descend(body: readonly SyntaxNode[], span: Span): readonly SyntaxNode[] {
  const path: SyntaxNode[] = [];
  let level = body;
  for (;;) {
    const next = level.find((one) => isInside(span, one));
    if (next === undefined) return path;
    path.push(next);
    level = keptChildren(next);
  }
}

const children = new WeakMap<SyntaxNode, readonly SyntaxNode[]>();

/** Facts lie close together: the way to one is most of the way to the next. */
function keptChildren(node: SyntaxNode): readonly SyntaxNode[] {
  if (!isStatement(node)) return childrenOf(node);
  const known = children.get(node) ?? childrenOf(node);
  children.set(node, known);
  return known;
}

/** `None` as it is written. */
export function isNoneLiteral(expr: Expr | null | undefined): boolean {
  return expr?.kind === "constant" && expr.value === "none";
}

/** The name as it is written, and nothing more. */
export function isNameOf(expr: Expr | undefined, name: string): boolean {
  return expr?.kind === "name" && expr.name === name;
}

/** `functools.wraps` of `@functools.wraps(fn)`; "" of what has no name. */
export function decoratorName(expr: Expr): string {
  if (expr.kind === "name") return expr.name;
  if (expr.kind === "attribute") return `${decoratorName(expr.object)}.${expr.name}`;
  if (expr.kind === "call") return decoratorName(expr.callee);
  return "";
}

/** Expressions and statements directly below a node, in source order. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  // A function's body is decoded on first use, so that it may not be an own property.
  if (node.kind === "function") collect([node.decorators, node.params, node.returns, node.body], found);
  else collectParts(node, found);
  return found;
}

/** Most parts are names and offsets: those are passed over before anything is called. */
function collectParts(holder: object, found: SyntaxNode[]): void {
  for (const value of Object.values(holder)) if (typeof value === "object" && value !== null) collect(value, found);
}

function collect(value: unknown, found: SyntaxNode[]): void {
  if (Array.isArray(value)) {
    for (const one of value) collect(one, found);
  } else if (typeof value === "object" && value !== null) {
    if (isNode(value)) found.push(value);
    else collectParts(value, found);
  }
}

function isNode(value: object): value is SyntaxNode {
  return "kind" in value && "start" in value && "end" in value;
}

/** Every node below and including `node`, functions and classes inside it included, outermost first. */
export function nodesIn(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  addNodes(node, found);
  return found;
}

function addNodes(node: SyntaxNode, found: SyntaxNode[]): void {
  found.push(node);
  for (const child of childrenOf(node)) addNodes(child, found);
}

const calls = new WeakMap<Module, readonly Call[]>();

/** Every call of a module, outermost first; the module is walked once for all who ask. */
export function callsOf(module: Module): readonly Call[] {
  const known = calls.get(module);
  if (known !== undefined) return known;
  const found = module.body.flatMap((stmt) => nodesIn(stmt).filter((node) => node.kind === "call"));
  calls.set(module, found);
  return found;
}

/** Visits every node below, nested functions included, with the node that directly holds it. */
export function visit(node: SyntaxNode, see: (node: SyntaxNode, parent: SyntaxNode) => void): void {
  for (const child of childrenOf(node)) {
    see(child, node);
    visit(child, see);
  }
}

const STATEMENTS: ReadonlySet<string> = new Set(
  "expr assign augment return if for while with try function class import raise delete jump match scope output include extends block template-import tag".split(
    " ",
  ),
);

export function isStatement(node: SyntaxNode): node is Stmt {
  return STATEMENTS.has(node.kind);
}
