/** What can be done about a relation that is loaded row by row, the best first. */
import type { FixDraft, LazyLoad, RuleInput } from "../model/index.ts";
import { eagerLoadFix } from "./eager-load.ts";
import { keyAccessFix } from "./key-access.ts";

/** `loads` are all reads that the finding is about, `load` the one with the longest path. */
export function lazyLoadFixes(load: LazyLoad, loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  const key = keyAccessFix(loads, input);
  // No line of the project has the queryset that delete() fetches them with, however deep in the receiver the read is.
  if (load.origin.collected === true) return key === null ? [] : [key];
  return key === null ? eagerLoadFix(load, input) : [key, ...eagerLoadFix(load, input)];
}
