import type { FindingDraft, Rule, RuleInput } from "../../model/index.ts";
import { knownReads, type KnownReads } from "../known-reads.ts";
import { holderName, listed, modelName } from "../names.ts";
import { isValuesEnough } from "../values-enough.ts";

/** Below this many columns an instance costs little; ours, override `values-instead-of-instances`. */
const LEAST_COLUMNS = 5;

export const rule: Rule = {
  meta: {
    id: "values-instead-of-instances",
    chapter: "3.1",
    summary: "Instances are made to read a column or two",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => knownReads(input).filter((one) => isGuilty(one, input)).map((one) => toDraft(one, input)),
};

function isGuilty(known: KnownReads, input: RuleInput): boolean {
  return known.columns.length >= (input.thresholds["values-instead-of-instances"] ?? LEAST_COLUMNS) && isValuesEnough(known, input);
}

function toDraft({ origin, columns, runs }: KnownReads, input: RuleInput): FindingDraft {
  const names = [...origin.columns];
  const flat = names.length === 1 ? ", flat=True" : "";
  return {
    key: [origin.symbol, origin.model],
    claim: `\`${holderName(origin.symbol, input.program)}\` makes \`${modelName(origin.model)}\` instances of ${columns.length} columns to read ${listed(names)}.`,
    reason: "Making a model instance costs several times what a tuple does, and every column is sent.",
    remedy: `Iterate \`values_list(${names.map((name) => `"${name}"`).join(", ")}${flat})\` instead.`,
    doubt: "a field's class may convert its value only on instances",
    model: origin.model,
    places: [{ role: "queryset", span: origin.span }, ...runs.slice(0, 1).map((run) => ({ role: "access" as const, span: run.span }))],
    fixes: [],
  };
}
