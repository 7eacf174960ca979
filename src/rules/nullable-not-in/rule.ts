import type { DatabaseDraft, DatabaseInput, Expr, FindingDraft, Field, Judgement, Rule, RuleInput } from "../../model/index.ts";
import { callSpan, chainsIn, keywordLookups, lookupOf, textArguments, type Chain } from "../chains.ts";
import { soleValueOf } from "../code.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { shortName, tableSpot } from "../database/names.ts";
import { tableOfModel } from "../database/table-size.ts";
import { formatPercent } from "../../model/numbers.ts";

export const rule: Rule = {
  meta: {
    id: "nullable-not-in",
    chapter: "2.2",
    summary: "A single NULL in the subquery of exclude(…__in=…) leaves no rows at all",
    severity: "error",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => foundIn(input).map(({ draft }) => draft),
  judge: (input) => judge(input),
};

interface Found {
  readonly draft: FindingDraft;
  /** Model and column of the subquery. */
  readonly model: string;
  readonly column: string;
}

function foundIn(input: RuleInput): Found[] {
  const chains = chainsIn(input);
  return chains.flatMap((chain) => toDrafts(chain, chains, input));
}

/** Silent where the database allows no NULL; sure where its statistics have some. */
function judge(input: DatabaseInput): Judgement {
  const { source, database, checked } = input;
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const keys = new Set(checked.map(({ key }) => key.join("\0")));
  const own = foundIn(source).filter(({ draft }) => keys.has(draft.key.join("\0")));
  return {
    drafts: own.flatMap((found) => sharpened(found, input)),
    unjudged: [],
    examined: own.length === 0 ? "" : `${own.length} subqueries of NOT IN in ${database.catalog.database.name}`,
  };
}

function sharpened({ draft, model, column: name }: Found, input: DatabaseInput): DatabaseDraft[] {
  const { database } = input;
  const table = tableOfModel(model, input);
  const column = table === null ? null : database.column(table, name);
  if (table === null || column === null || column.statistics === null) {
    return column?.notNull === true ? [] : [{ ...draft, evidence: [{ kind: "inferred", note: "source only: whether a row has a NULL there is not known" }] }];
  }
  if (column.notNull) return [];
  const { nullFraction } = column.statistics;
  const isNull = nullFraction > 0;
  return [
    {
      ...draft,
      ...(isNull ? { confidence: "certain" } : { severity: "warning" }),
      reason: `${draft.reason} ${isNull ? `By the statistics ${formatPercent(nullFraction)} of \`${shortName(table)}.${name}\` are NULL: it finds nothing today` : `No NULL is in \`${shortName(table)}.${name}\` by the statistics; the first one changes that`}.`,
      places: [tableSpot(table), ...draft.places],
      evidence: [catalogEvidence(database, { nullFraction })],
    },
  ];
}

function toDrafts(chain: Chain, chains: readonly Chain[], input: RuleInput): Found[] {
  return chain.calls
    .filter((call) => call.name === "exclude")
    .flatMap((call) =>
      keywordLookups(input, chain.model, call).flatMap(({ keyword, rest, many }) => {
        if (rest.at(-1) !== "in" || many !== "") return [];
        const found = nullableColumn(keyword.value, call.file, chains, input);
        if (found === null) return [];
        const { field } = found;
        const draft: FindingDraft = {
          key: [chain.origin.symbol, chain.origin.model, keyword.name],
          claim: `One \`${field.name}\` that is NULL makes \`exclude(${keyword.name}=…)\` return nothing.`,
          reason: "`NOT IN` over a subquery with a NULL is never true in SQL.",
          remedy: `Add \`.filter(${field.name}__isnull=False)\` to the subquery, or use \`~Exists(…)\`, which PostgreSQL also plans better.`,
          doubt: "it is right as long as no row has a NULL there",
          model: chain.origin.model,
          places: [{ role: "queryset" as const, span: callSpan(call) }],
          fixes: [],
        };
        return [{ draft, model: found.model, column: field.column ?? field.name }];
      }),
    );
}

/** The one column of a `values_list("column")` whose rows may have a NULL. */
function nullableColumn(value: Expr, file: string, chains: readonly Chain[], input: RuleInput): { readonly field: Field; readonly model: string } | null {
  const written = value.kind === "name" ? soleValueOf(input, file, value) : value;
  const sub = chains.find((one) => one.span.file === file && one.span.start === written?.start && one.span.end === written.end);
  const last = sub?.calls.at(-1);
  // What the chain starts from may have been filtered before.
  if (sub === undefined || last === undefined || sub.origin.span.start !== sub.span.start || (last.name !== "values_list" && last.name !== "values"))
    return null;
  const [name, ...others] = textArguments(last);
  if (name === undefined || others.length > 0) return null;
  const { fields, rest } = lookupOf(input, sub.model, name);
  const field = fields.find((one) => one.null && (one.relation === null || one.relation.kind === "fk" || one.relation.kind === "o2o"));
  if (field === undefined || rest.length > 0) return null;
  const isFiltered = sub.calls.some((call) => call.keywords.some((one) => one.name.startsWith(field.name)) || (call.name === "filter" && call.args.length > 0));
  return isFiltered
    ? null
    : { field, model: fields.indexOf(field) === 0 ? sub.model.label : (fields[fields.indexOf(field) - 1]?.relation?.target ?? sub.model.label) };
}
