/** Writes that no signal tells of, of models whose cached values signals alone remove. */
import type { CacheCall, DatabaseDraft, RuleInput, Span } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { cacheCalls, isRemoval, isWithin, keyWords } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { receivers, type Receiver } from "../caching/receivers.ts";
import { writesOf, type WriteKind, type WriteSite } from "../caching/write-sites.ts";
import { functionAt } from "../code.ts";

const SILENT: ReadonlySet<WriteKind> = new Set(["update", "bulk_create", "sql"]);
const MOST_PLACES = 6;

export function signalGaps(input: RuleInput): readonly DatabaseDraft[] {
  const removals = cacheCalls(input).filter(isRemoval);
  const groups = new Map<string, { readonly model: string; readonly call: CacheCall; readonly by: Receiver[] }>();
  for (const call of removals) {
    for (const receiver of receivers(input).filter(({ span }) => [call.span, ...call.trail].some((one) => isWithin(one, span)))) {
      const key = `${receiver.model} ${keyWords(call)}`;
      const group = groups.get(key) ?? { model: receiver.model, call, by: [] };
      group.by.push(receiver);
      groups.set(key, group);
    }
  }
  return [...groups.values()].flatMap(({ model, call, by }) => {
    const missed = writesOf(input, [model]).filter((write) => isMissed(write, by) && !removesItself(input, write, removals));
    return missed.length === 0 ? [] : [toDraft(model, call, by, missed)];
  });
}

function isMissed({ kind, span }: WriteSite, by: readonly Receiver[]): boolean {
  return SILENT.has(kind) && !by.some((one) => isWithin(span, one.span));
}

/** The function that writes removes a key too: its author has thought of it. */
function removesItself(input: RuleInput, { span }: WriteSite, removals: readonly CacheCall[]): boolean {
  const holder = functionAt(pathTo(input.program, span));
  if (holder === null) return false;
  const whole: Span = { file: span.file, start: holder.start, end: holder.end };
  return removals.some((one) => [one.span, ...one.trail].some((at) => isWithin(at, whole)));
}

function toDraft(label: string, call: CacheCall, by: readonly Receiver[], missed: readonly WriteSite[]): DatabaseDraft {
  const name = label.split(".").at(-1) ?? label;
  const signals = [...new Set(by.map(({ when }) => when))].toSorted().join(" and ");
  const isOne = !signals.includes(" and ");
  const kept = call.key === null ? "what is kept of it" : keyWords(call);
  const [first] = missed;
  const how = [...new Set(missed.map((one) => (one.kind === "sql" ? "SQL" : `${one.how}()`)))].join(", ");
  return {
    key: ["signal", label, keyWords(call)],
    chapter: "6.2",
    claim: `${formatCount(missed.length, "write")} of ${name} by ${how} ${missed.length === 1 ? "leaves" : "leave"} ${kept} in the cache, which only ${signals} ${isOne ? "removes" : "remove"}.`,
    reason: `update(), bulk_update(), bulk_create() and SQL send neither post_save nor post_delete, and call no save() of ${name}: what is cached stays as it was.`,
    remedy: `Remove ${kept} in transaction.on_commit() beside ${first === undefined ? "each write" : `${first.symbol.split(".").at(-1) ?? ""}()`}${missed.length > 1 ? " and the others" : ""}.`,
    doubt: `a write of columns of ${name} that the cached value does not hold harms nothing`,
    model: label,
    places: [
      ...missed.slice(0, MOST_PLACES).map(({ span, how: method }) => ({ role: "write" as const, span, label: method })),
      { role: "call", span: call.span },
    ],
    evidence: [SOURCE_EVIDENCE],
    fixes: [],
  };
}
