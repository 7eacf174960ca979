/** Chains of queryset methods as written, and the lookups in them. */
import type { ChainCall, Expr, Field, Keyword, Model, Origin, RuleInput, Span } from "../model/index.ts";

/** Calls that are written as one expression, first call first. */
export interface Chain {
  readonly origin: Origin;
  readonly model: Model;
  readonly calls: readonly ChainCall[];
  readonly span: Span;
}

/** The longest chains of each origin: a call's receiver ends where the call before it ends. */
export function chainsIn(input: RuleInput): Chain[] {
  return input.facts.origins.flatMap((origin) => {
    const model = input.graph.byLabel(origin.model);
    if (model === null) return [];
    const tips = origin.calls.filter((call) => !origin.calls.some((other) => other.file === call.file && other.dot === call.end && other.start === call.start));
    return tips.map((tip) => {
      const calls = chainTo(tip, origin.calls);
      return { origin, model, calls, span: { file: tip.file, start: tip.start, end: tip.end } };
    });
  });
}

/** The calls that lead to one, as they are written. */
export function chainTo(tip: ChainCall, calls: readonly ChainCall[]): ChainCall[] {
  const chain = [tip];
  for (;;) {
    const [head] = chain;
    const before = head === undefined ? undefined : calls.find((call) => call.file === head.file && call.end === head.dot && call.start === head.start);
    if (before === undefined || chain.includes(before)) return chain;
    chain.unshift(before);
  }
}

export function callSpan(call: ChainCall): Span {
  return { file: call.file, start: call.dot, end: call.end };
}

export interface Lookup {
  readonly keyword: Keyword;
  /** Fields along the path, as far as they are fields. */
  readonly fields: readonly Field[];
  /** What is left: transforms and the lookup's name. */
  readonly rest: readonly string[];
  /** The path up to its last many-valued step, `lines__product__tags`; empty when every step has one row. */
  readonly many: string;
}

/** Fields that a lookup path goes through. */
export function lookupOf(input: RuleInput, model: Model, path: string): Omit<Lookup, "keyword"> {
  const parts = path.split("__");
  const fields: Field[] = [];
  let at: Model | null = model;
  let many = 0;
  let used = 0;
  for (const part of parts) {
    const field: Field | null = at === null ? null : fieldNamed(at, part);
    if (field === null) break;
    fields.push(field);
    used++;
    if (field.relation !== null && !field.relation.single) many = used;
    at = field.relation?.target == null ? null : input.graph.byLabel(field.relation.target);
  }
  return { fields, rest: parts.slice(used), many: parts.slice(0, many).join("__") };
}

export function fieldNamed(model: Model, name: string): Field | null {
  const wanted = name === "pk" ? model.primaryKey : name;
  for (const field of model.fields.values()) {
    if (field.relation !== null ? field.queryName === wanted || field.attname === wanted : field.name === wanted) return field;
  }
  return null;
}

export function keywordLookups(input: RuleInput, model: Model, call: Pick<ChainCall, "keywords">): Lookup[] {
  return call.keywords.filter((one) => one.name !== "").map((keyword) => ({ keyword, ...lookupOf(input, model, keyword.name) }));
}

export function textArguments(call: ChainCall): readonly string[] {
  return call.args.flatMap((arg) => (arg.kind === "str" ? [arg.value] : []));
}

export function has(chain: Chain, ...names: string[]): boolean {
  return chain.calls.some((call) => names.includes(call.name));
}

/** `Count` of `Count(…)` and `models.Count(…)`. */
export function calledName(expr: Expr): string | null {
  if (expr.kind !== "call") return null;
  return expr.callee.kind === "name" || expr.callee.kind === "attribute" ? expr.callee.name : null;
}
