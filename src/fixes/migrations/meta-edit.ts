/** Entries of Meta.indexes and Meta.constraints, added and taken away in the style of the class. */
import type { ClassInfo, EditDraft, Expr, MetaEntry, Program, RuleInput, Span, Stmt } from "../../model/index.ts";
import { insertion } from "../chain-edit.ts";
import { fitText, roomAt } from "../fit-text.ts";
import { indentAt, lineEnd, lineStart, sourceOf, styleOf, trailingCommentEnd, type SourceText } from "../source-text.ts";
import { attributeOf } from "../syntax.ts";
import type { Place } from "./place.ts";
import { writeInModule, type PythonCode } from "./python-code.ts";

export type MetaList = "indexes" | "constraints";

/** Null where the list is not written as one. */
export function addToMeta({ source, model, module }: Place, list: MetaList, entry: PythonCode): readonly EditDraft[] | null {
  const text = sourceOf(source, module.ir.file);
  const written = writeInModule(module, text.text, entry);
  const edits = place(
    source,
    { cls: model.cls, meta: model.table?.meta ?? null, hasInherited: isInherited(model.cls, model.table?.[list] ?? []) },
    list,
    written.text,
    text,
  );
  return edits === null ? null : [...written.edits, ...edits];
}

interface Holder {
  readonly cls: ClassInfo;
  /** Its own Meta, or an abstract base's. */
  readonly meta: ClassInfo | null;
  /** The list is there already, in a base's Meta. */
  readonly hasInherited: boolean;
}

function isInherited(cls: ClassInfo, entries: readonly MetaEntry[]): boolean {
  return entries.some(({ meta }) => meta.parent !== cls);
}

function place({ program }: RuleInput, { cls, meta, hasInherited }: Holder, list: MetaList, entry: string, source: SourceText): readonly EditDraft[] | null {
  if (meta?.parent !== cls) return newMeta(program, cls, { meta, hasInherited }, `${list} = `, entry, source);
  const own = attributeOf(meta.def, list);
  if (own === null) {
    const [base] = meta.def.bases;
    const inherited = hasInherited && base !== undefined ? `*${source.text.slice(base.start, base.end)}.${list}` : null;
    if (hasInherited && inherited === null) return null;
    return newAttribute(meta, list, [inherited, entry], source);
  }
  return own.value.kind === "sequence" && own.value.type !== "set" ? [appended(cls.module.ir.file, own.value, entry, source)] : null;
}

function newAttribute(meta: ClassInfo, list: MetaList, entries: readonly (string | null)[], { text, lineLength }: SourceText): readonly EditDraft[] | null {
  const last = meta.def.body.at(-1);
  if (last === undefined) return null;
  const file = meta.module.ir.file;
  const indent = indentAt(text, last.start);
  const written = fitText(`${list} = [${present(entries)}]`, { column: indent.length, indent }, styleOf(text, lineLength));
  if (last.kind === "jump" && meta.def.body.length === 1) return [{ span: { file, start: last.start, end: last.end }, text: written }];
  const at = trailingCommentEnd(text, last.end) ?? last.end;
  return [insertion(file, at, `\n${indent}${written}`)];
}

const present = (entries: readonly (string | null)[]): string => entries.filter((one) => one !== null).join(", ");

/** Behind the fields and managers, as Django's own style guide has it. */
function newMeta(
  program: Program,
  cls: ClassInfo,
  { meta, hasInherited }: Omit<Holder, "cls">,
  head: string,
  entry: string,
  { text, lineLength }: SourceText,
): readonly EditDraft[] | null {
  const base = meta === null || isBare(meta) ? null : baseWith(program, cls, meta, text);
  if (base === null && meta !== null && !isBare(meta)) return null;
  const inherited = hasInherited && base !== null ? `*${base}.Meta.${head.slice(0, -" = ".length)}` : null;
  const last = lastDeclaration(cls);
  if (last === null) return null;
  const file = cls.module.ir.file;
  const indent = indentAt(text, last.start);
  const style = styleOf(text, lineLength);
  const inner = `${indent}${style.step}`;
  const written = fitText(`${head}[${present([inherited, entry])}]`, { column: inner.length, indent: inner }, style);
  const lines = `class Meta${base === null ? "" : `(${base}.Meta)`}:\n${inner}${written}`;
  if (last.kind === "jump") return [{ span: { file, start: last.start, end: last.end }, text: lines }];
  return [insertion(file, trailingCommentEnd(text, last.end) ?? last.end, `\n\n${indent}${lines}`)];
}

/** A Meta that says `abstract` alone has nothing to pass on. */
function isBare({ members, def }: ClassInfo): boolean {
  return def.bases.length === 0 && [...members.keys()].every((name) => name === "abstract");
}

