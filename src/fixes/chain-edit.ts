/** Edits to a chain of method calls: one more call, or more arguments to one that is there. */
import type { ChainCall, EditDraft, Origin, RuleInput, Span } from "../model/index.ts";
import { fitText } from "./fit-text.ts";
import { indentAt, lineStart, quoted, styleOf, trailingCommentEnd, widthWith, type SourceText, type Style } from "./source-text.ts";

/** Calls of the birth expression itself, innermost first: later statements' calls on the same queryset are left out. */
export function ownCalls(origin: Pick<Origin, "span" | "calls">): ChainCall[] {
  const { file, start, end } = origin.span;
  return origin.calls.filter((call) => call.file === file && call.start === start && call.end <= end).toSorted((a, b) => a.end - b.end);
}

/** The header of a class or a function, or an object of a class: a serializer field stands for rows and has none of their methods. */
const NO_QUERYSET = /^(?:class\s|def\s|\w+\s*=|(?:[a-z_]\w*\.)*[A-Z]\w*\()/;

/** Calls can be chained on what is written there. */
export function isChainable({ span }: Pick<Origin, "span">, input: RuleInput): boolean {
  return !NO_QUERYSET.test(input.text(span.file).slice(span.start, span.end));
}

/**
 * Chains `.method("name", …)` at the end of `span`, on a line of its own when the chain is written that way.
 *
 * @example
 * // `Order.objects.filter(a=1)` becomes `Order.objects.filter(a=1).select_related("customer")`
 */
export function appendCall(source: SourceText, span: Span, calls: readonly ChainCall[], method: string, names: readonly string[]): EditDraft {
  const style = styleOf(source.text);
  return chainCall(source, span, calls, `.${method}(${names.map((name) => quoted(name, style)).join(", ")})`);
}

/** Chains any call, such as `.count()`, in the same way. */
export function chainCall(source: SourceText, span: Span, calls: readonly ChainCall[], call: string): EditDraft {
  const { text } = source;
  const separator = lineSeparator(text, calls);
  const comment = separator.includes("\\") ? null : trailingCommentEnd(text, span.end);
  const at = separator !== "" && comment !== null ? comment : span.end;
  return insertion(span.file, at, fitCall(source, at, `${separator}${call}`));
}

/** A call chained on a bare `Book.objects.all()` takes the place of `all()`. */
export function withoutAll(
  source: SourceText,
  edit: EditDraft,
  calls: readonly ChainCall[],
  { span, model }: Pick<Origin, "span" | "model">,
  input: RuleInput,
): EditDraft {
  if (calls.some((call) => call.name !== "all") || edit.span.start !== span.end || !isPlainAll(source.text.slice(span.start, span.end), model, input))
    return edit;
  const at = edit.span.start - ALL.length;
  return { span: { ...edit.span, start: at }, text: fitCall(source, at, edit.text, ALL.length) };
}

const ALL = ".all()";

/** The text of a queryset for one more call: `Book.objects` of `Book.objects.all()`. */
export function chainable(text: string, model: string, input: RuleInput): string {
  return /^[A-Z]\w*\.\w+\.all\(\)$/.test(text) && isPlainAll(text, model, input) ? text.slice(0, -ALL.length) : text;
}

/** `all()` of a manager that has none of its own. */
function isPlainAll(text: string, model: string, { graph, program }: RuleInput): boolean {
  const name = /\.(\w+)\.all\(\)$/.exec(text)?.[1];
  const manager = name === undefined ? undefined : graph.byLabel(model)?.managers.get(name);
  return manager !== undefined && (manager.manager === null || program.member(manager.manager, "all")?.owner.module.origin !== "project");
}

/** A chained call as it fits its line; where it does not, its arguments go on a line of their own, or on one each. `removed`: characters that it replaces. */
export function fitCall({ text, lineLength }: SourceText, at: number, call: string, removed = 0): string {
  const separator = /^[^.]*/.exec(call)?.[0] ?? "";
  const written = call.slice(separator.length);
  const style = styleOf(text, lineLength);
  const own = separator === "" ? null : separator.slice(separator.lastIndexOf("\n") + 1);
  const indent = own ?? indentAt(text, at);
  const column = own?.length ?? widthWith(text, at, -removed);
  return `${separator}${fitText(written, { column, indent }, style)}`;
}

/** What stands before the dot of the chain's last call that begins a line; empty for a chain on one line. */
function lineSeparator(text: string, calls: readonly ChainCall[]): string {
  const gaps = calls.map((call) => /^(?:\s|\\\r?\n|#[^\n]*\n)*/.exec(text.slice(call.dot, call.end))?.[0] ?? "");
  const broken = gaps.findLast((gap) => gap.includes("\n"));
  if (broken === undefined) return "";
  const indent = broken.slice(broken.lastIndexOf("\n") + 1);
  return `${/\\\r?\n[\t ]*$/.test(broken) ? " \\" : ""}\n${indent}`;
}

/** A call whose arguments can be added to: some are there, and none by keyword, starred or None. */
export function isExtensible(call: ChainCall): boolean {
  const isOpen = (kind: string): boolean => kind === "star" || kind === "constant";
  return call.args.length > 0 && call.keywords.length === 0 && !call.args.some((arg) => isOpen(arg.kind));
}

/**
 * Adds names to a call, in the style of its arguments. A name that goes on where an argument ends
 * (`"author"` and `author__publisher`) replaces it: loading the longer path loads the shorter one too.
 */
export function extendCall(source: SourceText, call: ChainCall, names: readonly string[]): EditDraft[] {
  const { text } = source;
  const strings = call.args.flatMap((arg) => (arg.kind === "str" ? [arg] : []));
  const edits: EditDraft[] = [];
  const added: string[] = [];
  for (const name of names) {
    if (strings.some(({ value }) => value === name || value.startsWith(`${name}__`))) continue;
    const shorter = strings.find((one) => name.startsWith(`${one.value}__`) && isPlain(text, one));
    if (shorter === undefined || edits.some((edit) => edit.span.start === shorter.end - 1)) added.push(name);
    else edits.push(insertion(call.file, shorter.end - 1, name.slice(shorter.value.length)));
  }
  return [...edits, ...appendItems(source, { file: call.file, items: call.args, end: call.end }, added)];
}

function isPlain(text: string, str: { readonly start: number; readonly end: number; readonly value: string }): boolean {
  return text.slice(str.start + 1, str.end - 1) === str.value;
}

/** Arguments or elements between brackets; `end` is after the closing one. */
export interface Items {
  readonly file: string;
  readonly items: readonly { readonly start: number; readonly end: number }[];
  readonly end: number;
}

/** Adds strings after the last item of a bracketed list that has at least one. */
export function appendItems({ text, lineLength }: SourceText, { file, items, end }: Items, names: readonly string[]): EditDraft[] {
  const last = items.at(-1);
  const first = items[0];
  if (last === undefined || first === undefined || names.length === 0) return [];
  const style = neighbourStyle(text, last, lineLength);
  const written = names.map((name) => quoted(name, style));
  const before = text.slice(lineStart(text, last.start), last.start);
  if (/^[\t ]*$/.test(before)) return appendLines(text, { file, items, end }, last, before, written);
  const added = `, ${written.join(", ")}`;
  const isOneLine = !text.slice(first.start, end).includes("\n");
  if (!isOneLine || widthWith(text, last.end, added.length) <= style.width) return [insertion(file, last.end, added)];
  return explode(text, file, first.start, last.end, end, added, style);
}

/** Items that stand on lines of their own go on doing so; a comment stays with its line. */
function appendLines(text: string, { file, end }: Items, last: Items["items"][number], indent: string, written: readonly string[]): EditDraft[] {
  const rest = text.slice(last.end, end);
  const comma = /^\s*,/.exec(rest)?.[0].length ?? 0;
  const after = last.end + comma;
  const at = trailingCommentEnd(text, after) ?? after;
  const lines = written.join(`,\n${indent}`);
  if (comma > 0) return [insertion(file, at, `\n${indent}${lines},`)];
  if (at === last.end) return [insertion(file, at, `,\n${indent}${lines}`)];
  return [insertion(file, last.end, ","), insertion(file, at, `\n${indent}${lines}`)];
}

/** `f("a", "b")` that is too long for its line gets one for its arguments. */
function explode(text: string, file: string, start: number, last: number, end: number, added: string, style: Style): EditDraft[] {
  const indent = indentAt(text, start);
  const line = `${indent}${style.step}${text.slice(start, end - 1).trim()}${added}`;
  if (line.length > style.width || text[start - 1] !== "(") return [insertion(file, last, added)];
  const opening = insertion(file, start, `\n${indent}${style.step}`);
  if (last === end - 1) return [opening, insertion(file, last, `${added}\n${indent}`)];
  return [opening, insertion(file, last, added), insertion(file, end - 1, `\n${indent}`)];
}

function neighbourStyle(text: string, item: { readonly start: number; readonly end: number }, lineLength: number | null): Style {
  const style = styleOf(text, lineLength);
  const quote = text[item.end - 1];
  return quote === "'" || quote === '"' ? { ...style, quote } : style;
}

export function insertion(file: string, at: number, text: string): EditDraft {
  return { span: { file, start: at, end: at }, text };
}
