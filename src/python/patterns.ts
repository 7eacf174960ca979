import type { Expr } from "../model/index.ts";
import { cut, deepest, lowerExpression, opaque } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** What a `case` pattern does: the names it binds and the expressions it reads. */
export interface PatternParts {
  readonly binds: string[];
  readonly values: Expr[];
}

/** Collects from any pattern node. */
export function lowerPattern(walk: Walk, parts: PatternParts): void {
  if (walk.depth >= deepest) {
    cut(walk);
    return;
  }
  walk.depth++;
  lowerAny(walk, parts);
  walk.depth--;
}

function lowerAny(walk: Walk, parts: PatternParts): void {
  const { cursor, grammar, text } = walk;
  const { id, literals } = grammar;
  const { type, start, end } = cursor;
  if (literals.has(type)) parts.values.push(lowerExpression(walk));
  else if (type === id.identifier) parts.binds.push(text.slice(start, end));
  else if (type === id.dotted_name) lowerDotted(walk, parts);
  else lowerInside(walk, parts);
}

/** A single name is bound, a dotted one is read. */
function lowerDotted(walk: Walk, parts: PatternParts): void {
  const value = lowerDottedName(walk);
  if (value.kind === "name") parts.binds.push(value.name);
  else parts.values.push(value);
}

/** The class of a class pattern is read; the name in a keyword pattern is neither read nor bound. */
function lowerInside(walk: Walk, parts: PatternParts): void {
  const { cursor, grammar } = walk;
  const isClass = cursor.type === grammar.id.class_pattern;
  const isKeyword = cursor.type === grammar.id.keyword_pattern;
  if (!cursor.down()) return;
  if (isClass) parts.values.push(lowerDottedName(walk));
  else if (!isKeyword) lowerPattern(walk, parts);
  while (cursor.next()) lowerPattern(walk, parts);
  cursor.up();
}

function lowerDottedName(walk: Walk): Expr {
  const { cursor, text } = walk;
  const { start, end } = cursor;
  let value: Expr = opaque(start, end);
  if (!cursor.down()) return value;
  value = lowerExpression(walk);
  while (cursor.next()) {
    const name = text.slice(cursor.start, cursor.end);
    value = {
      kind: "attribute",
      start,
      end: cursor.end,
      object: value,
      name,
      nameStart: cursor.start,
    };
  }
  cursor.up();
  return value;
}
