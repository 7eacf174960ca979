import type { Setting } from "../../model/index.ts";
import { quoteLiteral } from "../quote.ts";

/** What the planner, and the text of statistics, goes by outside of the category of its own. */
const OTHERS = new Set(
  `work_mem hash_mem_multiplier max_parallel_workers_per_gather parallel_leader_participation effective_io_concurrency jit plan_cache_mode
  TimeZone DateStyle IntervalStyle bytea_output default_text_search_config standard_conforming_strings transform_null_equals search_path`.split(/\s+/),
);

/** Lists of names, which one quoted text would turn into one name. */
const LISTS = new Set(["search_path", "DateStyle"]);

export function plannerSettings(settings: readonly Setting[]): ReadonlyMap<string, string> {
  const chosen = settings.filter(({ name, category }) => category.startsWith("Query Tuning") || OTHERS.has(name));
  return new Map(chosen.map(({ name, value }) => [name, value]));
}

/** Values are in the setting's own unit, as `pg_settings` has them. */
export function setStatement(name: string, value: string, isLocal = false): string {
  const set = isLocal ? "SET LOCAL" : "SET";
  // A path as the server shows it is quoted already; an empty one has to be.
  if (LISTS.has(name) && value !== "") return `${set} ${name} = ${value}`;
  return `${set} ${name} = ${quoteLiteral(value)}`;
}
