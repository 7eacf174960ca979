/** A statement that a loop sends for each row becomes one after the loop, for rows that the loop collects. */
import { fitText } from "../fixes/fit-text.ts";
import { indentAt, lineEnd, lineStart, styleOf } from "../fixes/source-text.ts";
import type { EditDraft, Expr, RuleInput, Stmt } from "../model/index.ts";
import { isStatement, nodesIn } from "../python/syntax-tree.ts";
import { changedNames, functionAt, namesIn } from "./code.ts";
import type { LoopWrite } from "./loop-writes.ts";

export interface Collected {
  /** What is collected instead of being written at once. */
  readonly element: string;
  /** Name of the list, unless the function has one of that name. */
  readonly list: string;
  /** The statement after the loop. */
  readonly bulk: (list: string) => string;
  /** The loop does not write in each round: where it never did, nothing may be asked of what is written to. */
  readonly isChosen?: boolean;
}

/** Null where the loop does not let rows be collected: it is left early, yields, or is not a plain `for`. */
export function collectEdits(one: LoopWrite, { element, list, bulk, isChosen = false }: Collected, input: RuleInput): readonly EditDraft[] | null {
  const { loop } = one.site;
  const stmt = writeStatement(one);
  const holder = functionAt(one.site.path);
  if (loop?.kind !== "for" || loop.isAsync || loop.otherwise.length > 0 || stmt === null || holder?.kind !== "function") return null;
  const { file } = one.span;
  const text = input.text(file);
  if (holder.isGenerator || holder.isAsync || /"""|'''/.test(element) || text.slice(lineStart(text, loop.start), loop.start).trim() !== "") return null;
  const style = styleOf(text, input.lineLength);
  const name = freeName(list, new Set([...namesIn(holder), ...changedNames(holder), ...holder.params.map((param) => param.name)]));
  const outer = indentAt(text, loop.start);
  const inner = indentAt(text, stmt.start);
  const append = fitText(`${name}.append(${element})`, { column: inner.length, indent: inner }, style);
  const first = loop.body[0];
  const deeper = isChosen && first !== undefined ? indentAt(text, first.start) : outer;
  const after = fitText(bulk(name), { column: deeper.length, indent: deeper }, style);
  const end = lineEnd(text, loop.end);
  return [
    { span: at(file, aboveComments(text, loop.start)), text: `${outer}${name} = []\n` },
    { span: { file, start: stmt.start, end: stmt.end }, text: append },
    { span: at(file, end), text: isChosen ? `\n${outer}if ${name}:\n${deeper}${after}` : `\n${outer}${after}` },
  ];
}

function at(file: string, offset: number): EditDraft["span"] {
  return { file, start: offset, end: offset };
}

/** The write as a statement of its own: nothing takes what it returns. */
function writeStatement(one: LoopWrite): Stmt | null {
  const stmt = one.site.path.findLast(isStatement);
  return stmt?.kind === "expr" && stmt.value === one.call ? stmt : null;
}

/** Start of the line, or of the comment lines above it that belong to it. */
function aboveComments(text: string, offset: number): number {
  const indent = indentAt(text, offset);
  let start = lineStart(text, offset);
  while (start > 0 && text.slice(lineStart(text, start - 1), start).startsWith(`${indent}#`)) start = lineStart(text, start - 1);
  return start;
}

/** `orders`, or `new_orders` where that is taken. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const found = [wanted, `new_${wanted}`, `all_${wanted}`, `collected_${wanted}`].find((name) => !taken.has(name));
  return found ?? `${wanted}_in_bulk`;
}

/** `stock_movements` of `StockMovement`. */
export function pluralOf(model: string): string {
  const snake = model.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
  if (/[^aeiou]y$/.test(snake)) return `${snake.slice(0, -1)}ies`;
  return /(?:s|x|ch|sh)$/.test(snake) ? `${snake}es` : `${snake}s`;
}

/** Any use of a name after an offset, below the nodes. */
export function isNamedAfter(nodes: readonly Stmt[], name: string, offset: number): boolean {
  return nodes.some((node) => [...nodesIn(node)].some((one: Expr | Stmt) => one.kind === "name" && one.name === name && one.start >= offset));
}
