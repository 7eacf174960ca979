import type { Expr, Jump, Keyword, Stmt, Tag, TemplateImport } from "../model/ir.ts";
import type { JinjaPiece } from "./jinja-lexer.ts";
import { type JinjaTag, openLeniently, openTag, tagOf } from "./jinja-source.ts";
import type { TemplateReport } from "./template-report.ts";

type LowerTag = (tag: JinjaTag) => readonly Stmt[];
type At = Pick<JinjaPiece, "start" | "end">;

const LOWERINGS: ReadonlyMap<string, LowerTag> = new Map<string, LowerTag>([
  ["set", lowerSet],
  ["extends", lowerExtends],
  ["include", lowerInclude],
  ["import", lowerImport],
  ["from", lowerFrom],
  ["do", lowerDo],
  ["print", lowerPrint],
  ["break", (tag) => [jumpOf(tag.piece, "break")]],
  ["continue", (tag) => [jumpOf(tag.piece, "continue")]],
]);

/** Lowers `{{ value }}`. */
export function lowerOutput(report: TemplateReport, piece: JinjaPiece): readonly Stmt[] {
  const { reader, expressions } = openTag(piece, report);
  const value = expressions.readTuple();
  reader.expectEnd();
  return [{ kind: "output", value, ...spanOf(piece) }];
}

/** Lowers a tag that has no body. */
export function lowerTag(report: TemplateReport, piece: JinjaPiece): readonly Stmt[] {
  if (piece.name === "") report.errors.push({ start: piece.start, message: "the tag has no name" });
  const lower = LOWERINGS.get(piece.name);
  if (!lower) return [readCustomTag(report, piece)];
  const tag = openTag(piece, report);
  const statements = lower(tag);
  tag.reader.expectEnd();
  return statements;
}

/** An extension's tag: values and `name=value`, with or without commas, and `as target`. */
export function readCustomTag(report: TemplateReport, piece: JinjaPiece): Tag {
  const tag = openLeniently(piece, report);
  const args: Expr[] = [];
  const keywords: Keyword[] = [];
  let target: string | null = null;
  while (!tag.reader.isAtEnd) {
    if (tag.reader.skip(",")) continue;
    if (tag.reader.skip("as")) target = tag.reader.takeName()?.text ?? null;
    else readCustomArgument(tag, args, keywords);
  }
  return { ...tagOf(piece), args, keywords, target };
}

function readCustomArgument(tag: JinjaTag, args: Expr[], keywords: Keyword[]): void {
  if (isKeyword(tag)) keywords.push(readKeyword(tag));
  else args.push(tag.expressions.read());
}

function isKeyword({ reader }: JinjaTag): boolean {
  return reader.peek()?.type === "name" && reader.sees("=", 1);
}

export function readKeyword({ reader, expressions }: JinjaTag): Keyword {
  const name = reader.takeName()?.text ?? "";
  reader.expect("=");
  return { name, value: expressions.read() };
}

function lowerSet({ reader, expressions }: JinjaTag): readonly Stmt[] {
  const { start } = reader;
  const target = expressions.readTarget();
  reader.expect("=");
  const value = expressions.readTuple();
  const end = Math.max(start, reader.end);
  return [{ kind: "assign", targets: [target], annotation: null, value, start, end }];
}

function lowerExtends(tag: JinjaTag): readonly Stmt[] {
  return [{ kind: "extends", template: tag.expressions.read(), ...spanOf(tag.piece) }];
}

/** `{% include template ignore missing without context %}`. */
function lowerInclude(tag: JinjaTag): readonly Stmt[] {
  const { reader, expressions } = tag;
  const template = expressions.read();
  if (reader.sees("ignore") && reader.sees("missing", 1)) {
    reader.take();
    reader.take();
  }
  const isIsolated = readContext(tag) === "without";
  return [{ kind: "include", template, keywords: [], isolated: isIsolated, ...spanOf(tag.piece) }];
}

/** `{% import template as name with context %}`. */
function lowerImport(tag: JinjaTag): readonly Stmt[] {
  const template = tag.expressions.read();
  tag.reader.expect("as");
  const alias = tag.reader.takeName()?.text ?? null;
  return [importOf(tag, template, alias, [])];
}

/** `{% from template import a, b as c with context %}`. */
function lowerFrom(tag: JinjaTag): readonly Stmt[] {
  const { reader } = tag;
  const template = tag.expressions.read();
  reader.expect("import");
  const names: { readonly name: string; readonly alias: string | null }[] = [];
  while (!reader.isAtEnd && !seesContext(tag)) {
    const name = reader.takeName()?.text;
    const alias = reader.skip("as") ? (reader.takeName()?.text ?? null) : null;
    if (name) names.push({ name, alias });
    if (!reader.skip(",")) break;
  }
  return [importOf(tag, template, null, names)];
}

function importOf(tag: JinjaTag, template: Expr, alias: string | null, names: TemplateImport["names"]): TemplateImport {
  const withContext = readContext(tag) === "with";
  return { kind: "template-import", template, alias, names, withContext, ...spanOf(tag.piece) };
}

function seesContext({ reader }: JinjaTag): boolean {
  return (reader.sees("with") || reader.sees("without")) && reader.sees("context", 1);
}

function readContext(tag: JinjaTag): string | null {
  if (!seesContext(tag)) return null;
  const word = tag.reader.take()?.text ?? null;
  tag.reader.take();
  return word;
}

function lowerDo(tag: JinjaTag): readonly Stmt[] {
  return [{ kind: "expr", value: tag.expressions.readTuple(), ...spanOf(tag.piece) }];
}

function lowerPrint(tag: JinjaTag): readonly Stmt[] {
  return [{ kind: "output", value: tag.expressions.readTuple(), ...spanOf(tag.piece) }];
}

function jumpOf(piece: JinjaPiece, type: Jump["type"]): Jump {
  return { kind: "jump", type, ...spanOf(piece) };
}

export function spanOf({ start, end }: At): At {
  return { start, end };
}
