import type { Expr, Handler, If, Match, MatchCase, Stmt, With } from "../model/index.ts";
import { lowerBlock } from "./blocks.ts";
import { lowerPattern } from "./patterns.ts";
import { cut, deepest, lowerExpression, lowerOnlyChild, opaque, tupleOf } from "./walk.ts";
import type { LowerStmt, Walk } from "./walk.ts";

const ifStatement: LowerStmt = (walk, out) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const branches: Branch[] = [];
  let otherwise: readonly Stmt[] = [];
  if (!cursor.down()) return;
  const head = lowerBranch(walk, start);
  while (cursor.next()) {
    if (cursor.type === grammar.id.elif_clause) lowerElif(walk, branches);
    else if (cursor.type === grammar.id.else_clause) otherwise = lowerClause(walk);
  }
  cursor.up();
  for (const branch of branches.toReversed()) otherwise = [toIf(branch, end, otherwise)];
  out.push(toIf(head, end, otherwise));
};

function toIf({ start, test, then }: Branch, end: number, otherwise: readonly Stmt[]): If {
  // oxlint-disable-next-line unicorn/no-thenable -- the model's word, and never a function
  return { kind: "if", start, end, test, then, otherwise };
}

type Branch = Pick<If, "start" | "test" | "then">;

/** From the condition to the block; the cursor stays at the last of them. */
function lowerBranch(walk: Walk, start: number): Branch {
  const { cursor, grammar } = walk;
  const test = lowerExpression(walk);
  const then = cursor.next() && cursor.type === grammar.id.block ? lowerBlock(walk) : [];
  // oxlint-disable-next-line unicorn/no-thenable -- the model's word, and never a function
  return { start, test, then };
}

function lowerElif(walk: Walk, branches: Branch[]): void {
  const { cursor } = walk;
  const { start } = cursor;
  if (walk.depth + branches.length >= deepest) {
    cut(walk);
    return;
  }
  if (!cursor.down()) return;
  branches.push(lowerBranch(walk, start));
  cursor.up();
}

/** The block of `else`, `finally` and the like. */
function lowerClause(walk: Walk): Stmt[] {
  const { cursor, grammar } = walk;
  let body: Stmt[] = [];
  if (!cursor.down()) return body;
  do if (cursor.type === grammar.id.block) body = lowerBlock(walk);
  while (cursor.next());
  cursor.up();
  return body;
}

/** What stands before a statement's block, and its blocks. */
interface Parts {
  readonly head: readonly Expr[];
  readonly headEnd: number;
  readonly body: readonly Stmt[];
  readonly otherwise: readonly Stmt[];
}

function lowerParts(walk: Walk): Parts {
  const { cursor, grammar } = walk;
  const head: Expr[] = [];
  let headEnd = cursor.start;
  let body: readonly Stmt[] = [];
  let otherwise: readonly Stmt[] = [];
  if (cursor.down()) {
    do {
      if (cursor.type === grammar.id.block) body = lowerBlock(walk);
      else if (cursor.type === grammar.id.else_clause) otherwise = lowerClause(walk);
      else {
        headEnd = cursor.end;
        head.push(lowerExpression(walk));
      }
    } while (cursor.next());
    cursor.up();
  }
  return { head, headEnd, body, otherwise };
}

const forStatement: LowerStmt = (walk, out) => {
  const { cursor, text } = walk;
  const { start, end } = cursor;
  const isAsync = text.startsWith("async", start);
  const { head, headEnd, body, otherwise } = lowerParts(walk);
  const [target = opaque(headEnd, headEnd), iterable = opaque(headEnd, headEnd)] = head;
  out.push({ kind: "for", start, end, target, iterable, body, otherwise, isAsync, headEnd });
};

const whileStatement: LowerStmt = (walk, out) => {
  const { start, end } = walk.cursor;
  const { head, headEnd, body, otherwise } = lowerParts(walk);
  const [test = opaque(headEnd, headEnd)] = head;
  out.push({ kind: "while", start, end, test, body, otherwise, headEnd });
};

