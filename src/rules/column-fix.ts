/** The edit that names the columns to load. */
import type { FixDraft, Origin } from "../model/index.ts";

export function columnFix(origin: Origin, method: "only" | "defer", names: readonly string[]): FixDraft[] {
  const title = method === "only" ? `Load ${names.length} columns` : `Leave out ${names.join(", ")}`;
  const text = `.${method}(${names.map((name) => `"${name}"`).join(", ")})`;
  return [{ title, safety: "review", edits: [{ span: { ...origin.span, start: origin.span.end }, text }] }];
}
