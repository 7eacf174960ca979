import type { ChainCall, ClassInfo, Field, FindingDraft, Model, Rule, RuleInput, Span } from "../../model/index.ts";
import { callSpan, chainsIn, keywordLookups, type Chain } from "../chains.ts";
import { judgeBySize } from "../database/table-size.ts";
import { metaModel, metaValue } from "../meta-class.ts";

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
  check: (input) => [...chainsIn(input).flatMap((chain) => toDrafts(chain, input)), ...filterSets(input)],
  judge: (input) => judgeBySize(input, { rule: "leading-wildcard", severity: "warning", meaning: "each search reads them all" }),
};

const INSIDE: ReadonlySet<string> = new Set(["contains", "icontains", "endswith", "iendswith"]);
const TEXT = /\.(?:Char|Text|Email|Slug|URL)Field$/;

function toDrafts(chain: Chain, input: RuleInput): FindingDraft[] {
  if (chain.origin.kind === "related") return [];
  const filters = chain.calls.filter((call) => call.name === "filter");
  // Another condition that narrows first leaves few rows to be searched.
  if (filters.flatMap((call) => call.keywords).length !== 1 || filters.some((call) => call.args.length > 0)) return [];
  if (chain.origin.calls.some((call) => !filters.includes(call) && narrows(call))) return [];
  return filters.flatMap((call) =>
    keywordLookups(input, chain.model, call).flatMap(({ keyword, fields, rest }) => {
      const field = fields.at(-1);
      const [lookup] = rest;
      if (field === undefined || fields.length !== 1 || rest.length !== 1 || lookup === undefined || !INSIDE.has(lookup)) return [];
      if (!TEXT.test(field.type) || hasTrigramIndex(chain.model, input)) return [];
      return [toDraft({ symbol: chain.origin.symbol, model: chain.model, lookup: keyword.name, field, span: callSpan(call) })];
    }),
  );
}

/** Written on another line: `checks = Check.objects.filter(project=project)`, and the search after it. */
function narrows({ name, keywords, args }: ChainCall): boolean {
  return name === "filter" && (args.length > 0 || keywords.some((one) => !INSIDE.has(one.name.split("__").at(-1) ?? "")));
}

interface Search {
  readonly symbol: string;
  readonly model: Model;
  /** `title__icontains`. */
  readonly lookup: string;
  readonly field: Field;
  readonly span: Span;
}

function toDraft({ symbol, model, lookup, field, span }: Search): FindingDraft {
  return {
    key: [symbol, model.label, lookup],
    claim: `\`${lookup}\` reads every \`${model.name}\` row: no B-tree finds text inside a column.`,
    reason: "The pattern begins with a wildcard, so the order of an index says nothing.",
    remedy: `Add a trigram index on \`${field.name}\` (\`GinIndex\` with \`gin_trgm_ops\`), or search with full text.`,
    doubt: "a table of a few thousand rows is read in milliseconds",
    model: model.label,
    places: [{ role: "queryset", span }],
    fixes: [],
  };
}

/** Filters that django-filter declares: `title = CharFilter(lookup_expr="icontains")`, and `fields = {"title": ["icontains"]}`. */
function filterSets(input: RuleInput): FindingDraft[] {
  const sets = input.program.classes.filter((cls) => cls.module.origin === "project" && input.program.isSubclass(cls, "django_filters.filterset.FilterSet"));
  return sets.flatMap((cls) => {
    const model = metaModel(cls, input);
    if (model === null || hasTrigramIndex(model, input)) return [];
    return [...declaredSearches(cls), ...listedSearches(cls)].flatMap(({ name, lookup, span }) => {
      const field = model.fields.get(name);
      return field !== undefined && TEXT.test(field.type) && INSIDE.has(lookup)
        ? [toDraft({ symbol: cls.id, model, lookup: `${name}__${lookup}`, field, span })]
        : [];
    });
  });
}

interface DeclaredSearch {
  readonly name: string;
  readonly lookup: string;
  readonly span: Span;
}

function declaredSearches(cls: ClassInfo): DeclaredSearch[] {
  return [...cls.members].flatMap(([name, definitions]) => {
    const last = definitions.at(-1);
    if (last?.kind !== "variable" || last.value?.kind !== "call") return [];
    const texts = new Map(last.value.keywords.flatMap(({ name: key, value }) => (value.kind === "str" ? [[key, value.value] as const] : [])));
    const lookup = texts.get("lookup_expr");
    if (lookup === undefined || last.value.keywords.some((one) => one.name === "method")) return [];
    return [{ name: texts.get("field_name") ?? name, lookup, span: { file: cls.module.ir.file, start: last.stmt.start, end: last.stmt.end } }];
  });
}

function listedSearches(cls: ClassInfo): DeclaredSearch[] {
  const fields = metaValue(cls, "fields");
  if (fields?.kind !== "dict") return [];
  return fields.entries.flatMap(({ key, value }) => {
    if (key?.kind !== "str" || value.kind !== "sequence") return [];
    return value.items.flatMap((one) =>
      one.kind === "str" ? [{ name: key.value, lookup: one.value, span: { file: cls.module.ir.file, start: one.start, end: one.end } }] : [],
    );
  });
}

function hasTrigramIndex(model: Model, input: RuleInput): boolean {
  const { def, module } = model.cls;
  return /gin_trgm_ops|GinIndex|GistIndex|SearchVectorField/.test(input.text(module.ir.file).slice(def.start, def.end));
}
