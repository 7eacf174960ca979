/** An eager load that nothing reads goes, or moves to the method that can do it. */
import type { ChainCall, EagerLoad, EditDraft, FixDraft, RuleInput } from "../model/index.ts";
import { appendCall, extendCall, insertion, isExtensible } from "./chain-edit.ts";
import { declaringCall, dropArgument, dropArguments } from "./drop-call.ts";
import { sourceOf } from "./source-text.ts";

/** Removes one path and those that go on from it, with their call where it has no others. Rows stay the same: a relation that is read after all is loaded then. */
export function dropLoadFix(load: EagerLoad, deeper: readonly EagerLoad[], safety: "safe" | "review", input: RuleInput): FixDraft[] {
  const found = declaringCall(load);
  const indexes = [load, ...deeper].map((one) => declaringCall(one)?.index ?? -1);
  const edit = found === null ? null : dropArguments(input.text(load.span.file), found.call, indexes);
  return edit === null ? [] : [{ title: `Do not load ${load.path.replaceAll("__", ".")}`, safety, edits: [edit] }];
}

/** The path is loaded by the other of the two methods instead. */
export function otherMethodFix(load: EagerLoad, input: RuleInput): FixDraft[] {
  const other = load.method === "select_related" ? "prefetch_related" : "select_related";
  const found = declaringCall(load);
  if (found === null) return [];
  const { call, index } = found;
  const source = sourceOf(input, load.span.file);
  const existing = load.origin.calls.find((one) => one.name === other && one.file === call.file && one.start === call.start && isExtensible(one));
  const dropped = dropArgument(source.text, call, index);
  const edits = existing === undefined ? movedTo(other, call, dropped, load, input) : [dropped, ...extendCall(source, existing, [load.path])];
  const whole = edits.filter((edit) => edit !== null);
  return whole.length < edits.length ? [] : [{ title: `Load ${load.path.replaceAll("__", ".")} with ${other}()`, safety: "review", edits: whole }];
}

function movedTo(other: string, call: ChainCall, dropped: EditDraft | null, load: EagerLoad, input: RuleInput): (EditDraft | null)[] {
  const source = sourceOf(input, call.file);
  if (call.args.length === 1 && call.keywords.length === 0) {
    const name = source.text.indexOf(load.method, call.dot);
    return [{ span: { file: call.file, start: name, end: name + load.method.length }, text: other }];
  }
  const chain = load.origin.calls.filter((one) => one.file === call.file && one.start === call.start && one.end <= call.end);
  const added = appendCall(source, { file: call.file, start: call.start, end: call.end }, chain, other, [load.path]);
  return [dropped, added];
}

/** `distinct=True` for each of these calls of `Count`. */
export function distinctCounts(counts: readonly { readonly file: string; readonly end: number }[]): EditDraft[] {
  return counts.map(({ file, end }) => insertion(file, end - 1, ", distinct=True"));
}
