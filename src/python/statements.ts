import type { Expr, Jump, Scope, Stmt } from "../model/index.ts";
import { between, lowerChildren, lowerExpression, lowerUnknown, opaque, tupleOf } from "./walk.ts";
import type { LowerStmt, Walk } from "./walk.ts";

const expressionStatement: LowerStmt = (walk, out) => {
  const { cursor, grammar, text } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return;
  const lower = grammar.statements[cursor.type];
  if (lower !== undefined) {
    lower(walk, out);
    cursor.up();
    return;
  }
  const items: Expr[] = [];
  do items.push(lowerExpression(walk));
  while (cursor.next());
  cursor.up();
  const isTuple = items.length > 1 || text.charAt(end - 1) === ",";
  const value: Expr = isTuple ? { kind: "sequence", start, end, type: "tuple", items } : tupleOf(items, start, end);
  // A docstring, or another string that does nothing.
  if (value.kind !== "str") out.push({ kind: "expr", start, end, value });
};

/** `a = b = value` nests to the right in the tree: it is descended, not recursed. */
const assignment: LowerStmt = (walk, out) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const targets: Expr[] = [];
  let annotation: Expr | null = null;
  let value: Expr | null = null;
  let levels = 0;
  let isOpen = true;
  while (isOpen && cursor.down()) {
    levels++;
    isOpen = false;
    targets.push(lowerExpression(walk));
    while (!isOpen && cursor.next()) {
      if (cursor.type === grammar.id.assignment) isOpen = true;
      else if (cursor.type === grammar.id.type) annotation = lowerExpression(walk);
      else value = lowerExpression(walk);
    }
  }
  for (; levels > 0; levels--) cursor.up();
  out.push({ kind: "assign", start, end, targets, annotation, value });
};

const augmented: LowerStmt = (walk, out) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return;
  const from = cursor.end;
  const target = lowerExpression(walk);
  const hasValue = cursor.next();
  const operator = between(walk, from, cursor.start).replace(/=$/, "");
  const value = hasValue ? lowerExpression(walk) : opaque(end, end);
  cursor.up();
  out.push({ kind: "augment", start, end, target, operator, value });
};

const returned: LowerStmt = (walk, out) => {
  const { start, end } = walk.cursor;
  const [value = null] = lowerChildren(walk);
  out.push({ kind: "return", start, end, value });
};

/** The cause (`raise error from cause`) is of no interest to data flow. */
const raised: LowerStmt = (walk, out) => {
  const { start, end } = walk.cursor;
  const [value = null] = lowerChildren(walk);
  out.push({ kind: "raise", start, end, value });
};

/** Python defines `assert test, message` as `if not test: raise AssertionError(message)`. */
const asserted: LowerStmt = (walk, out) => {
  const { start, end } = walk.cursor;
  const [operand = opaque(end, end), value = null] = lowerChildren(walk);
  const test: Expr = { kind: "not", start: operand.start, end: operand.end, operand };
  const at = value ?? { start: end, end };
  const then: readonly Stmt[] = [{ kind: "raise", start: at.start, end: at.end, value }];
  // oxlint-disable-next-line unicorn/no-thenable -- the model's word, and never a function
  out.push({ kind: "if", start, end, test, then, otherwise: [] });
};

const deleted: LowerStmt = (walk, out) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return;
  const targets = cursor.type === grammar.id.expression_list ? lowerChildren(walk) : [lowerExpression(walk)];
  cursor.up();
  out.push({ kind: "delete", start, end, targets });
};

function jump(type: Jump["type"]): LowerStmt {
  return ({ cursor }, out) => {
    out.push({ kind: "jump", start: cursor.start, end: cursor.end, type });
  };
}

function scope(type: Scope["type"]): LowerStmt {
  return (walk, out) => {
    const { start, end } = walk.cursor;
    out.push({ kind: "scope", start, end, type, names: lowerNames(walk) });
  };
}

function lowerNames({ cursor, text }: Walk): string[] {
  const names: string[] = [];
  if (!cursor.down()) return names;
  do names.push(text.slice(cursor.start, cursor.end));
  while (cursor.next());
  cursor.up();
  return names;
}

/** `type X[T] = value` binds `X`; the type parameters are left out. */
const typeAlias: LowerStmt = (walk, out) => {
  const { start, end } = walk.cursor;
  const [left = opaque(start, start), value = null] = lowerChildren(walk);
  const target = left.kind === "subscript" ? left.object : left;
  out.push({ kind: "assign", start, end, targets: [target], annotation: null, value });
};

/** `print` and `exec` of Python 2. */
const python2: LowerStmt = (walk, out) => {
  const value = lowerUnknown(walk);
  out.push({ kind: "expr", start: value.start, end: value.end, value });
};

export const statements: Readonly<Record<string, LowerStmt>> = {
  expression_statement: expressionStatement,
  assignment,
  augmented_assignment: augmented,
  return_statement: returned,
  raise_statement: raised,
  assert_statement: asserted,
  delete_statement: deleted,
  pass_statement: jump("pass"),
  break_statement: jump("break"),
  continue_statement: jump("continue"),
  global_statement: scope("global"),
  nonlocal_statement: scope("nonlocal"),
  type_alias_statement: typeAlias,
  print_statement: python2,
  exec_statement: python2,
};
