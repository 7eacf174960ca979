/** Writes that no signal tells of, of models whose cached values signals alone remove. */
import type { CacheCall, ChainCall, DatabaseDraft, RuleInput, Span } from "../../model/index.ts";
import { groupBy } from "../../model/group-by.ts";
import { formatCount } from "../../model/numbers.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { cacheCalls, isRemoval, isStore, keysMeet, keyWords } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { receivers, receiversOfAll, type Receiver } from "../caching/receivers.ts";
import { writesOf, type WriteKind, type WriteSite } from "../caching/write-sites.ts";
import { chainsIn, type Chain } from "../chains.ts";
import { callAt, functionAt } from "../code.ts";
import { isWithin } from "../../model/span.ts";

const SILENT: ReadonlySet<WriteKind> = new Set(["update", "bulk_create", "sql"]);
const MOST_PLACES = 6;

/** A removal that runs when a model's rows are saved or deleted. */
interface Group {
  readonly model: string;
  readonly call: CacheCall;
  readonly by: Receiver[];
}

export function signalGaps(input: RuleInput): readonly DatabaseDraft[] {
  const removals = cacheCalls(input).filter(isRemoval);
  const chains = chainsIn(input);
  const gaps = groupsOf(input, removals).flatMap((group) => {
    const silent = writesOf(input, [group.model]).filter((write) => isMissed(write, group.by) && !removesItself(input, write, removals));
    const kept = silent.length === 0 ? null : keptColumns(input, group, chains);
    const missed = silent.filter((write) => !leavesAlone(input, write, kept));
    return missed.length === 0 ? [] : [{ group, missed }];
  });
  const sameWrites = groupBy(gaps, ({ group, missed }) => [group.model, whenOf(group.by), ...missed.map(({ span }) => `${span.file}:${span.start}`)].join(" "));
  return [...sameWrites.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const calls = same.map(({ group }) => group.call);
    return [toDraft(first.group, { calls, missed: first.missed, isByHand: removals.some((one) => isByHand(one, first.group, calls)) })];
  });
}

/** Other code removes the key as well: which writes it thinks of is its author's knowledge. */
function isByHand(removal: CacheCall, { by }: Group, calls: readonly CacheCall[]): boolean {
  const isOfSignal = [removal.span, ...removal.trail].some((place) => by.some(({ span }) => isWithin(place, span)));
  return !isOfSignal && removal.trail.length > 1 && isTold(removal.key) && calls.some((call) => keysMeet(removal, call));
}

