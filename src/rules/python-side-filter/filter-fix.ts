/** Conditions of a comprehension on its row's own columns, as the lookups of `filter()` and `exclude()`. */
import { chainable } from "../../fixes/chain-edit.ts";
import type { Expr, FixDraft, Model, RuleInput } from "../../model/index.ts";
import { isNoneLiteral, nodesIn } from "../../python/syntax-tree.ts";
import { sourceText } from "../code.ts";
import type { RowLoop } from "../row-loops.ts";

interface Lookup {
  readonly method: "filter" | "exclude";
  readonly argument: string;
}

/** `[row for row in rows if row.paid]` becomes `[row for row in rows.filter(paid=True)]`. */
export function filterFix({ comprehension, model, target, conditions, run }: RowLoop, input: RuleInput): FixDraft[] {
  const [clause] = comprehension.clauses;
  const [condition, ...more] = conditions;
  const { file } = run.span;
  if (clause?.iterable.kind !== "call" || condition === undefined || more.length > 0) return [];
  const parts = condition.kind === "bool" && condition.operator === "and" ? condition.items : [condition];
  const lookups = parts.map((part) => lookupOf(part, target, model, (expr) => sourceText(input, file, expr)));
  const known = lookups.filter((one) => one !== null);
  if (known.length < lookups.length) return [];
  const calls = known.map(({ method, argument }) => `.${method}(${argument})`).join("");
  const joined = known.every(({ method }) => method === "filter") ? `.filter(${known.map(({ argument }) => argument).join(", ")})` : calls;
  return [
    {
      title: "Let the database choose the rows",
      safety: "review",
      edits: [
        {
          span: { file, start: clause.iterable.start, end: condition.end },
          text: `${chainable(sourceText(input, file, clause.iterable), model.label, input)}${joined}`,
        },
      ],
    },
  ];
}

const LOOKUPS: Readonly<Record<string, string>> = { "==": "", "<": "__lt", "<=": "__lte", ">": "__gt", ">=": "__gte", in: "__in" };

function lookupOf(expr: Expr, row: string, model: Model, source: (expr: Expr) => string): Lookup | null {
  if (expr.kind === "not") {
    const name = booleanColumn(expr.operand, row, model);
    return name === null ? null : { method: "filter", argument: `${name}=False` };
  }
  const flag = booleanColumn(expr, row, model);
  if (flag !== null) return { method: "filter", argument: `${flag}=True` };
  if (expr.kind !== "compare" || expr.operators.length !== 1) return null;
  const [operator = ""] = expr.operators;
  const [right] = expr.rights;
  const column = columnOf(expr.left, row, model);
  if (column === null || right === undefined || mentions(right, row)) return null;
  if (isNoneLiteral(right))
    return operator === "is" || operator === "is not" ? { method: "filter", argument: `${column.name}__isnull=${operator === "is" ? "True" : "False"}` } : null;
  const lookup = LOOKUPS[operator];
  if (lookup !== undefined) return { method: "filter", argument: `${column.name}${lookup}=${source(right)}` };
  // In Python NULL differs from every value; in SQL it does not.
  return operator === "!=" && !column.null ? { method: "exclude", argument: `${column.name}=${source(right)}` } : null;
}

/** A column whose truth is its value. */
function booleanColumn(expr: Expr, row: string, model: Model): string | null {
  const column = columnOf(expr, row, model);
  return column !== null && column.type.endsWith(".BooleanField") && !column.null ? column.name : null;
}

function columnOf(expr: Expr, row: string, model: Model): { readonly name: string; readonly type: string; readonly null: boolean } | null {
  if (expr.kind !== "attribute" || expr.object.kind !== "name" || expr.object.name !== row) return null;
  const field = [...model.fields.values()].find((one) => one.attname === expr.name);
  return field === undefined ? null : { name: expr.name, type: field.type, null: field.null };
}

/** The value is computed from the row. */
function mentions(expr: Expr, row: string): boolean {
  return [...nodesIn(expr)].some((node) => node.kind === "name" && node.name === row);
}
