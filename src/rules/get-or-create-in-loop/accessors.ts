/** `user.settings`, which fetches its row or makes it: a query for each row that is asked. */
import type { FindingDraft, LoopFact, RuleInput, Spot, Write } from "../../model/index.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { enclosingFunction } from "../code.ts";
import { loopSite, needsItsQueries, stopsEarly } from "../loops.ts";
import { holderName } from "../names.ts";
import { nameOf, oncePerPlace } from "../runs.ts";

/** More calls than this between loop and accessor, and the way may never be taken. */
const NEAR = 2;
/** A function of more statements does more than hand its row out. */
const SHORT = 4;

export function accessorDrafts(input: RuleInput): FindingDraft[] {
  return oncePerPlace(input.facts.writes.filter((write) => isGuilty(write, input))).flatMap((write) =>
    write.loop === null || write.model === null ? [] : [toDraft(write, write.loop, write.model, input)],
  );
}

function isGuilty(write: Write, input: RuleInput): boolean {
  const { loop, calls } = write;
  const [first] = calls;
  if (write.how !== "get_or_create" || write.isAsync || loop?.over !== "rows" || first === undefined) return false;
  const site = loopSite(input, loop, first);
  const ways = calls.filter((call) => enclosingFunction(pathTo(input.program, call)) !== null);
  return ways.length <= NEAR && isAccessor(write, input) && !needsItsQueries(input, site, loop) && !stopsEarly(site);
}

/** A function that ends with `return Settings.objects.get_or_create(user=self)[0]`. */
function isAccessor({ span }: Write, { program }: RuleInput): boolean {
  const holder = enclosingFunction(pathTo(program, span));
  const last = holder?.body.at(-1);
  if (holder === null || holder.body.length > SHORT || last?.kind !== "return" || last.value?.kind !== "subscript") return false;
  return [...nodesIn(last.value)].some((node) => node.kind === "call" && node.start === span.start && node.end === span.end);
}

function toDraft(write: Write, loop: LoopFact, model: string, { program }: RuleInput): FindingDraft {
  const places: Spot[] = [{ role: "loop", span: loop.span }];
  for (const call of write.calls) places.push({ role: "call", span: call });
  places.push({ role: "write", span: write.span, label: "one query a round" });
  return {
    key: [write.symbol, model, write.how],
    confidence: "likely",
    claim: `\`${holderName(write.symbol, program)}\` asks for its \`${nameOf(model)}\` by \`get_or_create()\` in each round of a loop.`,
    reason: "Each row that is asked sends a query of its own, though its row is mostly there.",
    remedy: "Load the rows that are there with the loop's queryset, and make only what is missing.",
    doubt: "a loop over one row costs nothing more",
    model,
    places,
    fixes: [],
  };
}
