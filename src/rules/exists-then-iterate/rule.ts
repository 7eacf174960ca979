import type { FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { askedPairs, type AskedPair } from "../asked-then-iterated.ts";
import { callAt, pathTo } from "../code.ts";
import { nameOf } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: "exists-then-iterate",
    chapter: "2.2",
    summary: "exists() is asked of a queryset whose rows are loaded anyway",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => askedPairs(input, "exists").map((pair) => toDraft(pair, input)),
};

function toDraft({ asked, loaded }: AskedPair, input: RuleInput): FindingDraft {
  return {
    key: [asked.symbol, asked.model],
    confidence: asked.related || asked.symbol !== loaded.symbol ? "possible" : "likely",
    claim: `\`exists()\` asks about \`${nameOf(asked.model)}\` rows that are then loaded: two queries for one answer.`,
    reason: "The truth of the queryset itself loads the rows and keeps them for the loop.",
    remedy: "Test the queryset itself, without `.exists()`.",
    doubt: "if most tests find nothing to load later, exists() is the cheaper question",
    model: asked.model,
    places: [
      { role: "queryset", span: asked.origin.span },
      { role: "access", span: asked.span, label: "one query more" },
      { role: "access", span: loaded.span, label: "loads the rows" },
    ],
    fixes: fixesFor(asked.span, input),
  };
}

/** Where only the truth counts, the queryset stands in for the call. */
function fixesFor(span: AskedPair["asked"]["span"], input: RuleInput): FixDraft[] {
  const call = callAt(input, span);
  const parent = pathTo(input, span).findLast((one) => one !== call && one.kind !== "name");
  if (call?.callee.kind !== "attribute" || call.args.length > 0) return [];
  const isTest = parent !== undefined && (parent.kind === "not" || (parent.kind === "if" && parent.test === call));
  if (!isTest) return [];
  return [{ title: "Test the queryset itself", safety: "review", edits: [{ span: { ...span, start: call.callee.object.end }, text: "" }] }];
}
