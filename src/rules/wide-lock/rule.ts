import type { FindingDraft, Rule, RuleInput } from "../../model/index.ts";
import { callSpan, chainsIn, lookupOf, textArguments, type Chain } from "../chains.ts";

export const rule: Rule = {
  meta: {
    id: "wide-lock",
    chapter: "2.2",
    summary: "select_for_update() locks the rows of every joined table",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => chainsIn(input).flatMap((chain) => toDrafts(chain, input)),
};

function toDrafts(chain: Chain, input: RuleInput): FindingDraft[] {
  const lock = chain.calls.find((one) => one.name === "select_for_update");
  const joins = chain.calls.filter((one) => one.name === "select_related").flatMap(textArguments);
  const isOpen = lock?.keywords.some((one) => one.name === "of" || one.name === "") ?? true;
  const [first] = joins;
  if (lock === undefined || first === undefined || isOpen) return [];
  const fields = joins.flatMap((path) => lookupOf(input, chain.model, path).fields);
  const optional = fields.find((field) => field.relation?.nullable === true);
  const end = lock.end - 1;
  const text = lock.args.length + lock.keywords.length === 0 ? 'of=("self",)' : ', of=("self",)';
  return [
    {
      key: [chain.origin.symbol, chain.origin.model],
      severity: optional === undefined ? "warning" : "error",
      claim:
        optional === undefined
          ? `The lock on \`${chain.model.name}\` rows also locks the joined \`${joins.join("`, `")}\` rows.`
          : `PostgreSQL refuses this lock: \`${optional.name}\` is nullable, and its outer join cannot be locked.`,
      reason: "`FOR UPDATE` without `OF` applies to every table of the query.",
      remedy: 'Name the table: `select_for_update(of=("self",))`.',
      doubt: "code that changes the joined rows as well needs their lock",
      model: chain.origin.model,
      places: [{ role: "queryset", span: callSpan(lock) }],
      fixes: [{ title: "Lock the rows themselves alone", safety: "review", edits: [{ span: { file: lock.file, start: end, end }, text }] }],
    },
  ];
}