function groupsOf(input: RuleInput, removals: readonly CacheCall[]): Group[] {
  const ofAll = receiversOfAll(input);
  const groups = new Map<string, Group>();
  for (const call of removals) {
    const places = [call.span, ...call.trail];
    if (places.some((place) => ofAll.some((one) => isWithin(place, one)))) continue;
    for (const receiver of receivers(input).filter(({ span }) => places.some((one) => isWithin(one, span)))) {
      const key = `${receiver.model} ${keyWords(call)}`;
      const group = groups.get(key) ?? { model: receiver.model, call, by: [] };
      group.by.push(receiver);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

function isMissed({ kind, span }: WriteSite, by: readonly Receiver[]): boolean {
  return SILENT.has(kind) && !by.some((one) => isWithin(span, one.span));
}

/** Columns that the cached values are made of, where all that store one ask for values of the model; null where that is not known. */
function keptColumns(input: RuleInput, { model, call }: Group, chains: readonly Chain[]): ReadonlySet<string> | null {
  const ofModel = chains.filter((chain) => chain.model.label === model);
  const stores = cacheCalls(input).filter(isStore);
  const isCalled = ({ span }: CacheCall): boolean => stores.some((one) => isTold(one.key) && isWithin(one.span, span));
  // A helper that is given the key stores another one for each caller; by itself it knows none.
  const columns = stores.filter((one) => (isTold(one.key) ? keysMeet(one, call) : !isCalled(one))).map((store) => columnsAsked(input, store, ofModel));
  return columns.length === 0 || columns.includes(null) ? null : new Set(columns.flatMap((some) => some ?? []));
}

/** It begins with a text at least. */
const isTold = (key: CacheCall["key"]): boolean => key !== null && key[0] !== null;

/** Of the function that stores, or else the nearest that calls it: the columns of the queries of the model that stand there. */
function columnsAsked(input: RuleInput, { key, span, trail }: CacheCall, ofModel: readonly Chain[]): string[] | null {
  for (const place of [...trail, span].toReversed()) {
    const def = functionAt(pathTo(input.program, place));
    const chains = def === null ? [] : ofModel.filter((chain) => isWithin(chain.span, { file: place.file, start: def.start, end: def.end }));
    const asked = chains.map(({ calls }) => (calls.some(asksColumns) ? calls.flatMap(columnsOf) : null));
    if (asked.length > 0) return asked.includes(null) ? null : asked.flatMap((some) => some ?? []);
  }
  // Under a key that nobody knows something else may be stored, where nothing asks for the model.
  return isTold(key) ? null : [];
}

const VALUES: ReadonlySet<string> = new Set(["values", "values_list"]);
const NUMBERS: ReadonlySet<string> = new Set(["aggregate", "count", "exists"]);

const asksColumns = ({ name, args }: ChainCall): boolean => NUMBERS.has(name) || (VALUES.has(name) && args.length > 0);

/** `Sum("size")` too: what texts of a call name. */
function columnsOf({ args, keywords }: ChainCall): string[] {
  const texts = [...args, ...keywords.map(({ value }) => value)].flatMap((one) =>
    [...nodesIn(one)].flatMap((node) => (node.kind === "str" ? [node.value] : [])),
  );
  return [...texts, ...keywords.map(({ name }) => name)].map((path) => path.replace(/^-/, "").split("__")[0] ?? "");
}

/** `update(count=…)`, where no cached value holds the count. */
function leavesAlone(input: RuleInput, { how, span }: WriteSite, kept: ReadonlySet<string> | null): boolean {
  const written = how === "update" ? callAt(input, span)?.keywords.map(({ name }) => name) : undefined;
  return (
    kept !== null &&
    written !== undefined &&
    written.length > 0 &&
    written.every((name) => name !== "" && !kept.has(name.replace(/_id$/, "")) && !kept.has(name))
  );
}

/** The function that writes removes a key too: its author has thought of it. */
function removesItself(input: RuleInput, { span }: WriteSite, removals: readonly CacheCall[]): boolean {
  const holder = functionAt(pathTo(input.program, span));
  if (holder === null) return false;
  const whole: Span = { file: span.file, start: holder.start, end: holder.end };
  return removals.some((one) => [one.span, ...one.trail].some((at) => isWithin(at, whole)));
}

const whenOf = (by: readonly Receiver[]): string => [...new Set(by.map(({ when }) => when))].toSorted().join(" and ");

interface Missed {
  readonly calls: readonly CacheCall[];
  readonly missed: readonly WriteSite[];
  readonly isByHand: boolean;
}

function toDraft({ model: label, by }: Group, { calls, missed, isByHand: isRemovedByHand }: Missed): DatabaseDraft {
  const name = label.split(".").at(-1) ?? label;
  const signals = whenOf(by);
  const kept = calls.some(({ key }) => key === null) ? "what is kept of it" : calls.map(keyWords).join(", ");
  const [first] = missed;
  const how = [...new Set(missed.map((one) => (one.kind === "sql" ? "SQL" : `${one.how}()`)))].join(", ");
  return {
    key: ["signal", label, ...calls.map(keyWords).toSorted()],
    chapter: "6.2",
    ...(calls.every(({ key }) => isTold(key)) && !isRemovedByHand ? {} : { confidence: "possible" as const }),
    claim: `${formatCount(missed.length, "write")} of ${name} by ${how} ${missed.length === 1 ? "leaves" : "leave"} ${kept} in the cache, which ${isRemovedByHand ? "" : "only "}${signals} ${signals.includes(" and ") ? "remove" : "removes"}.`,
    reason: `update(), bulk_update(), bulk_create() and SQL send neither post_save nor post_delete, and call no save() of ${name}: what is cached stays as it was.`,
    remedy: `Remove ${kept} in transaction.on_commit() beside ${first === undefined ? "each write" : `${first.symbol.split(".").at(-1) ?? ""}()`}${missed.length > 1 ? " and the others" : ""}.`,
    doubt: `a write of columns of ${name} that the cached value does not hold harms nothing`,
    model: label,
    places: [
      ...missed.slice(0, MOST_PLACES).map(({ span, how: method }) => ({ role: "write" as const, span, label: method })),
      ...calls.map(({ span }) => ({ role: "call" as const, span })),
    ],
    evidence: [SOURCE_EVIDENCE],
    fixes: [],
  };
}
