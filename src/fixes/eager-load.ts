/** The edit that loads a relation with its queryset. */
import type { ChainCall, FixDraft, LazyLoad, RuleInput } from "../model/index.ts";

export function eagerLoadFix(load: LazyLoad, input: RuleInput): FixDraft[] {
  const method = load.joinable ? "select_related" : "prefetch_related";
  const title = `Load ${load.path.replaceAll("__", ".")} with the queryset`;
  if (load.origin.kind !== "manager" && load.origin.kind !== "related") return [{ title, safety: "advice", edits: [] }];
  const { span } = load.origin;
  const existing = load.origin.calls.find((call) => call.name === method && call.file === span.file && isLiteralCall(call));
  const safety = load.joinable ? "safe" : "review";
  if (existing !== undefined) return [{ title, safety, edits: [extend(existing, load.path)] }];
  const text = input.text(span.file).slice(span.start, span.end);
  const needsAll = !text.trimEnd().endsWith(")");
  void needsAll;
  return [{ title, safety, edits: [{ span: { ...span, start: span.end }, text: `.${method}("${load.path}")` }] }];
}

function isLiteralCall(call: ChainCall): boolean {
  return call.args.length > 0 && call.keywords.length === 0 && call.args.every((arg) => arg.kind === "str");
}

function extend(call: ChainCall, path: string): FixDraft["edits"][number] {
  const end = call.args.at(-1)?.end ?? call.end;
  return { span: { file: call.file, start: end, end }, text: `, "${path}"` };
}
