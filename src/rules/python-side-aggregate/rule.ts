import { addImport } from "../../fixes/add-import.ts";
import { chainable } from "../../fixes/chain-edit.ts";
import { fitText } from "../../fixes/fit-text.ts";
import { indentAt, lineStart, quoted, styleOf } from "../../fixes/source-text.ts";
import type { FindingDraft, FixDraft, Rule, RuleInput, Span } from "../../model/index.ts";
import { moduleOf } from "../../python/syntax-tree.ts";
import { sourceText } from "../code.ts";
import { isAtLeast } from "../django-at-least.ts";
import { columnOf, conditionColumns } from "../own-columns.ts";
import { rowLoops, type RowLoop } from "../row-loops.ts";

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
  check: (input) => rowLoops(input).flatMap((loop) => toDrafts(loop, input)),
};

const AGGREGATES: Readonly<Record<string, string>> = { sum: "Sum", max: "Max", min: "Min" };

function toDrafts(loop: RowLoop, input: RuleInput): FindingDraft[] {
  const { parent, comprehension, run } = loop;
  if (parent?.kind !== "call" || parent.callee.kind !== "name" || parent.args[0] !== comprehension) return [];
  const aggregate = AGGREGATES[parent.callee.name];
  const column = columnOf(comprehension.element, loop.target, loop.model)?.[0];
  const conditions = loop.conditions.map((one) => conditionColumns(one, loop.target, loop.model));
  if (aggregate === undefined || column === undefined || conditions.some((one) => one === null)) return [];
  return [
    {
      key: [run.symbol, run.model, parent.callee.name, column],
      claim: `Every \`${loop.model.name}\` row is fetched for the \`${parent.callee.name}()\` of its \`${column}\`.`,
      reason: "The database computes it where the rows are, and sends one number.",
      remedy: `Use \`.aggregate(${aggregate}("${column}"))\`${aggregate === "Sum" ? "; with `default=0` for no rows" : ""}.`,
      doubt: "floating point sums can differ in the last digit",
      model: run.model,
      places: [
        { role: "queryset", span: run.origin.span },
        { role: "access", span: { file: run.span.file, start: parent.start, end: parent.end }, label: "needs one number" },
      ],
      fixes: parent.args.length + parent.keywords.length === 1 && conditions.length === 0 ? aggregateFix(loop, { file: run.span.file, start: parent.start, end: parent.end }, aggregate, column, input) : [],
    },
  ];
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
  const call = fitText(`${rows}.aggregate(result=${imported.name}(${quoted(column, style)}, default=0))`, { column: span.start - lineStart(text, span.start), after: name.length + 2, indent: indentAt(text, span.start) }, style);
  return [{ title: "Let the database add them up", safety: "review", edits: [...imported.edits, { span, text: `${call}[${name}]` }] }];
}
