import type { FindingDraft, Model, Rule, RuleInput, Spot, Validation } from "../../model/index.ts";
import { count, holderName, modelName } from "../names.ts";
import { isSetOffByWrite, SET_OFF } from "../set-off.ts";
import { serializerDrafts } from "./serializers.ts";
import { formDrafts } from "./forms.ts";

export const rule: Rule = {
  meta: {
    id: "validation-per-row",
    chapter: "2.4",
    summary: "Validation asks the database again for each row or key",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => [...modelDrafts(input), ...formDrafts(input), ...serializerDrafts(input)],
};

function modelDrafts(input: RuleInput): FindingDraft[] {
  return input.facts.validations.flatMap((one) => {
    const model = input.graph.byLabel(one.model);
    const { loop } = one;
    if (model === null || loop === null || loop.over === "literal" || loop.over === "while") return [];
    const queries = queriesOf(model, one.how);
    return queries === 0 ? [] : [toDraft(one, queries, input)];
  });
}

/** `clean_fields` looks up each foreign key, `validate_unique` each unique column and set of columns. */
function queriesOf(model: Model, how: string): number {
  const fields = [...model.fields.values()].filter((field) => field.attname !== null && !field.primaryKey);
  const keys = fields.filter((field) => field.relation?.kind === "fk" || field.relation?.kind === "o2o").length;
  const unique = fields.filter((field) => field.unique).length + model.uniqueTogether.length;
  if (how === "clean_fields") return keys;
  if (how === "full_clean") return keys + unique;
  return how === "validate_unique" ? unique : 0;
}

function toDraft(one: Validation, queries: number, input: RuleInput): FindingDraft {
  const isSetOff = isSetOffByWrite(one.calls, one.span, input);
  const loop: Spot[] = one.loop === null ? [] : [{ role: "loop", span: one.loop.span }];
  return {
    key: [one.symbol, one.model, one.how],
    confidence: one.loop?.over === "rows" && !isSetOff ? "likely" : "possible",
    claim: `\`${holderName(one.symbol, input.program)}\` calls \`${one.how}()\` on each \`${modelName(one.model)}\`: up to ${count(queries, "query", "queries")} a row.`,
    reason: "Model validation looks up the target of each foreign key that is set, and asks for each unique column and set of columns.",
    remedy: "Check keys of all rows with one `filter(pk__in=…)`, leave uniqueness to the database, and pass `exclude` for what is known.",
    doubt: isSetOff ? SET_OFF : "rows whose foreign keys are NULL and excluded columns cost nothing",
    model: one.model,
    places: [...loop, ...one.calls.map((span): Spot => ({ role: "call", span })), { role: "access", span: one.span }],
    fixes: [],
  };
}
