/** `rows.filter(pk=row.pk).update(…)`, sent anew in each round. */
import type { Call, Confidence, Expr, FindingDraft, LoopFact, RuleInput, Span, Write } from "../../model/index.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { keywordLookups, type Lookup } from "../chains.ts";
import { callAt, changedNames, functionAt, namesIn, statementOf } from "../code.ts";
import { isFlush, isForOneMatch, isGuardedPerRound, isOverConstant, loopSite, type LoopSite, needsItsQueries, stopsEarly } from "../loops.ts";
import { asWritten } from "../coroutines.ts";
import { isWithin } from "../../model/span.ts";
import { isOverOwnFile } from "../own-files.ts";
import { nameOf, oncePerPlace } from "../runs.ts";
import { isSetOffByWrite, SET_OFF } from "../set-off.ts";
import { lastName } from "../transactions/blocks.ts";
import { waitDoubt, waitsBeside } from "../waits-beside.ts";

interface LoopedUpdate {
  readonly write: Write;
  readonly loop: LoopFact;
  readonly site: LoopSite;
  readonly span: Span;
  readonly model: string;
}

/** One call between loop and update: more, and the way may never be taken. */
const NEAR = 1;

export function updateDrafts(input: RuleInput): FindingDraft[] {
  const found = input.facts.writes.flatMap((write): LoopedUpdate[] => {
    const { loop, model } = write;
    if (loop === null || model === null || write.how !== "update" || write.keyed !== "keyed" || write.calls.length > NEAR) return [];
    return [{ write, loop, site: loopSite(input, loop, write.calls[0] ?? write.span), span: write.span, model }];
  });
  return oncePerPlace(found.filter((one) => isGuilty(one, input))).map((one) => asWritten(toDraft(one, input), one.write));
}

function isGuilty({ loop, site, span }: LoopedUpdate, input: RuleInput): boolean {
  if (loop.over !== "rows" && loop.over !== "unknown") return false;
  if (needsItsQueries(input, site, loop) || isGuardedPerRound(site) || stopsEarly(site)) return false;
  const call = callAt(input, span);
  const stmt = statementOf(pathTo(input.program, span));
  // Whoever reads how many rows were met asks for each row whether it was still as expected.
  return (
    call?.callee.kind === "attribute" && call.callee.object.kind === "call" && stmt?.kind === "expr" && (stmt.value === call || stmt.value.kind === "await")
  );
}

function toDraft(one: LoopedUpdate, input: RuleInput): FindingDraft {
  const { write, loop, site, model } = one;
  const wait = waitsBeside(site, [...write.calls, write.span], input);
  const isPart = isPartOfJob(write, input);
  const isSetOff = loop.collects !== undefined || isSetOffByWrite(write.calls, write.span, input);
  return {
    key: [write.symbol, model, "update"],
    confidence: isSetOff || isPart || wait !== null || isOverOwnFile(site, loop, input) ? "possible" : confidenceOf(write, loop, site),
    claim: `Each round of the loop sends an UPDATE of \`${nameOf(model)}\`.`,
    reason: "One statement can change the rows of all rounds.",
    remedy: remedyOf(one, input),
    doubt: isSetOff
      ? SET_OFF
      : wait !== null
        ? waitDoubt(wait)
        : isPart
          ? PART
          : loop.over === "rows"
            ? "a loop over one row costs nothing more"
            : "nothing says how many rounds the loop has",
    model,
    places: [
      { role: "loop", span: loop.span },
      ...write.calls.map((span) => ({ role: "call" as const, span })),
      { role: "write", span: write.span, label: "one statement a round" },
    ],
    fixes: [],
  };
}

/** A function that writes more often than this for one row is a job of its own, of which the update is one step. Ours. */
const FEW_WRITES = 3;
const PART = "the function does more writes for its row, of which this one is a small part, and which belong together";

function isPartOfJob({ calls, span }: Write, { facts, program }: RuleInput): boolean {
  const holder = calls.length === 0 ? null : functionAt(pathTo(program, span));
  if (holder === null) return false;
  const places = facts.writes.filter((other) => isWithin(other.span, { file: span.file, start: holder.start, end: holder.end }));
  return oncePerPlace(places).length > FEW_WRITES;
}

