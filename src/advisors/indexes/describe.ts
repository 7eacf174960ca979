/** Candidates in words. */
import type { Catalog, RejectedIndex, StudiedKey } from "../../model/index.ts";
import { indexName } from "../../fixes/migrations/index.ts";
import type { Candidate } from "./candidates.ts";
import type { SearchResult } from "./search.ts";

/** `orders_order (status, placed_at) INCLUDE (total)`. */
export function labelOf({ table, spec }: Candidate): string {
  const method = spec.method === undefined ? "" : ` ${spec.method}`;
  const include = spec.include === undefined || spec.include.length === 0 ? "" : ` INCLUDE (${spec.include.join(", ")})`;
  const where =
    spec.condition === undefined
      ? ""
      : ` WHERE ${spec.condition.map((one) => ("value" in one ? `${one.column} = ${JSON.stringify(one.value)}` : `${one.column} ${one.operator.toUpperCase()}`)).join(" AND ")}`;
  return `${table.name}${method} (${spec.keys.map(keyText).join(", ")})${include}${where}`;
}

export function keyText(key: StudiedKey): string {
  const suffix = key.operatorClass === undefined ? "" : ` ${key.operatorClass}`;
  if (key.kind === "function") return `${key.function}(${key.column})${suffix}`;
  if (key.kind === "json-key") return `${key.column} ->> '${key.key}'${suffix}`;
  return `${key.column}${key.descending === true ? " DESC" : ""}${suffix}`;
}

/** Names of the chosen ones, each free of the catalog's, the others' and those that rules propose. */
export function namedIndexes(
  { chosen, candidates }: SearchResult,
  { indexes }: Pick<Catalog, "indexes">,
  proposed: readonly string[] = [],
): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const taken = new Set([...indexes.map(({ name }) => name), ...proposed]);
  for (const one of chosen) {
    const candidate = candidates[one]?.candidate;
    if (candidate === undefined) continue;
    let name = indexName(candidate.spec, candidate.table, { indexes });
    for (let count = 2; taken.has(name) || [...names.values()].includes(name); count += 1)
      name = `${name.slice(0, MOST_LETTERS).replace(/_(?:idx)?$/, "")}_${count}_idx`;
    names.set(one, name);
  }
  return names;
}

/** Of Django's 30, what a number and the ending leave. */
const MOST_LETTERS = 23;

/** Those are said that some plan used, and those that the server refused. Ours. */
const MOST_REJECTED = 20;

/** Of many that begin alike on one table, the one that saves most stands for all. */
export function rejectedOf({ chosen, candidates, useful, costs }: SearchResult, budget: number): RejectedIndex[] {
  const isChosen = new Set(chosen);
  const isUsed = new Set(costs.flatMap(({ used }) => used));
  const others = new Map(
    useful
      .filter(({ candidate }) => !isChosen.has(candidate) && !isUsed.has(candidate))
      .toReversed()
      .map((one) => [beginningOf(candidates[one.candidate]?.candidate), one]),
  );
  const room = budget - chosen.reduce((sum, one) => sum + bytesOf(candidates[one]), 0);
  return [...others.values()]
    .toReversed()
    .slice(0, MOST_REJECTED)
    .flatMap(({ candidate, share, upkeep }) => {
      const entry = candidates[candidate];
      if (entry === undefined) return [];
      const bytes = "refused" in entry.known ? null : entry.known.bytes;
      const why = "refused" in entry.known ? `PostgreSQL refuses it: ${entry.known.refused}` : whyNot(share, upkeep, (bytes ?? 0) <= room);
      return [{ label: labelOf(entry.candidate), bytes, why }];
    });
}

function beginningOf(candidate: Candidate | undefined): string {
  const [first] = candidate?.spec.keys ?? [];
  return `${candidate?.table.oid ?? 0} ${candidate?.spec.method ?? ""} ${first === undefined ? "" : keyText(first)}`;
}

const bytesOf = (entry: SearchResult["candidates"][number] | undefined): number => (entry === undefined || "refused" in entry.known ? 0 : entry.known.bytes);

function whyNot(share: number, upkeep: number, isRoom: boolean): string {
  const percent = (one: number): string => `${Number((one * 100).toPrecision(2))} %`;
  const saved = `alone it would save ${percent(share)} of the whole cost`;
  if (upkeep > share) return `${saved}, and its upkeep costs ${percent(upkeep)}`;
  return isRoom ? `${saved}; beside the chosen ones it saves no more than its upkeep` : `${saved}; beside the chosen ones it is not worth its bytes`;
}