const withStatement: LowerStmt = (walk, out) => {
  const { cursor, grammar, text } = walk;
  const { start, end } = cursor;
  const isAsync = text.startsWith("async", start);
  const items: With["items"][number][] = [];
  let body: readonly Stmt[] = [];
  if (cursor.down()) {
    do {
      if (cursor.type === grammar.id.block) body = lowerBlock(walk);
      else if (cursor.type === grammar.id.with_clause) lowerItems(walk, items);
    } while (cursor.next());
    cursor.up();
  }
  out.push({ kind: "with", start, end, items, body, isAsync });
};

function lowerItems(walk: Walk, items: With["items"][number][]): void {
  const { cursor } = walk;
  if (!cursor.down()) return;
  do {
    if (!cursor.down()) continue;
    const { value, alias } = lowerAliased(walk);
    items.push({ context: value, target: alias });
    cursor.up();
  } while (cursor.next());
  cursor.up();
}

/** `value as alias`, parenthesised or not, or a value alone. */
function lowerAliased(walk: Walk): { readonly value: Expr; readonly alias: Expr | null } {
  const { cursor, grammar } = walk;
  let levels = 0;
  while (cursor.type === grammar.id.parenthesized_expression && cursor.down()) levels++;
  const isAliased = cursor.type === grammar.id.as_pattern && cursor.down();
  if (isAliased) levels++;
  const value = lowerExpression(walk);
  const alias = isAliased && cursor.next() ? lowerExpression(walk) : null;
  for (; levels > 0; levels--) cursor.up();
  return { value, alias };
}

const tryStatement: LowerStmt = (walk, out) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const { id } = grammar;
  const handlers: Handler[] = [];
  let body: readonly Stmt[] = [];
  let otherwise: readonly Stmt[] = [];
  let final: readonly Stmt[] = [];
  if (!cursor.down()) return;
  do {
    if (cursor.type === id.block) body = lowerBlock(walk);
    else if (cursor.type === id.except_clause) handlers.push(lowerHandler(walk));
    else if (cursor.type === id.else_clause) otherwise = lowerClause(walk);
    else if (cursor.type === id.finally_clause) final = lowerClause(walk);
  } while (cursor.next());
  cursor.up();
  out.push({ kind: "try", start, end, body, handlers, otherwise, finally: final });
};

/** Python 2's `except Error, name` is read as an alias too. */
function lowerHandler(walk: Walk): Handler {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  let type: Expr | null = null;
  let alias: Expr | null = null;
  let body: readonly Stmt[] = [];
  if (cursor.down()) {
    do {
      if (cursor.type === grammar.id.block) body = lowerBlock(walk);
      else if (type === null) ({ value: type, alias } = lowerAliased(walk));
      else alias = lowerExpression(walk);
    } while (cursor.next());
    cursor.up();
  }
  return { start, end, type, name: alias?.kind === "name" ? alias.name : null, body };
}

const matchStatement: LowerStmt = (walk, out) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const subjects: Expr[] = [];
  const cases: MatchCase[] = [];
  if (!cursor.down()) return;
  do {
    if (cursor.type === grammar.id.block) lowerCases(walk, cases);
    else subjects.push(lowerExpression(walk));
  } while (cursor.next());
  cursor.up();
  const from = subjects[0]?.start ?? start;
  const subject = tupleOf(subjects, from, subjects.at(-1)?.end ?? from);
  out.push({ kind: "match", start, end, subject, cases } satisfies Match);
};

function lowerCases(walk: Walk, cases: MatchCase[]): void {
  const { cursor, grammar } = walk;
  if (!cursor.down()) return;
  do if (cursor.type === grammar.id.case_clause) cases.push(lowerCase(walk));
  while (cursor.next());
  cursor.up();
}

function lowerCase(walk: Walk): MatchCase {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const binds: string[] = [];
  const values: Expr[] = [];
  let guard: Expr | null = null;
  let body: readonly Stmt[] = [];
  if (cursor.down()) {
    do {
      if (cursor.type === grammar.id.block) body = lowerBlock(walk);
      else if (cursor.type === grammar.id.if_clause) guard = lowerOnlyChild(walk);
      else lowerPattern(walk, { binds, values });
    } while (cursor.next());
    cursor.up();
  }
  return { start, end, binds, values, guard, body };
}

export const compound: Readonly<Record<string, LowerStmt>> = {
  if_statement: ifStatement,
  for_statement: forStatement,
  while_statement: whileStatement,
  with_statement: withStatement,
  try_statement: tryStatement,
  match_statement: matchStatement,
};
