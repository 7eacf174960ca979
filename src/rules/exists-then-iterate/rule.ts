import type { FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { askedPairs, BEFORE_WRITES, isBeforeWrites, type AskedPair } from "../asked-then-iterated.ts";
import { callAt } from "../code.ts";
import { isOncePerRun } from "../command-files.ts";
import { isNamed, isOnlyTested, nameOf } from "../runs.ts";

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
  const isMinor = isBeforeWrites({ asked, loaded }, input);
  return {
    key: [asked.symbol, asked.model],
    confidence: asked.related || asked.symbol !== loaded.symbol || isOncePerRun(asked) || isMinor ? "possible" : "likely",
    claim: `\`exists()\` asks about \`${nameOf(asked.model)}\` rows that are then loaded: two queries for one answer.`,
    reason: "The truth of the queryset itself loads the rows and keeps them for the loop.",
    remedy: "Test the queryset itself, without `.exists()`.",
    doubt: isMinor ? BEFORE_WRITES : "if most tests find nothing to load later, exists() is the cheaper question",
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
  if (!span.file.endsWith(".py")) return templateFix(span, input);
  const call = callAt(input, span);
  if (call?.callee.kind !== "attribute" || call.args.length > 0 || !isNamed(call.callee.object) || !isOnlyTested(input, span.file, call)) return [];
  return [{ title: "Test the queryset itself", safety: "review", edits: [{ span: { ...span, start: call.callee.object.end }, text: "" }] }];
}

/** `{% if rows.exists %}` needs no question of its own either. */
function templateFix(span: AskedPair["asked"]["span"], input: RuleInput): FixDraft[] {
  const text = input.text(span.file);
  const tag = text.slice(text.lastIndexOf("{%", span.start), span.start);
  const asked = /\.exists(?:\(\))?$/.exec(text.slice(span.start, span.end));
  if (asked === null || !/^\{%[-+]?\s*(?:if|elif)\b/.test(tag) || tag.includes("%}")) return [];
  return [{ title: "Test the queryset itself", safety: "review", edits: [{ span: { ...span, start: span.start + asked.index }, text: "" }] }];
}
