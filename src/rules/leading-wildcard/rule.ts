import type { FindingDraft, Model, Rule, RuleInput } from "../../model/index.ts";
import { callSpan, chainsIn, keywordLookups, type Chain } from "../chains.ts";
import { judgeBySize } from "../database/table-size.ts";

export const rule: Rule = {
  meta: {
    id: "leading-wildcard",
    chapter: "2.2",
    summary: "A search for text inside a column cannot use a B-tree index",
    severity: "info",
    confidence: "possible",
    fix: "never",
    stage: "stable",
  },
  check: (input) => chainsIn(input).flatMap((chain) => toDrafts(chain, input)),
  judge: (input) => judgeBySize(input, { rule: "leading-wildcard", severity: "warning", meaning: "each search reads them all" }),
};

const INSIDE: ReadonlySet<string> = new Set(["contains", "icontains", "endswith", "iendswith"]);
const TEXT = /\.(?:Char|Text|Email|Slug|URL)Field$/;

function toDrafts(chain: Chain, input: RuleInput): FindingDraft[] {
  if (chain.origin.kind === "related") return [];
  const filters = chain.calls.filter((call) => call.name === "filter");
  // Another condition that narrows first leaves few rows to be searched.
  if (filters.flatMap((call) => call.keywords).length !== 1 || filters.some((call) => call.args.length > 0)) return [];
  return filters.flatMap((call) =>
    keywordLookups(input, chain.model, call).flatMap(({ keyword, fields, rest }) => {
      const field = fields.at(-1);
      const [lookup] = rest;
      if (field === undefined || fields.length !== 1 || rest.length !== 1 || lookup === undefined || !INSIDE.has(lookup)) return [];
      if (!TEXT.test(field.type) || hasTrigramIndex(chain.model, input)) return [];
      return [
        {
          key: [chain.origin.symbol, chain.model.label, keyword.name],
          claim: `\`${keyword.name}\` reads every \`${chain.model.name}\` row: no B-tree finds text inside a column.`,
          reason: "The pattern begins with a wildcard, so the order of an index says nothing.",
          remedy: `Add a trigram index on \`${field.name}\` (\`GinIndex\` with \`gin_trgm_ops\`), or search with full text.`,
          doubt: "a table of a few thousand rows is read in milliseconds",
          model: chain.origin.model,
          places: [{ role: "queryset" as const, span: callSpan(call) }],
          fixes: [],
        },
      ];
    }),
  );
}

function hasTrigramIndex(model: Model, input: RuleInput): boolean {
  const { def, module } = model.cls;
  return /gin_trgm_ops|GinIndex|GistIndex|SearchVectorField/.test(input.text(module.ir.file).slice(def.start, def.end));
}
