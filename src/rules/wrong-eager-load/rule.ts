import { isReverseOfUnique } from "../../django/reverse-fields.ts";
import { otherMethodFix } from "../../fixes/drop-load.ts";
import { distinctBy } from "../../model/group-by.ts";
import type { EagerLoad, Expr, Field, FindingDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { isBeforeValues } from "../before-values.ts";
import { calledName } from "../chains.ts";
import { functionAt } from "../code.ts";
import { dotted, holderName, modelName } from "../names.ts";
import { relationPath } from "../relation-path.ts";
import { isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "wrong-eager-load",
    chapter: "3.2",
    summary: "A join where a prefetch is needed, or the other way round",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => unique(input.facts.eagerLoads).flatMap((one) => judge(one, input)),
};

function unique(loads: readonly EagerLoad[]): EagerLoad[] {
  return distinctBy(loads, (one) => `${one.span.file}:${one.span.start}`);
}

function judge(one: EagerLoad, input: RuleInput): FindingDraft[] {
  const path = relationPath(one.origin.model, one.path, input);
  if (path === null || !isLiteral(one, input) || isBeforeValues(one)) return [];
  if (one.method === "select_related") return refusedJoin(one, path, input);
  return neededPrefetch(one, path, input);
}

/** A path in a `Prefetch` has a queryset of its own. */
function isLiteral(one: EagerLoad, input: RuleInput): boolean {
  return /^[rRbBuU]?["']/.test(input.text(one.span.file).slice(one.span.start, one.span.start + 3));
}

/** The function that names the path, which may not be the one that began the queryset. */
function holderOf({ origin, span }: EagerLoad, input: RuleInput): string {
  const def = functionAt(pathTo(input.program, span));
  const isElsewhere = def?.kind === "function" && (span.file !== origin.span.file || !isWithin(origin.span, { ...span, start: def.start, end: def.end }));
  return isElsewhere ? def.name : holderName(origin.symbol, input.program);
}

/** `select_related` over a relation to many rows is an error in Django. */
function refusedJoin(one: EagerLoad, path: readonly Field[], input: RuleInput): FindingDraft[] {
  const many = path.find((field) => (field.relation?.single === false && !isReverseOfUnique(field, input.graph)) || field.relation?.kind === "generic-fk");
  if (many === undefined) return [];
  return [
    draft(one, {
      severity: "error",
      confidence: "likely",
      claim: `\`select_related("${one.path}")\` in \`${holderOf(one, input)}\` raises FieldError: \`${many.name}\` is not a single row that a join can add.`,
      reason: "A join can only add a row that each row has at most one of.",
      remedy: `Use \`prefetch_related("${one.path}")\`.`,
      doubt: "the queryset is never evaluated",
      fixes: otherMethodFix(one, input),
    }),
  ];
}

/** Rows of a one-to-one relation are never shared: a join gives the same in one query less. */
function neededPrefetch(one: EagerLoad, path: readonly Field[], input: RuleInput): FindingDraft[] {
  const kinds = path.map((field) => field.relation?.kind);
  const isOneToOne = kinds.every((kind) => kind === "o2o" || kind === "o2o-reverse");
  const isSingleRow = kinds.every((kind) => kind === "fk" || kind === "o2o" || kind === "o2o-reverse") && isOneRow(one, input);
  if ((!isOneToOne && !isSingleRow) || isGrouped(one)) return [];
  if (one.origin.kind !== "manager" || input.facts.eagerLoads.some((other) => other.origin.id === one.origin.id && other.path.startsWith(`${one.path}__`)))
    return [];
  const why = isOneToOne ? "each row has its own" : "only one row is fetched";
  return [
    draft(one, {
      confidence: isOneToOne ? "likely" : "possible",
      claim: `\`${holderOf(one, input)}\` prefetches \`${dotted(one.path)}\` of \`${modelName(one.origin.model)}\`, though ${why}: a join saves a query.`,
      reason: "A prefetch pays off where rows share their targets or have many; here it is one more round trip for the same rows.",
      remedy: `Use \`select_related("${one.path}")\`.`,
      doubt: "a wide related row that is mostly missing may be cheaper to prefetch",
      fixes: otherMethodFix(one, input),
    }),
  ];
}

/** `annotate(size=Count("lines"))`: a join would carry the related columns through the grouping, once per row that is counted. */
function isGrouped({ origin }: EagerLoad): boolean {
  return origin.calls.some(({ name, args, keywords }) => name === "annotate" && ![...args, ...keywords.map(({ value }) => value)].every(isOfOneRow));
}

/** Expressions that are worked out row by row, and those that ask by themselves. */
const ROW_WISE: ReadonlySet<string> = new Set([
  "F",
  "Value",
  "Q",
  "Case",
  "When",
  "Coalesce",
  "Concat",
  "Cast",
  "Lower",
  "Upper",
  "Length",
  "ExpressionWrapper",
]);
const ASKED_APART: ReadonlySet<string> = new Set(["Exists", "Subquery"]);

/** No part of it is an aggregate, as far as its text tells. */
function isOfOneRow(expr: Expr): boolean {
  switch (expr.kind) {
    case "str":
    case "num":
    case "constant":
      return true;
    case "binary":
      return isOfOneRow(expr.left) && isOfOneRow(expr.right);
    case "call": {
      const name = calledName(expr);
      if (name !== null && ASKED_APART.has(name)) return true;
      return name !== null && ROW_WISE.has(name) && [...expr.args, ...expr.keywords.map(({ value }) => value)].every(isOfOneRow);
    }
    default:
      return false;
  }
}

const ONE_ROW: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest"]);

function isOneRow(one: EagerLoad, input: RuleInput): boolean {
  if (one.origin.escapes) return false;
  const runs: readonly QueryRun[] = input.facts.runs.filter((run) => run.origin.id === one.origin.id && run.givesRows);
  return runs.length > 0 && runs.every((run) => ONE_ROW.has(run.how));
}

type Words = Pick<FindingDraft, "claim" | "reason" | "remedy" | "doubt" | "fixes"> & Partial<Pick<FindingDraft, "severity" | "confidence">>;

function draft(one: EagerLoad, words: Words): FindingDraft {
  return {
    key: [one.origin.symbol, one.origin.model, one.method, one.path],
    ...words,
    model: one.origin.model,
    relation: one.path,
    places: [{ role: "queryset", span: one.span }],
  };
}
