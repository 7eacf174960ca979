/** The two ends of a generic foreign key in its model: the column of the content type, and which types forms offer for it. */
import type { Expr, Field, Model } from "../model/index.ts";

/** The first argument of `GenericForeignKey("content_type", "object_id")`. */
export function contentTypeField({ declaration }: Field): string {
  if (declaration?.kind !== "call") return "content_type";
  const named = declaration.keywords.find((one) => one.name === "ct_field")?.value ?? declaration.args[0];
  return named?.kind === "str" ? named.value : "content_type";
}

/** What `limit_choices_to` of the content type leaves: forms offer no other types, so that rows of others are not expected. */
export function isOffered(holder: Model, field: Field, target: Model): boolean {
  const { declaration } = holder.fields.get(contentTypeField(field)) ?? {};
  const limit = declaration?.kind === "call" ? declaration.keywords.find(({ name }) => name === "limit_choices_to")?.value : undefined;
  return limit === undefined || allows(limit, target);
}

/** `{"model__in": ("book", "author")}`, `Q(app_label="shop", model="book") | Q(…)`; what says something else leaves all. */
function allows(limit: Expr, target: Model): boolean {
  if (limit.kind === "dict") return limit.entries.every(({ key, value }) => key?.kind !== "str" || matches(key.value, value, target));
  if (limit.kind === "binary" && limit.operator === "|") return allows(limit.left, target) || allows(limit.right, target);
  if (limit.kind === "binary" && limit.operator === "&") return allows(limit.left, target) && allows(limit.right, target);
  const isQ = limit.kind === "call" && (limit.callee.kind === "name" || limit.callee.kind === "attribute") && limit.callee.name === "Q";
  return !isQ || limit.keywords.every(({ name, value }) => matches(name, value, target));
}

function matches(lookup: string, value: Expr, { name, app }: Model): boolean {
  const [column = "", way = "exact", ...further] = lookup.split("__");
  const own = column === "model" ? name.toLowerCase() : column === "app_label" ? app : null;
  const given = way === "in" && value.kind === "sequence" ? value.items : way === "exact" ? [value] : [];
  const texts = given.flatMap((one) => (one.kind === "str" ? [one.value] : []));
  // A name, `*types`: not all that is offered is known.
  if (own === null || further.length > 0 || texts.length === 0 || texts.length < given.length) return true;
  return texts.includes(own);
}
