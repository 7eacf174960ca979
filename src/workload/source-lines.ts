import type { ClassDef, FunctionDef, Module, Stmt } from "../model/ir.ts";
import { blocksOf } from "../python/inner-blocks.ts";

/** Lines from the first to the last, both included. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

export interface Definition extends LineRange {
  /** `OrderList.get_queryset` */
  readonly name: string;
}

/** What stands on which lines of Python files: a stack names a line, a finding names a span. */
export class SourceLines {
  private readonly modules = new Map<string, Module | null>();
  private readonly lower: (file: string) => Module | null;

  /** `lower` gives a Python file's IR; null for templates and for what cannot be read. */
  constructor(lower: (file: string) => Module | null) {
    this.lower = lower;
  }

  /** The lines of the innermost statement that holds a line; of a loop or a function its head alone. */
  statementAt(file: string, line: number): LineRange {
    const module = this.module(file);
    return (module === null ? null : findStatement(module, module.body, line)) ?? { from: line, to: line };
  }

  /** Every function and class around a line, the innermost first. */
  definitionsAt(file: string, line: number): readonly Definition[] {
    const module = this.module(file);
    return module === null ? [] : findDefinitions(module, module.body, line, "");
  }

  private module(file: string): Module | null {
    const known = this.modules.get(file);
    if (known !== undefined) return known;
    const module = file.endsWith(".py") ? this.lower(file) : null;
    this.modules.set(file, module);
    return module;
  }
}

function findStatement(module: Module, body: readonly Stmt[], line: number): LineRange | null {
  const stmt = body.find((one) => holds(rangeOf(module, one), line));
  if (stmt === undefined) return null;
  const inner = blocksOf(stmt);
  for (const block of inner) {
    const found = findStatement(module, block, line);
    if (found !== null) return found;
  }
  const range = rangeOf(module, stmt);
  const first = Math.min(...inner.flatMap((block) => block.slice(0, 1).map((one) => lineAt(module, one.start))));
  return first > range.from && first !== Infinity ? { from: range.from, to: first - 1 } : { from: range.from, to: inner.length > 0 ? range.from : range.to };
}

function findDefinitions(module: Module, body: readonly Stmt[], line: number, prefix: string): Definition[] {
  const stmt = body.find((one) => holds(rangeOf(module, one), line));
  if (stmt === undefined) return [];
  const isDefinition = stmt.kind === "function" || stmt.kind === "class";
  const name = isDefinition ? `${prefix}${stmt.name}` : "";
  const inner = blocksOf(stmt).flatMap((block) => findDefinitions(module, block, line, isDefinition ? `${name}.` : prefix));
  return isDefinition ? [...inner, { name, ...definitionRange(module, stmt) }] : inner;
}

function definitionRange(module: Module, stmt: FunctionDef | ClassDef): LineRange {
  const decorated = stmt.decorators.map(({ start }) => start);
  return { from: lineAt(module, Math.min(stmt.start, ...decorated)), to: lineAt(module, stmt.end) };
}

function holds({ from, to }: LineRange, line: number): boolean {
  return from <= line && line <= to;
}

function rangeOf(module: Module, { start, end }: { readonly start: number; readonly end: number }): LineRange {
  return { from: lineAt(module, start), to: lineAt(module, Math.max(start, end - 1)) };
}

function lineAt({ lineStarts }: Module, offset: number): number {
  let line = 0;
  for (let above = lineStarts.length; above - line > 1;) {
    const middle = (line + above) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) line = middle;
    else above = middle;
  }
  return line + 1;
}
