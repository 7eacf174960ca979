import { distinctBy } from "../../model/group-by.ts";
import type { FindingDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { holderName, modelName } from "../names.ts";
import { narrowing, type Narrowing } from "./narrowing.ts";

export const rule: Rule = {
  meta: {
    id: "all-then-narrow",
    chapter: "3.3",
    summary: "All rows are fetched, then a few are kept",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => firstOfEach(input.facts.runs.filter(isCandidate)).flatMap((run) => judge(run, input)),
};

function isCandidate(run: QueryRun): boolean {
  return (run.how === "list" || run.how === "iterate") && !run.cached && !run.sliced && !run.inTemplate;
}

function firstOfEach(runs: readonly QueryRun[]): QueryRun[] {
  return distinctBy(runs, (run) => `${run.span.file}:${run.span.start}:${run.span.end}`);
}

function judge(run: QueryRun, input: RuleInput): FindingDraft[] {
  const found = narrowing(run, input);
  return found === null ? [] : [toDraft(run, found, input)];
}

function toDraft(run: QueryRun, { keeps, remedy, span, isSure, edits }: Narrowing, input: RuleInput): FindingDraft {
  const model = modelName(run.model);
  return {
    key: [run.symbol, run.model, keeps],
    confidence: isSure ? "likely" : "possible",
    claim: `\`${holderName(run.symbol, input.program)}\` fetches every \`${model}\`${run.narrowed ? " that matches" : ""} and keeps ${keeps}.`,
    reason: "A list holds all rows before it is cut; a queryset turns the cut into LIMIT.",
    remedy,
    doubt: run.narrowed ? "the filter leaves few rows anyway" : "the table stays small",
    model: run.model,
    places: [
      { role: "queryset", span: run.origin.span },
      { role: "access", span, label: "cut in Python" },
    ],
    fixes: edits.length === 0 ? [] : [{ title: "Cut the queryset, not the list", safety: "review", edits }],
  };
}
