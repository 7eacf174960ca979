/** A column that `only()` leaves out and the rows' readers want goes back in. */
import type { FixDraft, LazyLoad, RuleInput } from "../model/index.ts";
import { appendItems, isExtensible, ownCalls } from "./chain-edit.ts";
import { sourceOf } from "./source-text.ts";

/** Extends a literal `only()` of the queryset's own chain. A deferred column is loaded on first read, so results stay. */
export function keepColumnFix(load: LazyLoad, input: RuleInput): FixDraft[] {
  const call = ownCalls(load.origin).findLast(({ name }) => name === "only");
  const title = `Load ${load.path.replaceAll("__", ".")} with the row`;
  if (call === undefined || !isExtensible(call)) return [];
  const { file, args: items, end } = call;
  const edits = appendItems(sourceOf(input, file), { file, items, end }, [load.path]);
  return edits.length === 0 ? [] : [{ title, safety: "safe", edits }];
}
