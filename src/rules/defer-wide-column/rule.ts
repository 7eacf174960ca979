import type { FindingDraft, Field, Rule, RuleInput } from "../../model/index.ts";
import { columnFix } from "../column-fix.ts";
import { knownReads, type KnownReads } from "../known-reads.ts";
import { isWide } from "../model-columns.ts";
import { holderName, listed, modelName } from "../names.ts";
import { isValuesEnough } from "../values-enough.ts";

export const rule: Rule = {
  meta: {
    id: "defer-wide-column",
    chapter: "3.5",
    summary: "Large text or JSON columns are fetched and never read",
    severity: "info",
    confidence: "possible",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    knownReads(input).flatMap((known) => {
      const wide = known.unread.filter(isWide);
      return wide.length === 0 || isValuesEnough(known, input) ? [] : [toDraft(known, wide, input)];
    }),
};

function toDraft({ origin, runs }: KnownReads, wide: readonly Field[], input: RuleInput): FindingDraft {
  const names = wide.map((field) => field.name);
  return {
    key: [origin.symbol, origin.model],
    claim: `\`${holderName(origin.symbol, input.program)}\` fetches ${listed(names)} of every \`${modelName(origin.model)}\` and reads none of it.`,
    reason: "PostgreSQL stores large values out of line and compressed; each is fetched, unpacked and sent with its row.",
    remedy: `Add \`defer(${names.map((name) => `"${name}"`).join(", ")})\` to the queryset.`,
    doubt: "short or mostly empty values cost next to nothing: a snapshot of the database tells their size",
    model: origin.model,
    places: [{ role: "queryset", span: origin.span }, ...runs.slice(0, 1).map((run) => ({ role: "access" as const, span: run.span }))],
    fixes: columnFix(origin, "defer", names, input),
  };
}
