import type { FindingDraft, QueryRun, Rule, RuleInput, Spot } from "../../model/index.ts";

export const rule: Rule = {
  meta: {
    id: "query-in-loop",
    chapter: "2.2",
    summary: "The same query runs again on every round of a loop",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => firstOfEach(input.facts.runs.filter((run) => isGuilty(run, input))).map(toDraft),
};

function isGuilty(run: QueryRun, _input: RuleInput): boolean {
  const { loop } = run;
  if (loop === null || run.cached || run.related || run.how === "raw") return false;
  return loop.over === "rows" || loop.over === "unknown";
}

function firstOfEach(runs: readonly QueryRun[]): QueryRun[] {
  const seen = new Map<string, QueryRun>();
  for (const run of runs) {
    const key = `${run.span.file}:${run.span.start}`;
    if (!seen.has(key)) seen.set(key, run);
  }
  return [...seen.values()];
}

function toDraft(run: QueryRun): FindingDraft {
  const model = run.model.split(".").at(-1) ?? run.model;
  const places: Spot[] = [{ role: "queryset", span: run.origin.span }];
  if (run.loop !== null) places.push({ role: "loop", span: run.loop.span });
  for (const call of run.calls) places.push({ role: "call", span: call });
  places.push({ role: "access", span: run.span });
  const isInvariant = run.keyed === "invariant";
  return {
    key: [run.symbol, run.model, run.how],
    confidence: run.loop?.over === "rows" ? (run.calls.length > 2 ? "likely" : "certain") : run.calls.length === 0 ? "likely" : "possible",
    claim: `Every round of the loop queries \`${model}\` again.`,
    reason: isInvariant ? "The query does not depend on the loop, so the answer is the same each time." : "One statement a row where one for all rows would do.",
    remedy: isInvariant ? "Run it once before the loop." : "Fetch all rows that the loop needs before it, with `in_bulk()` or one `filter(…__in=…)`.",
    doubt: "a loop that runs once costs nothing more",
    model: run.model,
    places,
    fixes: [],
  };
}
