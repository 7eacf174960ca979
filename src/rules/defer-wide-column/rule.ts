import type { FindingDraft, Field, Model, Rule, RuleInput } from "../../model/index.ts";
import { columnFix } from "../column-fix.ts";
import { knownReads, type KnownReads } from "../known-reads.ts";
import { isMadeByProject, isWide } from "../model-columns.ts";
import { holderName, listed, modelName } from "../names.ts";
import { isValuesEnough } from "../values-enough.ts";
import { judgeByWidth } from "./width.ts";

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
  check: (input) => unreadIn(input).map(({ draft }) => draft),
  judge: (input) => judgeByWidth(input, input.source === null ? [] : unreadIn(input.source)),
};

/** Wide columns that a queryset fetches for nothing. */
export interface Unread {
  readonly draft: FindingDraft;
  readonly model: Model;
  readonly fields: readonly Field[];
}

function unreadIn(input: RuleInput): Unread[] {
  return knownReads(input).flatMap((known) => {
    const fields = known.unread.filter(isWide);
    return fields.length === 0 || isMadeByProject(known.model, input) || isValuesEnough(known, input)
      ? []
      : [{ draft: toDraft(known, fields, input), model: known.model, fields }];
  });
}

function toDraft(known: KnownReads, wide: readonly Field[], input: RuleInput): FindingDraft {
  const { origin, runs } = known;
  const names = wide.map((field) => field.name);
  return {
    key: [origin.symbol, origin.model],
    claim: `\`${holderName(origin.symbol, input.program)}\` fetches ${listed(names)} of every \`${modelName(origin.model)}\` and reads none of it.`,
    reason: "PostgreSQL stores large values out of line and compressed; each is fetched, unpacked and sent with its row.",
    remedy: `Add \`defer(${names.map((name) => `"${name}"`).join(", ")})\` to the queryset.`,
    doubt: "short or mostly empty values cost next to nothing: a snapshot of the database tells their size",
    model: origin.model,
    places: [{ role: "queryset", span: origin.span }, ...runs.slice(0, 1).map((run) => ({ role: "access" as const, span: run.span }))],
    fixes: columnFix(known, "defer", names, input),
  };
}
