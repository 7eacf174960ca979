/** `select_related` of a row of which nothing but the key is read. */
import type { EagerLoad, FindingDraft, RuleInput } from "../../model/index.ts";
import { dotted, holderName, modelName } from "../names.ts";
import { relationPath } from "../relation-path.ts";

export function eagerKeyDrafts(input: RuleInput): FindingDraft[] {
  return input.facts.eagerLoads.filter((one) => isKeyOnly(one, input)).map((one) => toDraft(one, input));
}

function isKeyOnly(one: EagerLoad, input: RuleInput): boolean {
  const { origin } = one;
  if (one.method !== "select_related" || !one.used || origin.kind !== "manager" || origin.escapes || origin.asInstances) return false;
  if (one.span.file !== origin.span.file || one.span.start < origin.span.start || one.span.end > origin.span.end) return false;
  const path = relationPath(origin.model, one.path, input);
  const field = path?.at(-1);
  const target = input.graph.byLabel(field?.relation?.target ?? "");
  if (path?.length !== 1 || target === null || field?.attname == null) return false;
  const below = [...origin.columns].filter((column) => column.startsWith(`${one.path}__`));
  return below.length > 0 && below.every((column) => column === `${one.path}__${target.primaryKey}`);
}

function toDraft(one: EagerLoad, input: RuleInput): FindingDraft {
  const column = relationPath(one.origin.model, one.path, input)?.at(-1)?.attname ?? `${one.path}_id`;
  return {
    key: [one.origin.symbol, one.origin.model, one.path],
    confidence: "possible",
    claim: `\`${holderName(one.origin.symbol, input.program)}\` joins \`${dotted(one.path)}\` to each \`${modelName(one.origin.model)}\` and reads only its key.`,
    reason: `The key is a column of the row itself: \`${column}\`.`,
    remedy: `Read \`${column}\` and remove \`select_related("${one.path}")\`.`,
    doubt: "the related row is tested for NULL or compared as a whole",
    model: one.origin.model,
    relation: one.path,
    places: [{ role: "queryset", span: one.span }],
    fixes: [],
  };
}
