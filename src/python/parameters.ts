import type { Expr, Param } from "../model/index.ts";
import { lowerExpression } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** Lowers `parameters` or `lambda_parameters`. Separators (`/`, `*`) are not parameters. */
export function lowerParameters(walk: Walk): Param[] {
  const { cursor, grammar } = walk;
  const params: Param[] = [];
  let form: Param["form"] = "positional";
  if (!cursor.down()) return params;
  do {
    const { type } = cursor;
    if (type === grammar.id.keyword_separator) form = "keyword";
    else if (type !== grammar.id.positional_separator) {
      const param = lowerParameter(walk, form);
      if (param.form === "args") form = "keyword";
      params.push(param);
    }
  } while (cursor.next());
  cursor.up();
  return params;
}

function lowerParameter(walk: Walk, form: Param["form"]): Param {
  const { cursor, grammar } = walk;
  const { id } = grammar;
  const { type } = cursor;
  const hasParts = type === id.typed_parameter || type === id.default_parameter || type === id.typed_default_parameter;
  if (!hasParts || !cursor.down()) return { ...lowerName(walk, form), default: null, annotation: null };
  const name = lowerName(walk, form);
  let annotation: Expr | null = null;
  let value: Expr | null = null;
  while (cursor.next()) {
    if (cursor.type === id.type) annotation = lowerExpression(walk);
    else value = lowerExpression(walk);
  }
  cursor.up();
  return { ...name, default: value, annotation };
}

function lowerName({ cursor, grammar, text }: Walk, form: Param["form"]): Pick<Param, "name" | "form"> {
  const { type, start, end } = cursor;
  const written = text.slice(start, end);
  if (type === grammar.id.list_splat_pattern) return { name: written.replace(/^\*\s*/, ""), form: "args" };
  if (type === grammar.id.dictionary_splat_pattern) return { name: written.replace(/^\*\*\s*/, ""), form: "kwargs" };
  return { name: type === grammar.id.identifier ? written : "", form };
}
