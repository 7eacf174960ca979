import type { FindingDraft, Rule, RuleInput } from "../../model/index.ts";
import { conditionColumns } from "../own-columns.ts";
import { filterFix } from "./filter-fix.ts";
import { rowLoops, type RowLoop } from "../row-loops.ts";

export const rule: Rule = {
  meta: {
    id: "python-side-filter",
    chapter: "2.2",
    summary: "Rows are fetched to be thrown away by a condition on their own columns",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => rowLoops(input).flatMap((loop) => toDrafts(loop, input)),
};

function toDrafts(loop: RowLoop, input: RuleInput): FindingDraft[] {
  const columns = loop.conditions.map((one) => conditionColumns(one, loop.target, loop.model));
  const names = [...new Set(columns.flatMap((one) => one ?? []))];
  if (names.length === 0 || columns.some((one) => one === null)) return [];
  const { run } = loop;
  return [
    {
      key: [run.symbol, run.model, ...names],
      claim: `Every \`${loop.model.name}\` row is fetched, and Python drops those that fail a test of \`${names.join("`, `")}\`.`,
      reason: "The dropped rows are read, sent and made into objects for nothing.",
      remedy: "Put the condition into `filter()` or `exclude()`.",
      doubt: "a comparison that Python makes differently from SQL (case, time zones, NULL) has to stay",
      model: run.model,
      places: [
        { role: "queryset", span: run.origin.span },
        { role: "access", span: { file: run.span.file, start: loop.comprehension.start, end: loop.comprehension.end }, label: "drops rows" },
      ],
      fixes: filterFix(loop, input),
    },
  ];
}