/** A base as the class names it, through which the Meta is reached. */
function baseWith(program: Program, cls: ClassInfo, meta: ClassInfo, text: string): string | null {
  const leads = (expr: Expr): boolean => {
    const found = expr.kind === "name" ? program.resolve(cls.module, expr.name) : null;
    return found?.kind === "class" && program.mro(found.cls).some((one) => one === meta.parent);
  };
  const base = cls.def.bases.find(leads);
  return base === undefined ? null : text.slice(base.start, base.end);
}

function lastDeclaration({ def }: ClassInfo): Stmt | null {
  const [first] = def.body;
  if (def.body.length === 1 && first?.kind === "jump") return first;
  return def.body.findLast((stmt) => stmt.kind === "assign") ?? first ?? null;
}

function appended(file: string, list: Extract<Expr, { readonly kind: "sequence" }>, entry: string, { text, lineLength }: SourceText): EditDraft {
  const last = list.items.at(-1);
  const style = styleOf(text, lineLength);
  const close = list.end - 1;
  if (last !== undefined && text.slice(last.end, close).includes("\n") && text.slice(lineStart(text, last.start), last.start).trim() === "") {
    const indent = indentAt(text, last.start);
    const written = fitText(entry, { column: indent.length, after: 1, indent }, style);
    const hasComma = /^\s*,/.test(text.slice(last.end, close));
    if (hasComma)
      return insertion(file, trailingCommentEnd(text, text.indexOf(",", last.end) + 1) ?? text.indexOf(",", last.end) + 1, `\n${indent}${written},`);
    return insertion(file, last.end, `,\n${indent}${written},`);
  }
  const open = text[list.start] ?? "[";
  const items = list.items.map((item) => text.slice(item.start, item.end));
  const span = { file, start: list.start, end: list.end };
  const tail = open === "(" && items.length === 0 ? "," : "";
  return { span, text: fitText(`${open}${[...items, entry].join(", ")}${tail}${text[close] ?? "]"}`, roomAt(text, span), style) };
}

/** The models that an entry of an abstract base's Meta is for. */
export function modelsWith({ graph }: RuleInput, list: MetaList, { span }: MetaEntry): readonly string[] {
  const models = [...graph.models.values()].filter((one) => !one.isAbstract && !one.isProxy);
  return models.filter((one) => one.table?.[list].some((other) => isSame(other.span, span))).map((one) => one.label);
}

const isSame = (a: Span, b: Span): boolean => a.file === b.file && a.start === b.start && a.end === b.end;

/** Takes the entry out, the list with it when it was the only one, and a Meta that holds nothing more. */
export function removeFromMeta({ text }: RuleInput, list: MetaList, { span, meta }: MetaEntry): readonly EditDraft[] | null {
  const source = text(span.file);
  const own = attributeOf(meta.def, list);
  const isEntry = (item: Expr): boolean => item.start === span.start && item.end === span.end;
  const items = own === null ? undefined : listsIn(own.value).find((list) => list.some(isEntry));
  if (own === null || items === undefined) return null;
  const index = items.findIndex(isEntry);
  // What is added to another list stays, empty as it is.
  if (items.length > 1 || own.value.kind !== "sequence") return [withoutItem(source, span.file, items, index)];
  const isAll = meta.def.body.length === 1;
  return [wholeLines(source, span.file, isAll ? meta.def : own.stmt, isAll)];
}

/** The lists of `Base.Meta.indexes + […]`. */
function listsIn(expr: Expr): readonly (readonly Expr[])[] {
  if (expr.kind === "sequence") return [expr.items];
  return expr.kind === "binary" && expr.operator === "+" ? [...listsIn(expr.left), ...listsIn(expr.right)] : [];
}

function withoutItem(text: string, file: string, items: readonly Expr[], index: number): EditDraft {
  const [before, item, next] = [items[index - 1], items[index], items[index + 1]];
  const { start, end } = item ?? { start: 0, end: 0 };
  const line = lineStart(text, start);
  const rest = text.slice(end, lineEnd(text, end));
  if (text.slice(line, start).trim() === "" && /^\s*,?\s*(?:#.*)?$/.test(rest))
    return { span: { file, start: line, end: Math.min(text.length, text.indexOf("\n", end) + 1) }, text: "" };
  if (next !== undefined) return { span: { file, start, end: next.start }, text: "" };
  return { span: { file, start: before?.end ?? start, end }, text: "" };
}

function wholeLines(text: string, file: string, { start, end }: { readonly start: number; readonly end: number }, withBlank: boolean): EditDraft {
  const line = lineStart(text, start);
  const blank = withBlank ? (/(?:[\t ]*\r?\n)*$/.exec(text.slice(0, line))?.[0].length ?? 0) : 0;
  const upTo = lineEnd(text, trailingCommentEnd(text, end) ?? end);
  const newline = blank > 0 ? 1 : 0;
  const from = blank > 0 ? line - blank + newline : line;
  return { span: { file, start: Math.max(0, from), end: Math.min(text.length, upTo + 1) }, text: "" };
}
