/** Keys that are removed before what they hold is committed. */
import type { CacheCall, DatabaseDraft, RuleInput } from "../../model/index.ts";
import { cacheCalls, isRemoval, isWithin, keyWords, openBlock, type OpenBlock } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { writeSites, type WriteSite } from "../caching/write-sites.ts";

/** They take away; `incr()` of a counter inside a transaction is another matter. */
const TAKING: ReadonlySet<string> = new Set(["delete", "delete_many", "delete_pattern", "clear"]);

export function removedTooEarly(input: RuleInput): readonly DatabaseDraft[] {
  const writes = writeSites(input);
  const seen = new Set<string>();
  return cacheCalls(input).flatMap((call) => {
    const place = `${call.span.file}:${call.span.start}`;
    if (!isRemoval(call) || !TAKING.has(call.how) || seen.has(place)) return [];
    const block = openBlock(input, call);
    const write = block === null ? undefined : writes.find(({ span }) => isWithin(span, block.body));
    if (block === null || write === undefined) return [];
    seen.add(place);
    return [toDraft(call, block, write)];
  });
}

function toDraft(call: CacheCall, block: OpenBlock, write: WriteSite): DatabaseDraft {
  const name = write.model?.split(".").at(-1) ?? "the row";
  return {
    key: ["too-early", call.symbol, keyWords(call), write.model ?? ""],
    chapter: "6.2",
    claim: `cache.${call.how}() of ${keyWords(call)} runs before the transaction that writes ${name} commits.`,
    reason: "Between the two, a reader finds no value, asks the database, gets the old row, and stores it again: it stays there.",
    remedy: `Hand the removal to transaction.on_commit(), so that it runs after the change of ${name} can be seen.`,
    doubt: "a key that no reader fills cannot be filled with the old value; and a second removal after the commit would mend it",
    ...(write.model === null ? {} : { model: write.model }),
    places: [{ role: "call", span: call.span }, { role: "definition", span: block.head, label: "the transaction" }, { role: "write", span: write.span }],
    evidence: [SOURCE_EVIDENCE],
    fixes: [],
  };
}
