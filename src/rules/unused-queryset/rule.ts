import { insertion } from "../../fixes/chain-edit.ts";
import type { Discarded, FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { statementOf } from "../code.ts";
import { holderName, modelName } from "../names.ts";
import { unusedLists } from "./unused-lists.ts";

export const rule: Rule = {
  meta: {
    id: "unused-queryset",
    chapter: "2.5",
    summary: "A queryset is built and never run, or its rows are fetched and never read",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => [...input.facts.discarded.filter((one) => isGuilty(one, input)).map((one) => toDraft(one, input)), ...unusedLists(input)],
};

/** A test that building it fails keeps it in `with` or `try`. */
function isGuilty(one: Discarded, input: RuleInput): boolean {
  return !pathTo(input.program, one.span).some((node) => node.kind === "with" || node.kind === "try");
}

function toDraft(one: Discarded, input: RuleInput): FindingDraft {
  const holder = holderName(one.symbol, input.program);
  const model = modelName(one.model);
  return {
    key: [one.symbol, one.model, one.name ?? ""],
    confidence: one.name === null ? "certain" : "likely",
    claim:
      one.name === null
        ? `\`${holder}\` builds a \`${model}\` queryset and drops it: no query is sent, nothing is narrowed.`
        : `\`${holder}\` builds the \`${model}\` queryset \`${one.name}\` and never reads it: no query is sent.`,
    reason: "Querysets are lazy and never change in place; each method returns a new one.",
    remedy: one.name === null ? "Use what it returns, such as `rows = rows.filter(…)`, or remove the line." : "Remove the line, or use the variable.",
    doubt: "a custom queryset method in the chain does something else when it is called",
    model: one.model,
    places: [{ role: "queryset", span: one.span, label: "never run" }],
    fixes: fixesFor(one, input),
  };
}

/** A narrowed queryset that is dropped was most likely meant to take the place of the one it was made from. */
function fixesFor(one: Discarded, input: RuleInput): FixDraft[] {
  const stmt = statementOf(pathTo(input.program, one.span));
  if (one.name !== null || stmt?.kind !== "expr" || stmt.start !== one.span.start || stmt.end !== one.span.end) return [];
  const name = /^(?<name>[a-z_]\w*)\.(?:filter|exclude|order_by|select_related|prefetch_related|distinct|annotate)\(/.exec(
    input.text(one.span.file).slice(stmt.start, stmt.end),
  )?.groups?.["name"];
  if (name === undefined) return [];
  return [{ title: `Keep the new queryset in ${name}`, safety: "review", edits: [insertion(one.span.file, stmt.start, `${name} = `)] }];
}