const OF_KEYS = "Send one `filter(pk__in=…).update(…)` where all rows get the same or an expression; `bulk_update()` where each gets a value of its own.";

const ADDS_UP =
  "Add up in the loop what the rounds change, by key, and send one `update()` for each key after it: two rounds may meet the same row, which one `filter(…__in=…).update(…)` would change once.";

/** `update(stock=F("stock") - 1)` of rows that other rounds may meet as well. */
function addsUp(call: Call, one: LoopedUpdate, input: RuleInput): boolean {
  if (!call.keywords.some(({ value }) => nodesIn(value).some((node) => node.kind === "call" && lastName(node.callee) === "F"))) return false;
  const lookups = conditionsOf(call, one, input);
  return lookups === null || !lookups.some((lookup) => isOfLoopsRow(lookup, one));
}

/** `filter(order=row)`: no other round has that row. */
function isOfLoopsRow({ keyword: { value } }: Lookup, { loop, site }: LoopedUpdate): boolean {
  const row = value.kind === "attribute" && /^(?:pk|id)$/.test(value.name) ? value.object : value;
  return loop.over === "rows" && site.loop?.kind === "for" && site.loop.target.kind === "name" && row.kind === "name" && row.name === site.loop.target.name;
}

/** A key that several rows may have says nothing of which they are: what writes row by row does not fit. */
function remedyOf(one: LoopedUpdate, input: RuleInput): string {
  const { site } = one;
  const call = callAt(input, one.span);
  if (call !== null && addsUp(call, one, input)) return ADDS_UP;
  const conditions = call === null ? null : conditionsOf(call, one, input);
  if (call === null || conditions === null) return OF_KEYS;
  const isOurs = one.write.calls.length === 0 && site.loop !== null;
  const changed = site.loop === null ? new Set<string>() : changedNames(site.loop);
  const isLeft = (value: Expr): boolean => isOurs && ![...namesIn(value)].some((name) => changed.has(name));
  const keys = isOurs ? conditions.filter(({ keyword }) => !isLeft(keyword.value)) : conditions;
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0 || key.rest.length > 0 || key.fields.length === 0) return OF_KEYS;
  const { name } = key.keyword;
  const update = `filter(${name}__in=…${conditions.length === 1 ? "" : ", …"}).update(…)`;
  if (isOurs && call.args.length === 0 && call.keywords.every(({ name: column, value }) => column !== "" && isLeft(value)))
    return `The line sets the same in every round: collect its keys in the loop, and send one \`${update}\` after it.`;
  if (key.fields.length === 1 && key.fields[0]?.primaryKey === true && conditions.length === 1) return OF_KEYS;
  return (
    `Collect the keys by the value that their rows get, and send one \`${update}\` for each value after the loop; ` +
    `where there are as many values as keys, one \`update()\` with \`Case(When(${name}=…, then=…), …)\`.`
  );
}

/** Every condition of `rows.filter(…).update()`; null where one is not a keyword of its own. */
function conditionsOf(call: Call, { model }: LoopedUpdate, input: RuleInput): readonly Lookup[] | null {
  const of = input.graph.byLabel(model);
  const found: Lookup[] = [];
  let at: Expr = call.callee.kind === "attribute" ? call.callee.object : call;
  while (at.kind === "call" && at.callee.kind === "attribute") {
    if (at.callee.name !== "all") {
      if (of === null || at.callee.name !== "filter" || at.args.length > 0 || at.keywords.some(({ name }) => name === "")) return null;
      found.push(...keywordLookups(input, of, at));
    }
    at = at.callee.object;
  }
  return found;
}

function confidenceOf({ calls }: Write, loop: LoopFact, site: LoopSite): Confidence {
  if (isOverConstant(site) || isFlush(site) || isForOneMatch(site)) return "possible";
  return loop.over === "rows" || calls.length === 0 ? "likely" : "possible";
}
