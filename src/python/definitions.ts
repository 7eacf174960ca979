import type { ClassDef, Expr, FunctionDef, Stmt } from "../model/index.ts";
import { lowerBlock } from "./blocks.ts";
import { lowerArguments } from "./expressions.ts";
import { lowerParameters } from "./parameters.ts";
import { lowerExpression, lowerOnlyChild } from "./walk.ts";
import type { Arguments, LowerStmt, Walk } from "./walk.ts";

/** Decorators stand before the definition's own span. */
const decorated: LowerStmt = (walk, out) => {
  const { cursor, grammar } = walk;
  const decorators: Expr[] = [];
  if (!cursor.down()) return;
  do {
    if (cursor.type === grammar.id.decorator) decorators.push(lowerOnlyChild(walk));
    else if (cursor.type === grammar.id.class_definition) out.push(lowerClass(walk, decorators));
    else if (cursor.type === grammar.id.function_definition) out.push(lowerFunction(walk, decorators));
  } while (cursor.next());
  cursor.up();
};

function lowerFunction(walk: Walk, decorators: readonly Expr[]): FunctionDef {
  const { cursor, grammar, text } = walk;
  const { start, end } = cursor;
  const { id } = grammar;
  const { yields } = walk;
  const isAsync = text.startsWith("async", start);
  let name: string | null = null;
  let params: FunctionDef["params"] = [];
  let returns: Expr | null = null;
  let body: readonly Stmt[] = [];
  let headEnd = start;
  let isGenerator = false;
  if (cursor.down()) {
    do {
      const { type } = cursor;
      if (type !== id.block) headEnd = cursor.end;
      if (type === id.block) {
        walk.yields = false;
        body = lowerBlock(walk);
        isGenerator = walk.yields;
      } else if (type === id.parameters) params = lowerParameters(walk);
      else if (type === id.type) returns = lowerExpression(walk);
      else if (name === null) name = text.slice(cursor.start, cursor.end);
    } while (cursor.next());
    cursor.up();
  }
  walk.yields = yields;
  const def = {
    start,
    end,
    name: name ?? "",
    params,
    decorators,
    returns,
    isAsync,
    isGenerator,
    headEnd,
    body,
  };
  return { kind: "function", ...def };
}

function lowerClass(walk: Walk, decorators: readonly Expr[]): ClassDef {
  const { cursor, grammar, text } = walk;
  const { start, end } = cursor;
  const { id } = grammar;
  let name: string | null = null;
  let bases: Arguments = { args: [], keywords: [] };
  let body: readonly Stmt[] = [];
  let headEnd = start;
  if (cursor.down()) {
    do {
      const { type } = cursor;
      if (type !== id.block) headEnd = cursor.end;
      if (type === id.block) body = lowerBlock(walk);
      else if (type === id.argument_list) bases = lowerArguments(walk);
      else if (name === null) name = text.slice(cursor.start, cursor.end);
    } while (cursor.next());
    cursor.up();
  }
  const { args, keywords } = bases;
  return {
    kind: "class",
    start,
    end,
    name: name ?? "",
    bases: args,
    keywords,
    decorators,
    headEnd,
    body,
  };
}

export const definitions: Readonly<Record<string, LowerStmt>> = {
  decorated_definition: decorated,
  function_definition: (walk, out) => void out.push(lowerFunction(walk, [])),
  class_definition: (walk, out) => void out.push(lowerClass(walk, [])),
};
