import { declaringCall } from "../../fixes/drop-call.ts";
import { dropLoadFix } from "../../fixes/drop-load.ts";
import type { ChainCall, EagerLoad, FindingDraft, Model, QueryRun, Rule, RuleInput, Span } from "../../model/index.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { lookupOf } from "../chains.ts";
import { enclosingFunction } from "../code.ts";
import { isBeforeValues } from "../before-values.ts";
import { dotted, holderName, modelName } from "../names.ts";
import { isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "unused-eager-load",
    chapter: "3.2",
    summary: "A relation is loaded with the rows and never read",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => {
    const unread = groups(input).flatMap((group) => judge(group, input));
    return unread
      .filter((one) => !unread.some((other) => isBelow(one, other)))
      .map((one) => one.tell(unread.filter((other) => isBelow(other, one)).map(({ load }) => load)));
  },
};

/** A path that nothing reads; told with those that go on from it. */
interface Unread {
  readonly load: EagerLoad;
  readonly tell: (deeper: readonly EagerLoad[]) => FindingDraft;
}

/** The same call loads both: without the longer path's end the shorter one would be loaded all the same. */
function isBelow({ load: one }: Unread, { load: other }: Unread): boolean {
  const call = one.method === other.method && one.path.startsWith(`${other.path}__`) ? declaringCall(one)?.call : undefined;
  return call !== undefined && call === declaringCall(other)?.call;
}

/** Declarations by place: a shared method declares for several querysets, and one that reads it is enough. */
function groups(input: RuleInput): EagerLoad[][] {
  const found = new Map<string, EagerLoad[]>();
  for (const one of input.facts.eagerLoads) {
    const key = `${one.span.file}:${one.span.start}:${one.method}:${one.path}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()];
}

function judge(group: readonly EagerLoad[], input: RuleInput): Unread[] {
  const [first] = group;
  if (first === undefined || group.some((one) => one.used || one.origin.escapes || !isOwn(one, input))) return [];
  const runs = input.facts.runs.filter((run) => group.some((one) => one.origin.id === run.origin.id));
  if (runs.some((run) => run.doubts.length > 0 || (!run.inTemplate && enclosingFunction(pathTo(input.program, run.span)) === null))) return [];
  if (runs.some((run) => run.atImport)) return [];
  if (group.some((one) => one.origin.calls.some((call) => isBinding(call) || isClearing(call)))) return [];
  // What was loaded and dropped, or is queried again, is another rule's finding.
  if (input.facts.loads.some((load) => load.origin.id === first.origin.id && `${load.path}__`.startsWith(`${first.path}__`))) return [];
  if (input.facts.discarded.some((one) => isWithin(first.span, one.span))) return [];
  const rows = runs.filter((run) => !ANSWERS.has(run.how));
  if (rows.length === 0) {
    const asked = asksOf(group, runs);
    const isIgnored = asked.length > 0 && asked.every((one) => isDropping(one) && isWithin(first.span, one.span));
    return isIgnored ? [{ load: first, tell: (deeper) => ignoredDraft(first, deeper, asked, input) }] : [];
  }
  if (rows.some((run) => !run.givesRows) && !isBeforeValues(first)) return [];
  const values: Ask = { how: "values", span: rows[0]?.span ?? first.span };
  const isOfValues = rows.every((run) => !run.givesRows);
  return [{ load: first, tell: (deeper) => (isOfValues ? ignoredDraft(first, deeper, [values], input) : toDraft(first, deeper, rows, input)) }];
}

/** A union must have equal columns, a write may cascade, `only()` and `defer()` name columns of the joined rows. */
const BINDING: ReadonlySet<string> = new Set(["union", "intersection", "difference", "delete", "raw", "only", "defer"]);

/** `select_for_update()` locks what is joined as well, and that may be what the join is for; one of the rows alone does not. */
function isBinding({ name, args, keywords }: ChainCall): boolean {
  if (name !== "select_for_update") return BINDING.has(name);
  const tables = keywords.find((one) => one.name === "of")?.value;
  const [only, ...more] = tables?.kind === "sequence" ? tables.items : [];
  return args.length > 0 || more.length > 0 || only?.kind !== "str" || only.value !== "self";
}

/** `select_related(None)` takes back what was said before. */
function isClearing(call: ChainCall): boolean {
  const [only] = call.args;
  return (call.name === "select_related" || call.name === "prefetch_related") && only?.kind === "constant";
}

/** Runs that drop eager loads by themselves. */
const ANSWERS: ReadonlySet<string> = new Set(["count", "exists", "aggregate", "contains", "in-filter", "explain"]);

/** Where the database is asked for something else than rows. */
interface Ask {
  readonly how: string;
  readonly span: Span;
  /** `distinct()[:5].exists()` keeps its columns: they decide which rows are the same. */
  readonly keepsColumns?: boolean;
}

function asksOf(group: readonly EagerLoad[], runs: readonly QueryRun[]): Ask[] {
  const isDistinct = group.some((one) => one.origin.calls.some(({ name }) => name === "distinct"));
  const asked = runs.map(({ how, span, sliced }) => ({ how, span, keepsColumns: how === "exists" && sliced && isDistinct }));
  // What a method that was not read does with the rows before they are changed is not known.
  const isKnown = runs.length > 0 || group.every((one) => one.origin.calls.every(({ name }) => PLAIN.has(name)));
  const updates = group.flatMap((one) => one.origin.calls.filter(({ name }) => UPDATES.has(name)));
  return [...asked, ...(isKnown ? updates.map(({ file, start, end }) => ({ how: "update", span: { file, start, end } })) : [])];
}

/** Questions for which Django leaves out what they were told to load. */
const DROPPING: ReadonlySet<string> = new Set(["count", "exists", "aggregate", "update"]);

function isDropping({ how, keepsColumns }: Ask): boolean {
  return DROPPING.has(how) && keepsColumns !== true;
}

/** Written in the function that makes the queryset, so that no other caller is served by it. */
function isOwn(one: EagerLoad, input: RuleInput): boolean {
  if ((one.origin.kind !== "manager" && one.origin.kind !== "related") || one.span.file !== one.origin.span.file) return false;
  const declared = enclosingFunction(pathTo(input.program, one.span));
  const made = enclosingFunction(pathTo(input.program, one.origin.span));
  // A framework calls these and does with the rows what it likes.
  return declared !== null && declared === made && !/^get_.*queryset$/.test(declared.name);
}

const ASKS: ReadonlySet<string> = new Set(["filter", "exclude", "order_by", "annotate", "alias", "distinct"]);
const UPDATES: ReadonlySet<string> = new Set(["update", "aupdate"]);
const PLAIN: ReadonlySet<string> = new Set([...ASKS, ...UPDATES, "all", "select_related", "prefetch_related"]);

/** A lookup goes over the relation to more than its key: Django joins it once for both. */
function isJoinedAnyway({ origin, path }: EagerLoad, input: RuleInput): boolean {
  const model = input.graph.byLabel(origin.model);
  if (model === null) return false;
  const isOrdered = origin.calls.some(({ name }) => name === "order_by");
  const names = [...origin.calls.filter(({ name }) => ASKS.has(name)).flatMap(namesIn), ...(isOrdered ? [] : model.ordering)].map((name) =>
    name.replace(/^-/, ""),
  );
  return names.some((name) => {
    if (!name.startsWith(`${path}__`)) return name === path && isOrderedByTarget(name, origin.calls, input, model);
    const { fields, rest } = lookupOf(input, model, name);
    const steps = path.split("__").length;
    const next = fields[steps];
    return next === undefined ? rest[0] !== "isnull" : !next.primaryKey || fields.length > steps + 1;
  });
}

/** Names of fields in lookups, in `F()` and in `Q()`. */
function namesIn({ args, keywords }: ChainCall): string[] {
  const nodes = [...args, ...keywords.map(({ value }) => value)].flatMap((one) => nodesIn(one));
  const nested = nodes.flatMap((node) => (node.kind === "str" ? [node.value] : node.kind === "call" ? node.keywords.map(({ name }) => name) : []));
  return [...keywords.map(({ name }) => name), ...nested];
}

/** `order_by("author")` sorts as authors are sorted, by their key where they are not. */
function isOrderedByTarget(name: string, calls: readonly ChainCall[], input: RuleInput, model: Model): boolean {
  const isSortedBy = calls.some((call) => call.name === "order_by" && namesIn(call).some((one) => one.replace(/^-/, "") === name));
  const target = lookupOf(input, model, name).fields.at(-1)?.relation?.target;
  return isSortedBy && (input.graph.byLabel(target ?? "")?.ordering.length ?? 0) > 0;
}

function toDraft(one: EagerLoad, deeper: readonly EagerLoad[], runs: readonly QueryRun[], input: RuleInput): FindingDraft {
  const isJoined = one.method === "select_related" && [one, ...deeper].every((each) => isJoinedAnyway(each, input));
  const joined = isJoined ? "its columns in every row, by a join that a condition or the order needs as well" : "a join and its columns in every row";
  const cost = one.method === "select_related" ? joined : "one query and its rows each time";
  const holder = holderName(one.origin.symbol, input.program);
  return {
    ...common(one, deeper, runs[0]),
    confidence: "likely",
    claim: `\`${holder}\` loads \`${dotted(one.path)}\` with each \`${modelName(one.origin.model)}\` and never reads it: ${cost}.`,
    reason: "Every read of these rows was followed, and none goes over this relation.",
    // What only our reading says is never read, a person looks at.
    fixes: dropLoadFix(one, deeper, "review", input),
  };
}

