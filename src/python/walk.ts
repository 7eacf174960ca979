import type { Expr, Keyword, Opaque, Sequence, Stmt } from "../model/index.ts";
import type { Cursor } from "./cursor.ts";

/**
 * Lowers the node that the cursor stands on, and leaves the cursor there.
 * A handler finds its node's type and span in the cursor when it is called, and must take them before it moves.
 */
export type LowerExpr = (walk: Walk) => Expr;
/** As `LowerExpr`, for the statements that a node stands for, which it appends to `out`. */
export type LowerStmt = (walk: Walk, out: Stmt[]) => void;

/** Node types that handlers of other nodes must tell apart. */
export const told = [
  "aliased_import",
  "argument_list",
  "as_pattern",
  "assignment",
  "block",
  "boolean_operator",
  "case_clause",
  "class_definition",
  "class_pattern",
  "decorator",
  "default_parameter",
  "dictionary_splat",
  "dictionary_splat_pattern",
  "dotted_name",
  "elif_clause",
  "else_clause",
  "except_clause",
  "expression_list",
  "finally_clause",
  "for_in_clause",
  "format_expression",
  "format_specifier",
  "function_definition",
  "identifier",
  "if_clause",
  "import_prefix",
  "interpolation",
  "keyword_argument",
  "keyword_pattern",
  "keyword_separator",
  "lambda_parameters",
  "list_splat_pattern",
  "pair",
  "parameters",
  "parenthesized_expression",
  "positional_separator",
  "relative_import",
  "string_content",
  "type",
  "type_conversion",
  "typed_default_parameter",
  "typed_parameter",
  "wildcard_import",
  "with_clause",
] as const;

/** The grammar's numbers, looked up once: each crossing into wasm for a name would cost. */
export interface Grammar {
  readonly id: Readonly<Record<(typeof told)[number], number>>;
  readonly expressions: readonly (LowerExpr | undefined)[];
  readonly statements: readonly (LowerStmt | undefined)[];
  /** Strings, numbers and constants. */
  readonly literals: ReadonlySet<number>;
}

/** The state of lowering one file. */
export interface Walk {
  readonly text: string;
  readonly cursor: Cursor;
  readonly grammar: Grammar;
  readonly errors: { readonly start: number; readonly message: string }[];
  /** How many expressions and blocks enclose the cursor. */
  depth: number;
  /** Whether the function being lowered has a `yield` of its own so far. */
  yields: boolean;
}

/** Deeper nesting is cut: the walks over the IR are recursive, and the stack is about a megabyte. */
export const deepest = 400;

/** Lowers any expression, pattern or annotation. */
export function lowerExpression(walk: Walk): Expr {
  const lower = walk.grammar.expressions[walk.cursor.type] ?? lowerUnknown;
  if (walk.depth >= deepest) return cut(walk);
  walk.depth++;
  const expression = lower(walk);
  walk.depth--;
  return expression;
}

/** Lowers the children of the cursor's node, one expression each. */
export function lowerChildren(walk: Walk): Expr[] {
  const { cursor } = walk;
  const items: Expr[] = [];
  if (!cursor.down()) return items;
  do items.push(lowerExpression(walk));
  while (cursor.next());
  cursor.up();
  return items;
}

/** Enters the cursor's node, lowers its first child and comes back; `Opaque` when it has none. */
export function lowerOnlyChild(walk: Walk): Expr {
  const { cursor } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  const expression = lowerExpression(walk);
  cursor.up();
  return expression;
}

export function lowerUnknown(walk: Walk): Opaque {
  const { start, end } = walk.cursor;
  return opaque(start, end, lowerChildren(walk));
}

export function opaque(start: number, end: number, parts: readonly Expr[] = []): Opaque {
  return { kind: "opaque", start, end, parts };
}

/** One expression as it is, several as the tuple they make. */
export function tupleOf(items: readonly Expr[], start: number, end: number): Expr {
  const [only] = items;
  if (only !== undefined && items.length === 1) return only;
  return { kind: "sequence", start, end, type: "tuple", items } satisfies Sequence;
}

/** What stands between two nodes, without comments, line continuations and surrounding space. */
export function between(walk: Walk, from: number, to: number): string {
  const gap = walk.text.slice(from, to);
  const isPlain = !gap.includes("#") && !gap.includes("\\");
  return (isPlain ? gap : gap.replace(/#[^\n\r]*|\\/g, " ")).trim();
}

export function cut(walk: Walk): Opaque {
  const { start, end } = walk.cursor;
  const last = walk.errors.at(-1);
  if (last?.message !== tooDeep) walk.errors.push({ start, message: tooDeep });
  return opaque(start, end);
}

const tooDeep = "nested too deeply";

export interface Arguments {
  readonly args: readonly Expr[];
  readonly keywords: readonly Keyword[];
}
