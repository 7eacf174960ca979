/** Takes a call out of a chain, or an argument out of a call, and leaves the rest as it is written. */
import type { ChainCall, EagerLoad, EditDraft } from "../model/index.ts";
import { lineEnd, lineStart, trailingCommentEnd } from "./source-text.ts";
import { isInside } from "../model/span.ts";

/** Removes `.method(…)`; a bare manager gets `.all()` instead, as it has no rows of its own. */
export function dropCall(text: string, call: ChainCall): EditDraft {
  const gap = /^(?:\s|\\\r?\n|#[^\n]*\n)*/.exec(text.slice(call.dot, call.end))?.[0] ?? "";
  // A comment behind the receiver is about the receiver.
  const start = gap.includes("#") ? call.dot + gap.replace(/\n[^\n]*$/, "").length : call.dot;
  const isBare = !/[)\]]$/.test(text.slice(0, call.dot)) && !/^(?:\s|\\\r?\n)*\./.test(text.slice(call.end));
  if (isBare) return { span: { file: call.file, start: call.dot + gap.length, end: call.end }, text: ".all()" };
  const comment = gap.includes("\n") ? trailingCommentEnd(text, call.end) : null;
  return { span: { file: call.file, start, end: comment ?? call.end }, text: "" };
}

/** Removes one of several arguments, with its line where it has one for itself. */
export function dropArgument(text: string, call: ChainCall, index: number): EditDraft | null {
  const parts = [...call.args, ...call.keywords.map(({ value }) => value)];
  const arg = call.args[index];
  if (arg === undefined) return null;
  if (parts.length === 1) return dropCall(text, call);
  const line = lineStart(text, arg.start);
  const end = lineEnd(text, arg.end);
  const isAlone = text.slice(line, arg.start).trim() === "" && /^\s*,?\s*(?:#.*)?$/.test(text.slice(arg.end, end));
  const before = call.args[index - 1];
  const next = call.args[index + 1];
  if (isAlone) return { span: { file: call.file, start: line, end: Math.min(text.length, text.indexOf("\n", end) + 1) }, text: "" };
  if (next !== undefined) return { span: { file: call.file, start: arg.start, end: next.start }, text: "" };
  return before === undefined ? null : { span: { file: call.file, start: before.end, end: arg.end }, text: "" };
}

/** Removes arguments that stand side by side; null where others stand between them. */
export function dropArguments(text: string, call: ChainCall, indexes: readonly number[]): EditDraft | null {
  const [first = -1, ...others] = indexes.toSorted((a, b) => a - b);
  if (others.length === 0) return dropArgument(text, call, first);
  if (call.args.length + call.keywords.length === indexes.length) return dropCall(text, call);
  const last = first + others.length;
  if (others.some((index, place) => index !== first + 1 + place)) return null;
  const [from, to, before, next] = [call.args[first], call.args[last], call.args[first - 1], call.args[last + 1]];
  if (from === undefined || to === undefined) return null;
  if (next !== undefined) return { span: { file: call.file, start: from.start, end: next.start }, text: "" };
  return before === undefined ? null : { span: { file: call.file, start: before.end, end: to.end }, text: "" };
}

/** The call of a chain that declares an eager load, and which argument does. */
export function declaringCall({ origin, method, span }: EagerLoad): { readonly call: ChainCall; readonly index: number } | null {
  const call = origin.calls.find((one) => one.name === method && one.file === span.file && one.dot <= span.start && span.end <= one.end);
  const index = call?.args.findIndex((arg) => isInside(span, arg)) ?? -1;
  return call === undefined || index === -1 || call.args.some((arg) => arg.kind === "star") ? null : { call, index };
}
