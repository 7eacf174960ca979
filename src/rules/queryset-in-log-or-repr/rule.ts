import { distinctBy } from "../../model/group-by.ts";
import type { FindingDraft, QueryRun, Rule, RuleInput, Spot } from "../../model/index.ts";
import { isSameSpan } from "../../model/span.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { holderName, modelName } from "../names.ts";

export const rule: Rule = {
  meta: {
    id: "queryset-in-log-or-repr",
    chapter: "2.5",
    summary: "A queryset is turned into text, which runs it",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => firstOfEach(input.facts.runs.filter((run) => isGuilty(run, input))).map((run) => toDraft(run, input)),
};

function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (run.doubts.length > 0 || (run.how !== "log" && run.how !== "text")) return false;
  return !run.cached && !run.inTemplate && (!run.isAsync || run.awaited) && !isRaised(run, input) && !isMadeForText(run, input);
}

/** `rows.values_list("name", flat=True)` that nothing but the message reads: the values are what it says. */
function isMadeForText(run: QueryRun, { facts }: RuleInput): boolean {
  return (
    run.origin.calls.some(({ name }) => name === "values_list") && facts.runs.every((other) => other.source !== run.source || isSameSpan(other.span, run.span))
  );
}

/** The text of an error is made where something is wrong already. */
function isRaised(run: QueryRun, input: RuleInput): boolean {
  return [run.span, ...run.calls].some((span) => pathTo(input.program, span).some((node) => node.kind === "raise"));
}

function firstOfEach(runs: readonly QueryRun[]): QueryRun[] {
  return distinctBy(runs, (run) => `${run.span.file}:${run.span.start}`);
}

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  const isDebug = run.how === "log" && /\.debug\s*\(/.test(input.text(run.span.file).slice(run.span.start, run.span.end));
  const places: Spot[] = [{ role: "queryset", span: run.origin.span }, ...run.calls.map((span): Spot => ({ role: "call", span }))];
  const verb = run.how === "log" ? "logs" : "prints";
  return {
    key: [run.symbol, run.model, run.how],
    confidence: isDebug ? "possible" : "likely",
    claim: `\`${holderName(run.symbol, input.program)}\` ${verb} a \`${modelName(run.model)}\` queryset: one query for 21 rows that nothing else uses.`,
    reason: "The text of a queryset is its first 21 rows, fetched for the text alone; iterating later queries again.",
    remedy: "Log a count or keys that are at hand, or `str(rows.query)` for the SQL.",
    doubt: run.how === "log" ? "a record below the logger's level is never formatted" : "the text is only made on an error path",
    model: run.model,
    places: [...places, { role: "access", span: run.span }],
    fixes: [],
  };
}
