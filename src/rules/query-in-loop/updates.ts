/** `rows.filter(pk=row.pk).update(…)`, sent anew in each round. */
import type { Confidence, FindingDraft, LoopFact, RuleInput, Span, Write } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { callAt, statementOf } from "../code.ts";
import { isFlush, isForOneMatch, isGuardedPerRound, isOverConstant, loopSite, type LoopSite, needsItsQueries, stopsEarly } from "../loops.ts";
import { nameOf, oncePerPlace } from "../runs.ts";

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
  return oncePerPlace(found.filter((one) => isGuilty(one, input))).map(toDraft);
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

function toDraft({ write, loop, site, model }: LoopedUpdate): FindingDraft {
  return {
    key: [write.symbol, model, "update"],
    confidence: confidenceOf(write, loop, site),
    claim: `Each round of the loop sends an UPDATE of \`${nameOf(model)}\`.`,
    reason: "One statement can change the rows of all rounds.",
    remedy: "Send one `filter(pk__in=…).update(…)` where all rows get the same or an expression; `bulk_update()` where each gets a value of its own.",
    doubt: loop.over === "rows" ? "a loop over one row costs nothing more" : "nothing says how many rounds the loop has",
    model,
    places: [
      { role: "loop", span: loop.span },
      ...write.calls.map((span) => ({ role: "call" as const, span })),
      { role: "write", span: write.span, label: "one statement a round" },
    ],
    fixes: [],
  };
}

function confidenceOf({ calls }: Write, loop: LoopFact, site: LoopSite): Confidence {
  if (isOverConstant(site) || isFlush(site) || isForOneMatch(site)) return "possible";
  return loop.over === "rows" || calls.length === 0 ? "likely" : "possible";
}
