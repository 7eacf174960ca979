import type { Setting } from "../../model/index.ts";
import { quoteLiteral } from "../quote.ts";

/** What the planner, and the text of statistics, goes by outside of the category of its own. */
const OTHERS = new Set(
  `work_mem hash_mem_multiplier max_parallel_workers_per_gather parallel_leader_participation effective_io_concurrency jit plan_cache_mode
  TimeZone DateStyle IntervalStyle bytea_output default_text_search_config transform_null_equals search_path`.split(/\s+/),
);

export function plannerSettings(settings: readonly Setting[]): ReadonlyMap<string, string> {
  const chosen = settings.filter(({ name, category }) => category.startsWith("Query Tuning") || OTHERS.has(name));
  return new Map(chosen.map(({ name, value }) => [name, value]));
}

/** Values are in the setting's own unit, as `pg_settings` has them. Neither name nor value is read as SQL. */
export function setStatement(name: string, value: string, isLocal = false): string {
  return `SELECT pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, ${isLocal})`;
}
