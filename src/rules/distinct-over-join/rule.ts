import type { ChainCall, Field, FindingDraft, Model, Rule, RuleInput } from "../../model/index.ts";
import { callSpan, chainsIn, has, keywordLookups, type Chain, type Lookup } from "../chains.ts";
import { isSampleDataCommand } from "../command-files.ts";
import { withExistsForDistinct } from "../../sql/restate.ts";
import { withRestated } from "../database/restated.ts";
import { judgeBySize } from "../database/table-size.ts";

export const rule: Rule = {
  meta: {
    id: "distinct-over-join",
    chapter: "2.2",
    summary: "distinct() removes the duplicates that a join has made",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) =>
    chainsIn(input)
      .flatMap((chain) => toDrafts(chain, input))
      .filter(isFirst),
  proposes: true,
  judge: (input) => withRestated(judgeBySize(input, { rule: "distinct-over-join", severity: "warning", meaning: "" }), input.database, withExistsForDistinct),
};

/** A method of a manager is one place, however many querysets go through it. */
function isFirst(draft: FindingDraft, index: number, all: readonly FindingDraft[]): boolean {
  const place = (one: FindingDraft): string => JSON.stringify(one.places[0]?.span);
  return all.findIndex((one) => place(one) === place(draft)) === index;
}

/** `filter(lines__isnull=True)` and `filter(lines=None)`: a row without related rows comes once from the outer join. */
function asksForNone({ keyword, fields, rest }: Lookup): boolean {
  const { value } = keyword;
  if (value.kind !== "constant" || `${rest.join("__")}=${value.value}` !== (rest.length === 0 ? "=none" : "isnull=true")) return false;
  const last = fields.at(-1);
  return last?.relation?.single === false && fields.every((field) => field === last || field.relation?.single !== false);
}

/**
 * `filter(tags__name="x")` where the name is unique, `filter(lines=line)`: a row has one link to it at most. The other conditions of the
 * same `filter()` go over the same join.
 */
function asksForOne({ fields, rest }: Lookup, input: RuleInput): boolean {
  if (rest.length > 0 && rest.join("__") !== "exact") return false;
  const [relation, ...others] = fields.filter((field) => field.relation?.single === false);
  // `filter(shelves__books=book)`: a book stands on one shelf, and that in one room.
  if (others.length > 0) return fields.every((field) => field.relation?.kind === "fk-reverse");
  if (relation === undefined || !hasSingleLinks(relation, input)) return false;
  const [column, ...more] = fields.slice(fields.indexOf(relation) + 1);
  return column === undefined || (more.length === 0 && (column.unique || column.primaryKey || isUniqueBeside(column, relation, input)));
}

/** `filter(memberships__group=group)` where a user has one membership of a group. */
function isUniqueBeside({ name }: Field, { relation }: Field, { graph }: RuleInput): boolean {
  const back = relation?.kind === "fk-reverse" ? relation.back : null;
  const groups = graph.byLabel(relation?.target ?? "")?.uniqueTogether ?? [];
  return back !== null && groups.some((names) => names.length === 2 && names.includes(name) && names.includes(back));
}

/** `filter(answers__question=question)`: of the rows that repeat, only those of one question; `filter(user__in=[one, other])`: twice at most. */
function isOfOneParent({ fields, rest, keyword: { value } }: Lookup): boolean {
  const many = fields.findLastIndex((field) => field.relation?.single === false);
  const [key] = fields.slice(many + 1);
  if (rest.join("__") === "in" && value.kind === "sequence") return value.items.every((item) => item.kind !== "star");
  const isEqual = rest.length === 0 || rest.join("__") === "exact";
  return isEqual && value.kind !== "constant" && key?.relation?.single === true;
}

/** Of a row to the same row; a table of links that the code declares may have several. */
function hasSingleLinks({ relation, declaration }: Field, { graph }: RuleInput): boolean {
  if (relation?.kind === "fk-reverse" || relation?.kind === "generic-relation") return true;
  const isOwnTable = declaration?.kind === "call" && declaration.keywords.some(({ name }) => name === "through");
  if (!isOwnTable) return true;
  const links = graph.byLabel(relation?.through ?? "");
  const ends = [...(links?.fields.values() ?? [])].filter((field) => field.relation?.kind === "fk").map(({ name }) => name);
  return links?.uniqueTogether.some((names) => names.length === 2 && names.every((name) => ends.includes(name))) === true;
}

interface Repeating extends Lookup {
  readonly doubt: string | null;
}

function repeating(call: ChainCall, model: Model, input: RuleInput): Repeating[] {
  const joined = keywordLookups(input, model, call).filter(({ many }) => many !== "");
  const single = new Set(joined.filter((one) => asksForOne(one, input)).map(({ many }) => many));
  return joined
    .filter((one) => !asksForNone(one) && !single.has(one.many))
    .map((one) => ({ ...one, doubt: joined.some((other) => other.many === one.many && isOfOneParent(other)) ? OF_ONE_PARENT : null }));
}

const OF_ONE_PARENT = "the condition takes the rows of one parent, or of a few, among which few may be of one row";

/** `rows = ….distinct()`, and then `rows.values_list("name")` alone: what is compared are these columns. */
function isOfValues({ origin, calls }: Chain, { facts }: RuleInput): boolean {
  const later = origin.calls.filter((call) => !calls.includes(call));
  const isAskedForRows = facts.runs.some((run) => run.origin === origin && run.givesRows);
  return later.length > 0 && later.every(({ name }) => name === "values" || name === "values_list") && !isAskedForRows;
}

const FIRST: ReadonlySet<string> = new Set(["first", "last", "latest", "earliest"]);

/** Whatever runs the queryset takes one row of it. */
function isOfFirstRow({ origin }: Chain, { facts }: RuleInput): boolean {
  const runs = facts.runs.filter((run) => run.origin === origin);
  return runs.length > 0 && runs.every(({ how }) => FIRST.has(how));
}

function toDrafts(chain: Chain, input: RuleInput): FindingDraft[] {
  const distinct = chain.calls.find((one) => one.name === "distinct" && one.args.length === 0);
  if (distinct === undefined || isOfValues(chain, input) || has(chain, "values", "values_list", "annotate", "aggregate", "order_by", "union")) return [];
  const joined = chain.calls
    .filter((one) => one.name === "filter")
    .flatMap((call) => repeating(call, chain.model, input))
    .at(0);
  if (joined === undefined) return [];
  return [
    {
      key: [chain.origin.symbol, chain.origin.model, joined.many],
      // `only("pk")`: what is compared is a key.
      confidence: has(chain, "only") || joined.doubt !== null || isSampleDataCommand(distinct.file) ? "possible" : "likely",
      claim: `Each \`${chain.model.name}\` row comes once per \`${joined.many}\` row, and \`distinct()\` compares ${has(chain, "only") ? "what `only()` leaves of them" : "whole rows"} to drop the copies.`,
      reason: "The join repeats rows; removing them sorts or hashes every column.",
      remedy: isOfFirstRow(chain, input)
        ? "Leave distinct() out: the first row is the same without it."
        : "Filter with `Exists(…)` over the relation: no row is repeated, and distinct() can go.",
      doubt: joined.doubt ?? "where few rows match, the difference is small",
      model: chain.origin.model,
      relation: joined.many,
      places: [{ role: "queryset", span: callSpan(distinct) }],
      fixes: [],
    },
  ];
}
