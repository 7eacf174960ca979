import type { Confidence, FindingDraft, LoopFact, Origin, QueryRun, RowPrefetch, Rule, RuleInput, Spot } from "../../model/index.ts";
import { keyField } from "../../fixes/key-access.ts";
import { isFlush, isRemembered, loopSite, type LoopSite, needsItsQueries, stopsEarly } from "../loops.ts";
import { holderName, listed, modelName } from "../names.ts";
import { isSetOffByWrite } from "../set-off.ts";
import { isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "prefetch-in-loop",
    chapter: "2.4",
    summary: "A prefetch runs for each row of a loop instead of once for all",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => [...objectDrafts(input), ...querysetDrafts(input)],
};

function objectDrafts(input: RuleInput): FindingDraft[] {
  return input.facts.rowPrefetches.filter((one) => one.perRow).map((one) => ofObjects(one, input));
}

function ofObjects(one: RowPrefetch, input: RuleInput): FindingDraft {
  const places: Spot[] = one.loop === null ? [] : [{ role: "loop", span: one.loop.span }];
  return {
    key: [one.symbol, one.origin.model, one.path],
    confidence: one.loop?.over === "rows" ? "certain" : "likely",
    claim: `\`${holderName(one.symbol, input.program)}\` prefetches \`${one.path}\` for each \`${modelName(one.origin.model)}\` by itself: one query a row.`,
    reason: "`prefetch_related_objects` takes all rows at once and then sends one query for each relation.",
    remedy: `Call it once before the loop with all rows, or add \`prefetch_related("${one.path}")\` to the queryset.`,
    doubt: "rows that already have the relation cost nothing",
    model: one.origin.model,
    relation: one.path,
    places: [{ role: "queryset", span: one.origin.span }, ...places, { role: "access", span: one.span }],
    fixes: [],
  };
}

function querysetDrafts(input: RuleInput): FindingDraft[] {
  const seen = new Set<string>();
  return input.facts.runs.flatMap((run) => {
    const paths = prefetches(run, input);
    const key = `${run.span.file}:${run.span.start}`;
    if (paths.length === 0 || seen.has(key)) return [];
    seen.add(key);
    return [ofQueryset(run, paths, input)];
  });
}

/** Paths that the run prefetches again in each round; a queryset made before the loop keeps its rows. */
function prefetches(run: QueryRun, input: RuleInput): string[] {
  if (run.loop?.over !== "rows" || run.cached || !run.givesRows || !run.madeInLoop || run.related) return [];
  if (isBatch(run, run.loop, input)) return [];
  if (run.how === "count" || run.how === "exists" || run.how === "aggregate") return [];
  const own = input.facts.eagerLoads.filter((one) => one.origin.id === run.origin.id && one.method === "prefetch_related");
  const isWritten = own.filter((one) => isWithin(one.span, run.origin.span));
  return [...new Set(isWritten.map((one) => one.path))];
}

/** More calls than this between loop and query, and the way may never be taken. */
const NEAR = 2;

function confidenceOf(run: QueryRun, input: RuleInput): Confidence {
  // A receiver, and a model's own `save()`, are called for one row: no rows of other rounds come there.
  if (run.loop === null || run.calls.length > NEAR || run.doubts.length > 0 || isSetOffByWrite(run.calls, run.span, input)) return "possible";
  return stopsEarly(siteOf(run, run.loop, input)) ? "possible" : "likely";
}

/** Batches, and what is asked once for a key, are fetched as they should be. */
function isBatch(run: QueryRun, loop: LoopFact, input: RuleInput): boolean {
  const site = siteOf(run, loop, input);
  return isFlush(site) || isRemembered(site) || needsItsQueries(input, site, loop);
}

function siteOf(run: QueryRun, loop: LoopFact, input: RuleInput): LoopSite {
  return loopSite(input, loop, run.calls[0] ?? run.span);
}

/** What is worked out for one round's rows does not come with those of all rounds; neither does a slice for each. */
function isAnnotated({ origin }: QueryRun): boolean {
  return origin.calls.some(({ name }) => name === "annotate");
}

function remedyFor(run: QueryRun, paths: readonly string[], input: RuleInput): string {
  const keys = paths.flatMap((path) => keyAlone(run.origin, path, input) ?? []);
  const withoutKeys = `Read ${listed(keys)}, which came with the row, and leave the prefetch out: nothing else of the other row is read.`;
  if (keys.length === paths.length) return withoutKeys;
  const others =
    run.sliced || isAnnotated(run)
      ? "Leave the prefetch out of the loop's queryset, gather the rows of all rounds, and call `prefetch_related_objects()` on them once."
      : "Fetch the rows of all rounds before the loop with one prefetching queryset, or prefetch the nested path from the outer one.";
  return keys.length === 0 ? others : `${withoutKeys} ${others}`;
}

/** `user_id`, where of the `user` that is prefetched nothing but its key is read; null elsewhere. */
function keyAlone(origin: Origin, path: string, input: RuleInput): string | null {
  const field = path.includes("__") ? null : keyField({ origin, path }, input);
  if (field?.attname == null || origin.escapes || origin.asInstances) return null;
  const key = input.graph.byLabel(field.relation?.target ?? "")?.primaryKey;
  const read = [...origin.columns].filter((column) => column.startsWith(`${path}__`));
  return read.length === 1 && read[0] === `${path}__${key}` ? field.attname : null;
}

function ofQueryset(run: QueryRun, paths: readonly string[], input: RuleInput): FindingDraft {
  const loop: Spot[] = run.loop === null ? [] : [{ role: "loop", span: run.loop.span }];
  return {
    key: [run.symbol, run.model, paths.join(",")],
    confidence: confidenceOf(run, input),
    claim: `\`${holderName(run.symbol, input.program)}\` prefetches ${listed(paths)} of \`${modelName(run.model)}\` again in each round: ${paths.length + 1} queries a row.`,
    reason: "The queryset is built in the loop, so its own query and each of its prefetches run once for every row.",
    remedy: remedyFor(run, paths, input),
    doubt: "a loop over one row costs nothing more",
    model: run.model,
    relation: paths[0] ?? "",
    places: [
      { role: "queryset", span: run.origin.span },
      ...loop,
      ...run.calls.map((span): Spot => ({ role: "call", span })),
      { role: "access", span: run.span },
    ],
    fixes: [],
  };
}
