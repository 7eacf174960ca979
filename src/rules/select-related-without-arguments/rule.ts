import type { ChainCall, FindingDraft, Model, Origin, Rule, RuleInput } from "../../model/index.ts";
import { functionAt, namesIn, pathTo } from "../code.ts";
import { count, holderName, modelName } from "../names.ts";

/** Django stops following here (`Query.max_depth`). */
const MAX_DEPTH = 5;

export const rule: Rule = {
  meta: {
    id: "select-related-without-arguments",
    chapter: "3.2",
    summary: "select_related() without arguments joins every non-null foreign key",
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "stable",
  },
  check: (input) => input.facts.origins.flatMap((origin) => bareCalls(origin, input).map((call) => toDraft(call, origin, input))).filter(isFirst()),
};

function bareCalls(origin: Origin, input: RuleInput): ChainCall[] {
  if (input.graph.byLabel(origin.model) === null) return [];
  return origin.calls.filter((call) => call.name === "select_related" && call.args.length === 0 && call.keywords.length === 0);
}

/** A shared method is called for several querysets; it is written once. */
function isFirst(): (draft: FindingDraft) => boolean {
  const seen = new Set<string>();
  return (draft) => {
    const span = draft.places[0]?.span;
    const key = `${span?.file}:${span?.start}:${span?.end}`;
    return !seen.has(key) && seen.add(key).has(key);
  };
}

function toDraft(call: ChainCall, origin: Origin, input: RuleInput): FindingDraft {
  const model = input.graph.byLabel(origin.model);
  const { joined, skipped } = model === null ? { joined: 0, skipped: 0 } : follow(model, input, MAX_DEPTH);
  const holder = holderName(origin.symbol, input.program);
  const name = modelName(origin.model);
  return {
    key: [origin.symbol, origin.model],
    confidence: skipped === 0 || isOptional(call, input) ? "possible" : "certain",
    claim:
      joined === 0
        ? `\`select_related()\` in \`${holder}\` joins nothing: \`${name}\` has no foreign key that may not be NULL.`
        : `\`select_related()\` in \`${holder}\` joins ${count(joined, "table")} to every \`${name}\`, and no nullable foreign key.`,
    reason: `Without arguments Django follows every non-null foreign key, ${MAX_DEPTH} deep, and skips nullable ones: ${count(skipped, "key")} of this model stay lazy.`,
    remedy: "Name the relations that are read, such as `select_related(\"author\", \"author__publisher\")`.",
    doubt: "all of the joined rows are read",
    model: origin.model,
    places: [{ role: "queryset", span: { file: call.file, start: call.start, end: call.end }, label: "names no relation" }],
    fixes: [],
  };
}

function follow(model: Model, input: RuleInput, depth: number): { readonly joined: number; readonly skipped: number } {
  const forward = [...model.fields.values()].filter((field) => field.relation?.kind === "fk" || field.relation?.kind === "o2o");
  const followed = depth === 0 ? [] : forward.filter((field) => field.relation?.nullable === false);
  const below = followed.map((field) => input.graph.byLabel(field.relation?.target ?? "")).filter((one) => one !== null);
  const joined = below.reduce((sum, one) => sum + 1 + follow(one, input, depth - 1).joined, 0);
  return { joined, skipped: forward.filter((field) => field.relation?.nullable === true).length };
}

/** The call stands under a condition on a parameter, which callers may never set. */
function isOptional(call: ChainCall, input: RuleInput): boolean {
  const path = pathTo(input, { file: call.file, start: call.start, end: call.end });
  const holder = functionAt(path);
  const names = new Set(holder?.params.map((param) => param.name) ?? []);
  return path.some((node) => node.kind === "if" && [...namesIn(node.test)].some((name) => names.has(name)));
}
