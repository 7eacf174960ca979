import { addImport } from "../../fixes/add-import.ts";
import { chainable } from "../../fixes/chain-edit.ts";
import { fitText } from "../../fixes/fit-text.ts";
import { indentAt, lineStart, quoted, styleOf } from "../../fixes/source-text.ts";
import type { Expr, FindingDraft, FixDraft, Model, Rule, RuleInput, Span } from "../../model/index.ts";
import { moduleOf } from "../../python/syntax-tree.ts";
import { callAt, sourceText } from "../code.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { columnOf, conditionColumns } from "../own-columns.ts";
import { isFresh, rowLoops, type RowLoop } from "../row-loops.ts";
import { oncePerPlace } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: "python-side-aggregate",
    chapter: "2.2",
    summary: "Rows are fetched to be summed, counted or compared in Python",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => [...rowLoops(input).flatMap((loop) => toDrafts(loop, input)), ...valueDrafts(input)],
};

const AGGREGATES: Readonly<Record<string, string>> = { sum: "Sum", max: "Max", min: "Min" };

function toDrafts(loop: RowLoop, input: RuleInput): FindingDraft[] {
  const { parent, comprehension, run } = loop;
  if (parent?.kind !== "call" || parent.callee.kind !== "name" || parent.args[0] !== comprehension) return [];
  const aggregate = AGGREGATES[parent.callee.name];
  const columns = computedColumns(comprehension.element, loop.target, loop.model);
  const [column] = columns ?? [];
  const isPlain = comprehension.element.kind === "attribute";
  const conditions = loop.conditions.map((one) => conditionColumns(one, loop.target, loop.model));
  if (aggregate === undefined || column === undefined || conditions.some((one) => one === null)) return [];
  return [
    {
      key: [run.symbol, run.model, parent.callee.name, column],
      claim: `Every \`${loop.model.name}\` row is fetched for the \`${parent.callee.name}()\` of its ${[...new Set(columns)].map((one) => `\`${one}\``).join(" and ")}.`,
      reason: "The database computes it where the rows are, and sends one number.",
      remedy: isPlain
        ? `Use \`.aggregate(${aggregate}("${column}"))\`${aggregate === "Sum" ? "; with `default=0` for no rows" : ""}.`
        : `Use \`.aggregate(${aggregate}(…))\` with \`F("${column}")\` and the others.`,
      doubt: "floating point sums can differ in the last digit",
      model: run.model,
      places: [
        { role: "queryset", span: run.origin.span },
        { role: "access", span: { file: run.span.file, start: parent.start, end: parent.end }, label: "needs one number" },
      ],
      fixes:
        isPlain && parent.args.length + parent.keywords.length === 1 && conditions.length === 0
          ? aggregateFix(loop, { file: run.span.file, start: parent.start, end: parent.end }, aggregate, column, input)
          : [],
    },
  ];
}

/** Columns that arithmetic over one row reads, as the database could compute it: of two columns at least, or one by itself. */
function computedColumns(expr: Expr, target: string, model: Model): string[] | null {
  if (expr.kind === "num") return [];
  if (expr.kind !== "binary") return expr.kind === "attribute" ? columnOf(expr, target, model) : null;
  if (!ARITHMETIC.has(expr.operator)) return null;
  const sides = [expr.left, expr.right].map((side) => computedColumns(side, target, model));
  return sides.some((side) => side === null) ? null : sides.flatMap((side) => side ?? []);
}

/** Division is another one in Python than in SQL. */
const ARITHMETIC: ReadonlySet<string> = new Set(["+", "-", "*"]);

/** `sum(rows.values_list("total", flat=True))`. */
function valueDrafts(input: RuleInput): FindingDraft[] {
  const sums = input.facts.runs.filter((run) => isFresh(run) && run.origin.kind === "manager");
  return oncePerPlace(sums).flatMap((run) => {
    const call = callAt(input, run.span);
    const [rows, ...others] = call?.args ?? [];
    const column = rows === undefined ? null : flatColumn(rows);
    const name = call?.callee.kind === "name" ? call.callee.name : "";
    const aggregate = AGGREGATES[name];
    const model = input.graph.byLabel(run.model);
    if (
      call === null ||
      aggregate === undefined ||
      column === null ||
      others.length > 0 ||
      model === null ||
      !NUMBERS.test(model.fields.get(column)?.type ?? "")
    )
      return [];
    const draft: FindingDraft = {
      key: [run.symbol, run.model, name, column],
      claim: `The \`${column}\` of every \`${model.name}\` row is fetched for its \`${name}()\`.`,
      reason: "The database computes it where the rows are, and sends one number.",
      remedy: `Use \`.aggregate(${aggregate}("${column}"))\`${aggregate === "Sum" ? "; with `default=0` for no rows" : ""}.`,
      doubt: "floating point sums can differ in the last digit",
      model: run.model,
      places: [
        { role: "queryset", span: run.origin.span },
        { role: "access", span: { file: run.span.file, start: call.start, end: call.end }, label: "needs one number" },
      ],
      fixes: [],
    };
    return [draft];
  });
}

const NUMBERS = /(?:Integer|Decimal|Float|AutoField|Duration)/;

/** The column of `….values_list("total", flat=True)`, where nothing is chained on it. */
function flatColumn(expr: Expr): string | null {
  if (expr.kind !== "call" || expr.callee.kind !== "attribute" || expr.callee.name !== "values_list") return null;
  const [first, ...others] = expr.args;
  const isFlat = expr.keywords.some(({ name, value }) => name === "flat" && value.kind === "constant" && value.value === "true");
  return isFlat && others.length === 0 && first?.kind === "str" && !first.value.includes("__") ? first.value : null;
}

/** `sum(row.total for row in rows)` becomes `rows.aggregate(result=Sum("total", default=0))["result"]`. */
function aggregateFix({ comprehension, model }: RowLoop, span: Span, aggregate: string, column: string, input: RuleInput): FixDraft[] {
  const [clause] = comprehension.clauses;
  const module = moduleOf(input.program, span.file);
  // Without rows sum() is 0, max() and min() fail; only since Django 4.0 an aggregate can say what it is then.
  if (aggregate !== "Sum" || clause?.iterable.kind !== "call" || module === null || !isAtLeast(input.project.djangoVersion, 4, 0)) return [];
  const text = input.text(span.file);
  const style = styleOf(text, input.lineLength);
  const imported = addImport(module, text, "django.db.models", aggregate);
  const rows = chainable(sourceText(input, span.file, clause.iterable), model.label, input);
  const name = quoted("result", style);
  const call = fitText(
    `${rows}.aggregate(result=${imported.name}(${quoted(column, style)}, default=0))`,
    { column: span.start - lineStart(text, span.start), after: name.length + 2, indent: indentAt(text, span.start) },
    style,
  );
  return [{ title: "Let the database add them up", safety: "review", edits: [...imported.edits, { span, text: `${call}[${name}]` }] }];
}