/** Nobody gets rows of which the relation could be read. */
function ignoredDraft(one: EagerLoad, deeper: readonly EagerLoad[], asked: readonly Ask[], input: RuleInput): FindingDraft {
  const hows = [...new Set(asked.map(({ how }) => how))];
  const methods = hows.map((how) => `\`${how}()\``).join(" and ");
  return {
    ...common(one, deeper, asked[0]),
    confidence: "certain",
    claim: `${callText(one, deeper)} in \`${holderName(one.origin.symbol, input.program)}\` does nothing: ${methods} ${hows.length === 1 ? "ignores" : "ignore"} it.`,
    reason: hows.includes("values")
      ? "Dictionaries and tuples have no relations; name the related column in `values()` where it is needed."
      : "No row comes back that could hold the relation: Django leaves it out of the statement.",
    doubt: "the statement is the same without it: what goes is a word that misleads its readers",
    fixes: dropLoadFix(one, deeper, "safe", input),
  };
}

function callText({ method, path }: EagerLoad, deeper: readonly EagerLoad[]): string {
  return `\`${method}(${[path, ...deeper.map((each) => each.path)].map((each) => `"${each}"`).join(", ")})\``;
}

function common(
  one: EagerLoad,
  deeper: readonly EagerLoad[],
  access: { readonly span: Span } | undefined,
): Omit<FindingDraft, "confidence" | "claim" | "reason" | "fixes"> {
  return {
    key: [one.origin.symbol, one.origin.model, one.method, one.path],
    remedy: `Remove ${callText(one, deeper)}.`,
    doubt: "signals and code outside the project may read the relation",
    model: one.origin.model,
    relation: one.path,
    places: [{ role: "queryset", span: one.span, label: "never read" }, ...(access === undefined ? [] : [{ role: "access" as const, span: access.span }])],
  };
}
