import type { FindingDraft, Rule } from "../../model/index.ts";
import { columnOf, conditionColumns } from "../own-columns.ts";
import { rowLoops, type RowLoop } from "../row-loops.ts";

export const rule: Rule = {
  meta: {
    id: "python-side-aggregate",
    chapter: "2.2",
    summary: "Rows are fetched to be summed, counted or compared in Python",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => rowLoops(input).flatMap(toDrafts),
};

const AGGREGATES: Readonly<Record<string, string>> = { sum: "Sum", max: "Max", min: "Min" };

function toDrafts(loop: RowLoop): FindingDraft[] {
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
      fixes: [],
    },
  ];
}
