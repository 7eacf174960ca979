import type { Expr } from "../model/index.ts";
import { lowerParameters } from "./parameters.ts";
import { between, lowerChildren, lowerExpression, lowerOnlyChild, lowerUnknown, opaque, tupleOf } from "./walk.ts";
import type { Arguments, LowerExpr, Walk } from "./walk.ts";

const identifier: LowerExpr = ({ cursor, text }) => {
  const { start, end } = cursor;
  return { kind: "name", start, end, name: text.slice(start, end) };
};

const attribute: LowerExpr = (walk) => {
  const { cursor, text } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  const object = lowerExpression(walk);
  const hasName = cursor.next();
  const nameStart = cursor.start;
  const nameEnd = cursor.end;
  cursor.up();
  if (!hasName) return opaque(start, end, [object]);
  return { kind: "attribute", start, end, object, name: text.slice(nameStart, nameEnd), nameStart };
};

const call: LowerExpr = (walk) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  const callee = lowerExpression(walk);
  const { args, keywords } = cursor.next() ? lowerArguments(walk) : noArguments;
  cursor.up();
  return { kind: "call", start, end, callee, args, keywords };
};

const noArguments: Arguments = { args: [], keywords: [] };

/** Lowers an `argument_list`, or the bare generator of `sum(x for x in y)`. */
export function lowerArguments(walk: Walk): Arguments {
  const { cursor, grammar } = walk;
  if (cursor.type !== grammar.id.argument_list) return { args: [lowerExpression(walk)], keywords: [] };
  const args: Expr[] = [];
  const keywords: { name: string; value: Expr }[] = [];
  if (!cursor.down()) return noArguments;
  do {
    const { type } = cursor;
    if (type === grammar.id.keyword_argument) lowerKeyword(walk, keywords);
    else if (type === grammar.id.dictionary_splat) keywords.push({ name: "", value: lowerOnlyChild(walk) });
    else args.push(lowerExpression(walk));
  } while (cursor.next());
  cursor.up();
  return { args, keywords };
}

function lowerKeyword(walk: Walk, out: { name: string; value: Expr }[]): void {
  const { cursor, text } = walk;
  if (!cursor.down()) return;
  const name = text.slice(cursor.start, cursor.end);
  if (cursor.next()) out.push({ name, value: lowerExpression(walk) });
  cursor.up();
}

const subscript: LowerExpr = (walk) => {
  const { cursor, text } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  const object = lowerExpression(walk);
  const items: Expr[] = [];
  let first = end;
  let last = end;
  while (cursor.next()) {
    if (items.length === 0) first = cursor.start;
    last = cursor.end;
    items.push(lowerExpression(walk));
  }
  cursor.up();
  const [only] = items;
  if (only === undefined) return opaque(start, end, [object]);
  const isTuple = items.length > 1 || text.slice(last, end).includes(",");
  const index: Expr = isTuple ? { kind: "sequence", start: first, end: last, type: "tuple", items } : only;
  return { kind: "subscript", start, end, object, index };
};

const slice: LowerExpr = (walk) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  const parts: [Expr | null, Expr | null, Expr | null] = [null, null, null];
  let place = 0;
  let from = start;
  if (cursor.down()) {
    do {
      place += between(walk, from, cursor.start).length;
      from = cursor.end;
      if (place < parts.length) parts[place] = lowerExpression(walk);
    } while (cursor.next());
    cursor.up();
  }
  const [lower, upper, step] = parts;
  return { kind: "slice", start, end, lower, upper, step };
};

const not: LowerExpr = (walk) => {
  const { start, end } = walk.cursor;
  return { kind: "not", start, end, operand: lowerOnlyChild(walk) };
};

const unary: LowerExpr = (walk) => {
  const { start, end } = walk.cursor;
  return {
    kind: "unary",
    start,
    end,
    operator: walk.text.charAt(start),
    operand: lowerOnlyChild(walk),
  };
};

const binary: LowerExpr = (walk) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  const leftEnd = cursor.end;
  const left = lowerExpression(walk);
  const hasRight = cursor.next();
  const operator = between(walk, leftEnd, cursor.start);
  const right = hasRight ? lowerExpression(walk) : null;
  cursor.up();
  if (right === null) return opaque(start, end, [left]);
  return { kind: "binary", start, end, operator, left, right };
};

/** `a and b and c` nests to the left in the tree, and may do so a thousand times: it is climbed, not recursed. */
const boolean: LowerExpr = (walk) => {
  const { cursor, grammar } = walk;
  const { start } = cursor;
  const ends: number[] = [];
  while (cursor.type === grammar.id.boolean_operator) {
    const { end } = cursor;
    if (!cursor.down()) break;
    ends.push(end);
  }
  if (ends.length === 0) return lowerUnknown(walk);
  let leftEnd = cursor.end;
  let result = lowerExpression(walk);
  let open: Expr[] | null = null;
  let operator = "";
  for (const end of ends.toReversed()) {
    if (cursor.next()) {
      const isOr = between(walk, leftEnd, cursor.start) === "or";
      const right = lowerExpression(walk);
      if (open === null || operator !== (isOr ? "or" : "and")) open = [result, right];
      else open.push(right);
      operator = isOr ? "or" : "and";
      result = { kind: "bool", start, end, operator: isOr ? "or" : "and", items: open };
    }
    leftEnd = end;
    cursor.up();
  }
  return result;
};

