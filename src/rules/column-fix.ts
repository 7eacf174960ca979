/** The edit that names the columns to load. */
import { appendCall, ownCalls } from "../fixes/chain-edit.ts";
import { whyNotHere } from "../fixes/eager-load.ts";
import { sourceOf } from "../fixes/source-text.ts";
import type { FixDraft, RuleInput } from "../model/index.ts";
import type { KnownReads } from "./known-reads.ts";
import { isWithin } from "../model/span.ts";

/** Others who call the method read other columns. */
const behindMethod = (method: string): string => `do so behind ${method}() here, as far as that gives a queryset, and not inside it for all who call it`;

export function columnFix({ origin, runs }: KnownReads, method: "only" | "defer", names: readonly string[], input: RuleInput): FixDraft[] {
  const title = method === "only" ? `Load ${names.join(", ")} alone` : `Leave out ${names.join(", ")}`;
  // A method of the chain fetches the rows itself: what is added behind it comes too late for them.
  const isInside = runs.some(({ trail }) => trail.some((call) => isWithin(call, origin.span)));
  const reason = isInside ? "do so inside the chain's own method, which fetches the rows" : whyNotHere(origin, input, behindMethod)?.reason;
  if (reason !== undefined) return [{ title: `${title}: ${reason}`, safety: "advice", edits: [] }];
  const edit = appendCall(sourceOf(input, origin.span.file), origin.span, ownCalls(origin), method, names);
  return [{ title, safety: "review", edits: [edit] }];
}
