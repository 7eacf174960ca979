import type { ChainCall, FindingDraft, Origin, Rule, RuleInput, Str } from "../../model/index.ts";
import { dotted, holderName, modelName } from "../names.ts";
import { relationPath } from "../relation-path.ts";
import { countDrafts } from "./counts.ts";
import { eagerKeyDrafts } from "./eager-keys.ts";
import { isJoinedAnyway } from "./joined-anyway.ts";

export const rule: Rule = {
  meta: {
    id: "needless-join",
    chapter: "3.4",
    summary: "A table is joined for a key that the row already has",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => [...orderingDrafts(input), ...eagerKeyDrafts(input), ...countDrafts(input)],
};

/** `order_by("customer")` sorts by the other model's own ordering, and joins it even when that is its key. */
function orderingDrafts(input: RuleInput): FindingDraft[] {
  const seen = new Set<string>();
  return input.facts.origins.flatMap((origin) =>
    origin.calls
      .filter((call) => call.name === "order_by")
      .flatMap((call) => call.args.flatMap((arg) => (arg.kind === "str" ? ofArgument(origin, call, arg, input) : [])))
      .filter((draft) => {
        const span = draft.places[0]?.span;
        const key = `${span?.file}:${span?.start}`;
        return !seen.has(key) && seen.add(key).has(key);
      }),
  );
}

function ofArgument(origin: Origin, call: ChainCall, arg: Str, input: RuleInput): FindingDraft[] {
  const name = arg.value.replace(/^-/, "");
  const path = relationPath(origin.model, name, input);
  const field = path?.at(-1);
  if (path === null || field?.attname == null || (field.relation?.kind !== "fk" && field.relation?.kind !== "o2o")) return [];
  const target = input.graph.byLabel(field.relation.target ?? "");
  const [key, ...more] = target?.ordering ?? [];
  if (target === null || key === undefined || more.length > 0 || hasOwnTarget(field)) return [];
  if (![target.primaryKey, "pk", "id"].includes(key.replace(/^-/, "")) || isJoinedAnyway(origin, name, arg, input)) return [];
  const isDescending = arg.value.startsWith("-") !== key.startsWith("-");
  const column = [...name.split("__").slice(0, -1), field.attname].join("__");
  return [toDraft(origin, call, arg, `${isDescending ? "-" : ""}${column}`, input)];
}

/** `to_field` points to another column than the key. */
function hasOwnTarget(field: { readonly declaration: unknown }): boolean {
  return JSON.stringify(field.declaration ?? null).includes('"name":"to_field"');
}

function toDraft(origin: Origin, call: ChainCall, arg: Str, column: string, input: RuleInput): FindingDraft {
  const span = { file: call.file, start: arg.start, end: arg.end };
  const quoted = input.text(call.file).slice(arg.start, arg.end);
  const isPlain = quoted === `"${arg.value}"` || quoted === `'${arg.value}'`;
  return {
    key: [origin.symbol, origin.model, arg.value],
    confidence: "likely",
    claim: `\`order_by("${arg.value}")\` in \`${holderName(origin.symbol, input.program)}\` joins \`${dotted(arg.value.replace(/^-/, ""))}\` only to sort \`${modelName(origin.model)}\` by its key.`,
    reason: "Ordering by a relation uses the other model's `Meta.ordering`; that is its key, which this row holds as well.",
    remedy: `Order by \`"${column}"\`.`,
    doubt: "what goes on from this queryset elsewhere may join the table anyway",
    model: origin.model,
    places: [{ role: "queryset", span, label: "joins a table" }],
    fixes: isPlain ? [{ title: `Order by ${column}`, safety: "review", edits: [{ span, text: `${quoted.slice(0, 1)}${column}${quoted.slice(-1)}` }] }] : [],
  };
}
