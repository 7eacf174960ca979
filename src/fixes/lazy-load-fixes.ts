/** What can be done about a relation that is loaded row by row, the best first. */
import type { FixDraft, LazyLoad, RuleInput } from "../model/index.ts";
import { eagerLoadFix } from "./eager-load.ts";
import { gainsNoPrefetch } from "./eager-verdict.ts";
import { innerRows, innerRowsFix } from "./inner-rows.ts";
import { keyAccessFix, keyColumn } from "./key-access.ts";

/** `loads` are all reads that the finding is about, `load` the one with the longest path. */
export function lazyLoadFixes(load: LazyLoad, loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  const key = keyAccessFix(loads, input);
  // No line of the project has the queryset that delete() fetches them with, however deep in the receiver the read is.
  if (load.origin.collected === true) return key === null ? [] : [key];
  const inner = key === null ? innerRows(load, input) : null;
  if (inner !== null) return [innerRowsFix(inner, load, input)];
  return key === null ? (loadAndReadKey(load, loads, input) ?? loadAnyway(load, loads, input)) : [key, ...eagerLoadFix(load, input)];
}

/** Where the key would do, and no edit can say so for the other side of a comparison, the row may be loaded too: that is the second best. */
function loadAnyway(load: LazyLoad, loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  const fixes = eagerLoadFix(load, input);
  if (keyColumn(load, loads, input) === null) return fixes;
  return fixes.map((fix) => ({ ...fix, title: fix.title.replace(/^Load/, "Or load"), safety: fix.safety === "safe" ? "review" : fix.safety }));
}

/** The row that has the key is loaded one by one as well. */
export function loadBefore({ path }: LazyLoad, loads: readonly LazyLoad[]): LazyLoad | undefined {
  return loads.filter((one) => one.path !== path && path.startsWith(`${one.path}__`)).toSorted((a, b) => b.path.length - a.path.length)[0];
}

/** `order.customer.referrer.pk`: the customer is loaded with the order, and its key of the referrer is read. Null where more is read beyond. */
function loadAndReadKey(load: LazyLoad, loads: readonly LazyLoad[], input: RuleInput): FixDraft[] | null {
  const before = loadBefore(load, loads);
  const beyond = loads.filter(({ path }) => path === load.path);
  const isOnWay = ({ path }: LazyLoad): boolean => path === load.path || path === before?.path || before?.path.startsWith(`${path}__`) === true;
  const key = before === undefined || !loads.every(isOnWay) ? null : keyAccessFix(beyond, input);
  if (before === undefined || key === null) return null;
  if (gainsNoPrefetch(before, input)) return [key];
  return eagerLoadFix(before, input).map((fix) => (fix.edits.length === 0 ? fix : both(fix, key)));
}

function both(load: FixDraft, key: FixDraft): FixDraft {
  return { title: `${load.title}. ${key.title}`, safety: load.safety === "safe" ? key.safety : load.safety, edits: [...load.edits, ...key.edits] };
}
