import type { Comprehension, ComprehensionClause, Expr, Sequence } from "../model/index.ts";
import { lowerChildren, lowerExpression, lowerOnlyChild, opaque, tupleOf } from "./walk.ts";
import type { LowerExpr, Walk } from "./walk.ts";

function sequence(type: Sequence["type"]): LowerExpr {
  return (walk) => {
    const { start, end } = walk.cursor;
    return { kind: "sequence", start, end, type, items: lowerChildren(walk) };
  };
}

const dictionary: LowerExpr = (walk) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const entries: { key: Expr | null; value: Expr }[] = [];
  if (cursor.down()) {
    do {
      if (cursor.type === grammar.id.pair) entries.push(lowerPair(walk));
      else entries.push({ key: null, value: lowerOnlyChild(walk) });
    } while (cursor.next());
    cursor.up();
  }
  return { kind: "dict", start, end, entries };
};

function lowerPair(walk: Walk): { readonly key: Expr; readonly value: Expr } {
  const { start, end } = walk.cursor;
  const [key = opaque(start, start), value = opaque(end, end)] = lowerChildren(walk);
  return { key, value };
}

function comprehension(type: Comprehension["type"]): LowerExpr {
  return (walk) => {
    const { cursor, grammar } = walk;
    const { start, end } = cursor;
    if (!cursor.down()) return opaque(start, end);
    const isPair = cursor.type === grammar.id.pair;
    const { key: element, value } = isPair ? lowerPair(walk) : { key: lowerExpression(walk), value: null };
    const clauses = lowerClauses(walk);
    cursor.up();
    return { kind: "comprehension", start, end, type, element, value, clauses };
  };
}

/** A clause extends to the end of its conditions. */
function lowerClauses(walk: Walk): ComprehensionClause[] {
  const { cursor, grammar } = walk;
  const clauses: ComprehensionClause[] = [];
  while (cursor.next()) {
    const { end } = cursor;
    const last = clauses.at(-1);
    if (cursor.type === grammar.id.for_in_clause) clauses.push(lowerClause(walk));
    else if (last !== undefined) {
      clauses[clauses.length - 1] = {
        ...last,
        end,
        conditions: [...last.conditions, lowerOnlyChild(walk)],
      };
    }
  }
  return clauses;
}

function lowerClause(walk: Walk): ComprehensionClause {
  const { cursor, text } = walk;
  const { start, end } = cursor;
  const isAsync = text.startsWith("async", start);
  const [target = opaque(start, start), ...iterables] = lowerChildren(walk);
  const iterable = tupleOf(iterables, iterables[0]?.start ?? end, end);
  return { start, end, target, iterable, conditions: [], isAsync };
}

export const collections: Readonly<Record<string, LowerExpr>> = {
  list: sequence("list"),
  list_pattern: sequence("list"),
  set: sequence("set"),
  tuple: sequence("tuple"),
  tuple_pattern: sequence("tuple"),
  pattern_list: sequence("tuple"),
  expression_list: sequence("tuple"),
  dictionary,
  list_comprehension: comprehension("list"),
  set_comprehension: comprehension("set"),
  dictionary_comprehension: comprehension("dict"),
  generator_expression: comprehension("generator"),
};