const comparison: LowerExpr = (walk) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  let from = cursor.end;
  const left = lowerExpression(walk);
  const operators: string[] = [];
  const rights: Expr[] = [];
  while (cursor.next()) {
    operators.push(between(walk, from, cursor.start).replace(/\s+/g, " "));
    from = cursor.end;
    rights.push(lowerExpression(walk));
  }
  cursor.up();
  if (rights.length === 0) return opaque(start, end, [left]);
  return { kind: "compare", start, end, left, operators, rights };
};

const conditional: LowerExpr = (walk) => {
  const { start, end } = walk.cursor;
  const parts = lowerChildren(walk);
  const [then, test, otherwise] = parts;
  if (then === undefined || test === undefined || otherwise === undefined) return opaque(start, end, parts);
  // oxlint-disable-next-line unicorn/no-thenable -- the model's word, and never a function
  return { kind: "conditional", start, end, test, then, otherwise };
};

const lambda: LowerExpr = (walk) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const { yields } = walk;
  if (!cursor.down()) return opaque(start, end);
  const hasParams = cursor.type === grammar.id.lambda_parameters;
  const params = hasParams ? lowerParameters(walk) : [];
  const body = hasParams && !cursor.next() ? opaque(end, end) : lowerExpression(walk);
  cursor.up();
  walk.yields = yields;
  return { kind: "lambda", start, end, params, body };
};

const awaited: LowerExpr = (walk) => {
  const { start, end } = walk.cursor;
  return { kind: "await", start, end, value: lowerOnlyChild(walk) };
};

const yielded: LowerExpr = (walk) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  walk.yields = true;
  if (!cursor.down()) return { kind: "yield", start, end, value: null, from: false };
  const from = between(walk, start + "yield".length, cursor.start) === "from";
  const value = lowerExpression(walk);
  cursor.up();
  return { kind: "yield", start, end, value, from };
};

const star: LowerExpr = (walk) => {
  const { start, end } = walk.cursor;
  return { kind: "star", start, end, value: lowerOnlyChild(walk) };
};

const walrus: LowerExpr = (walk) => {
  const { cursor, text } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  const name = text.slice(cursor.start, cursor.end);
  const value = cursor.next() ? lowerExpression(walk) : opaque(end, end);
  cursor.up();
  return { kind: "walrus", start, end, name, value };
};

const parenthesized: LowerExpr = (walk) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  let levels = 0;
  while (cursor.type === grammar.id.parenthesized_expression && cursor.down()) levels++;
  const inner = levels === 0 ? opaque(start, end) : lowerExpression(walk);
  for (; levels > 0; levels--) cursor.up();
  return inner;
};

/** `x[int]` and `type X[T]`, where the grammar reads an annotation. */
const genericType: LowerExpr = (walk) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return opaque(start, end);
  const object = lowerExpression(walk);
  const hasIndex = cursor.next();
  const from = cursor.start;
  const to = cursor.end;
  const items = hasIndex ? lowerChildren(walk) : [];
  cursor.up();
  if (items.length === 0) return opaque(start, end, [object]);
  return { kind: "subscript", start, end, object, index: tupleOf(items, from + 1, to - 1) };
};

const number: LowerExpr = ({ cursor, text }) => {
  const { start, end } = cursor;
  const literal = text.slice(start, end).replace(/_/g, "").toLowerCase();
  const value = Number(/^0\d+$/.test(literal) ? `0o${literal}` : literal.replace(/l$/, ""));
  return Number.isNaN(value) ? opaque(start, end) : { kind: "num", start, end, value };
};

function constant(value: "none" | "true" | "false" | "ellipsis"): LowerExpr {
  return ({ cursor }) => ({ kind: "constant", start: cursor.start, end: cursor.end, value });
}

/** `value as name` where only its value counts. */
const asPattern: LowerExpr = (walk) => {
  const { start, end } = walk.cursor;
  return opaque(start, end, [lowerOnlyChild(walk)]);
};

export const expressions: Readonly<Record<string, LowerExpr>> = {
  identifier,
  attribute,
  member_type: attribute,
  call,
  subscript,
  generic_type: genericType,
  slice,
  not_operator: not,
  unary_operator: unary,
  binary_operator: binary,
  union_type: binary,
  boolean_operator: boolean,
  comparison_operator: comparison,
  conditional_expression: conditional,
  lambda,
  await: awaited,
  yield: yielded,
  list_splat: star,
  list_splat_pattern: star,
  dictionary_splat: star,
  dictionary_splat_pattern: star,
  splat_type: star,
  named_expression: walrus,
  parenthesized_expression: parenthesized,
  type: lowerOnlyChild,
  as_pattern: asPattern,
  as_pattern_target: lowerOnlyChild,
  integer: number,
  float: number,
  true: constant("true"),
  false: constant("false"),
  none: constant("none"),
  ellipsis: constant("ellipsis"),
};
