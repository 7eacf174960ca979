import type { EagerLoad } from "../model/index.ts";

/** `values()` drops what was said before it; after it, an eager load is refused. */
export function isBeforeValues({ origin, span }: EagerLoad): boolean {
  return origin.calls.some((call) => (call.name === "values" || call.name === "values_list") && call.file === span.file && call.dot >= span.end);
}
