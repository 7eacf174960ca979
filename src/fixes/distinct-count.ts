/** `Count("lines")` beside another joined relation counts rows more than once. */
import type { Call, FixDraft, RuleInput } from "../model/index.ts";
import { insertion } from "./chain-edit.ts";

/** `distinct=True` for a `Count`. No other aggregate means the same with it: two equal prices are two prices. */
export function distinctCountFix(count: Call, file: string, input: RuleInput): FixDraft[] {
  const last = [...count.args, ...count.keywords.map(({ value }) => value)].at(-1);
  const name = count.callee.kind === "name" || count.callee.kind === "attribute" ? count.callee.name : "";
  if (last === undefined || name !== "Count" || count.keywords.some((one) => one.name === "distinct" || one.name === "")) return [];
  const isStatic = input.text(file).slice(count.start, count.end).endsWith(")");
  return isStatic ? [{ title: "Count each row once", safety: "review", edits: [insertion(file, last.end, ", distinct=True")] }] : [];
}
