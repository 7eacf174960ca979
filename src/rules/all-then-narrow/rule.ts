import { distinctBy } from "../../model/group-by.ts";
import type { FindingDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { keywordLookups } from "../chains.ts";
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
  const found = isOfOneRow(run, input) ? null : narrowing(run, input);
  return found === null ? [] : [toDraft(run, found, input)];
}

/** `filter(username=name)`: the list has one row at most. */
function isOfOneRow({ model, origin }: QueryRun, input: RuleInput): boolean {
  const asked = input.graph.byLabel(model);
  if (asked === null) return false;
  return origin.calls
    .filter(({ name }) => name === "filter")
    .flatMap((call) => keywordLookups(input, asked, call))
    .some(({ fields: [field, ...more], rest }) => more.length === 0 && rest.length === 0 && (field?.unique === true || field?.primaryKey === true));
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
