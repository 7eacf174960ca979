/** Finds a node of the syntax by its place, and what encloses it. */
import type { Expr, FunctionDef, Program, PythonModule, Span, Stmt } from "../model/index.ts";

export type SyntaxNode = Expr | Stmt;

const modules = new WeakMap<Program, ReadonlyMap<string, PythonModule>>();

export function moduleOf(program: Program, file: string): PythonModule | null {
  let byFile = modules.get(program);
  if (byFile === undefined) {
    byFile = new Map([...program.modules.values()].map((one) => [one.ir.file, one]));
    modules.set(program, byFile);
  }
  return byFile.get(file) ?? null;
}

/** Nodes around a span, outermost first; the last one has that very span where there is one. */
export function nodesAt(program: Program, span: Span): readonly SyntaxNode[] {
  const module = moduleOf(program, span.file);
  if (module === null) return [];
  const path: SyntaxNode[] = [];
  let level: readonly SyntaxNode[] = module.ir.body;
  for (;;) {
    const next = level.find((one) => one.start <= span.start && span.end <= one.end);
    if (next === undefined) return path;
    path.push(next);
    level = childrenOf(next);
  }
}

/** The expressions and statements right below a node. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const body: unknown = "body" in node ? node.body : null;
  for (const part of Object.values(node)) if (part !== body) collect(part, found);
  collect(body, found);
  return found;
}

/** Most parts are names and offsets: those are passed over before anything is called. */
function collect(part: unknown, found: SyntaxNode[]): void {
  if (typeof part !== "object" || part === null) return;
  if (Array.isArray(part)) {
    for (const one of part) collect(one, found);
  } else if (isNode(part)) found.push(part);
  else for (const one of Object.values(part)) if (typeof one === "object") collect(one, found);
}

function isNode(part: object): part is SyntaxNode {
  return "kind" in part && "start" in part && "end" in part;
}

export function enclosingFunction(path: readonly SyntaxNode[]): FunctionDef | null {
  return path.findLast((one) => one.kind === "function") ?? null;
}

/** Visits every node below, nested functions included. */
export function visit(node: SyntaxNode, see: (node: SyntaxNode, parent: SyntaxNode) => void): void {
  for (const child of childrenOf(node)) {
    see(child, node);
    visit(child, see);
  }
}

export function isSame(a: Span, b: { readonly start: number; readonly end: number }): boolean {
  return a.start === b.start && a.end === b.end;
}
