import type { FindingDraft, Rule, RuleInput } from "../../model/index.ts";
import { hasHooks, loopWrites, writeConfidence, writeKey, writePlaces, type LoopWrite } from "../loop-writes.ts";

export const rule: Rule = {
  meta: {
    id: "get-or-create-in-loop",
    chapter: "2.2",
    summary: "A loop calls get_or_create() or update_or_create() each round",
    severity: "warning",
    confidence: "possible",
    fix: "never",
    stage: "stable",
  },
  check: (input) =>
    loopWrites(input, new Set(["get_or_create", "update_or_create"]))
      .filter((one) => isGuilty(one, input))
      .map(toDraft),
};

const SIGNALS = ["pre_save", "post_save"];

function isGuilty(one: LoopWrite, input: RuleInput): boolean {
  return one.model.parents.length === 0 && !hasHooks(input, one.model, SIGNALS, "save");
}

function toDraft(one: LoopWrite): FindingDraft {
  const { how } = one.write;
  const statements = how === "get_or_create" ? "1 statement a hit, 4 a miss" : "4 statements a round";
  return {
    key: writeKey(one),
    confidence: one.loop.over === "rows" && writeConfidence(one) === "likely" ? "likely" : "possible",
    claim: `The loop calls \`${how}()\` for each \`${one.model.name}\`: ${statements}.`,
    reason: "Each round looks for its row, and opens a transaction to write it.",
    remedy: how === "get_or_create" ? "Fetch the rows that exist with one `filter(…__in=…)`, then `bulk_create()` the rest." : "Use `bulk_create(…, update_conflicts=True, unique_fields=…, update_fields=…)`.",
    doubt: "it needs a unique constraint on the looked-up fields to be safe against other writers",
    model: one.model.label,
    places: writePlaces(one),
    fixes: [],
  };
}
