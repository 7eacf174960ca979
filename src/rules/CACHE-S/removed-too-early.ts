/** Keys that are removed before what they hold is committed. */
import type { CacheCall, DatabaseDraft, RuleInput } from "../../model/index.ts";
import { cacheCalls, isRemoval, keyWords, openBlock, type OpenBlock } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { writeSites, type WriteSite } from "../caching/write-sites.ts";
import { isWithin } from "../../model/span.ts";

/** They take away; `incr()` of a counter inside a transaction is another matter. */
const TAKING: ReadonlySet<string> = new Set(["delete", "delete_many", "delete_pattern", "clear"]);

interface Early {
  readonly block: OpenBlock;
  readonly write: WriteSite;
  readonly calls: Map<string, CacheCall>;
}

/** One finding for each transaction, whatever it removes. */
export function removedTooEarly(input: RuleInput): readonly DatabaseDraft[] {
  const writes = writeSites(input);
  const blocks = new Map<string, Early>();
  for (const call of cacheCalls(input)) {
    if (!isRemoval(call) || !TAKING.has(call.how)) continue;
    const block = openBlock(input, call);
    const write = block === null ? undefined : writes.find(({ span }) => isWithin(span, block.body));
    if (block === null || write === undefined) continue;
    const key = `${block.head.file}:${block.head.start}`;
    const early = blocks.get(key) ?? { block, write, calls: new Map<string, CacheCall>() };
    early.calls.set(`${call.span.file}:${call.span.start}`, call);
    blocks.set(key, early);
  }
  return [...blocks.values()].flatMap(toDraft);
}

const MOST_PLACES = 6;

function toDraft({ block, write, calls }: Early): DatabaseDraft[] {
  const [call, ...others] = calls.values();
  if (call === undefined) return [];
  const name = write.model?.split(".").at(-1) ?? "the row";
  const what =
    others.length === 0
      ? `cache.${call.how}() of ${keyWords(call)} runs`
      : `${others.length + 1} removals from the cache, of ${keyWords(call)} and others, run`;
  return [
    {
      key: ["too-early", call.symbol, keyWords(call), write.model ?? ""],
      chapter: "6.2",
      claim: `${what} before the transaction that writes ${name} commits.`,
      reason: "Between the two, a reader finds no value, asks the database, gets the old row, and stores it again: it stays there.",
      remedy: `Hand the removal to transaction.on_commit(), so that it runs after the change of ${name} can be seen.`,
      doubt: "a key that no reader fills cannot be filled with the old value; and a second removal after the commit would mend it",
      ...(write.model === null ? {} : { model: write.model }),
      places: [
        { role: "call", span: call.span },
        { role: "definition", span: block.head, label: "the transaction" },
        { role: "write", span: write.span },
        ...others.slice(0, MOST_PLACES).map((one) => ({ role: "call" as const, span: one.span })),
      ],
      evidence: [SOURCE_EVIDENCE],
      fixes: [],
    },
  ];
}
