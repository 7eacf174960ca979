/** The edit that names the columns to load. */
import { appendCall, ownCalls } from "../fixes/chain-edit.ts";
import { sourceOf } from "../fixes/source-text.ts";
import type { FixDraft, Origin, RuleInput } from "../model/index.ts";

export function columnFix(origin: Origin, method: "only" | "defer", names: readonly string[], input: RuleInput): FixDraft[] {
  const title = method === "only" ? `Load ${names.length} columns` : `Leave out ${names.join(", ")}`;
  const edit = appendCall(sourceOf(input, origin.span.file), origin.span, ownCalls(origin), method, names);
  return [{ title, safety: "review", edits: [edit] }];
}
