import type { Expr, Keyword, Stmt, Tag } from "../model/ir.ts";
import { type Binding, readArguments, readBindings, splitTarget } from "./django-arguments.ts";
import type { Bit } from "./django-bits.ts";
import type { DjangoPiece } from "./django-lexer.ts";
import { bitsOf, type DjangoSource, fail, makeString, missing, readBit, readExpression } from "./django-source.ts";

type LowerTag = (source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]) => readonly Stmt[];

const LOWERINGS: ReadonlyMap<string, LowerTag> = new Map<string, LowerTag>([
  ["load", lowerLoad],
  ["extends", lowerExtends],
  ["include", lowerInclude],
  ["regroup", lowerRegroup],
  ["trans", lowerTranslate],
  ["translate", lowerTranslate],
  ["partial", lowerWords],
  ["templatetag", lowerWords],
  ["resetcycle", lowerWords],
  ["get_language_info", lowerCustom],
]);

/** Lowers `{{ value }}`. */
export function lowerOutput(source: DjangoSource, piece: DjangoPiece): readonly Stmt[] {
  const value = readExpression(source, piece.contentStart, piece.contentEnd);
  return [{ kind: "output", value, start: piece.start, end: piece.end }];
}

/** Lowers a tag that has no body. */
export function lowerTag(source: DjangoSource, piece: DjangoPiece): readonly Stmt[] {
  if (piece.name === "") fail(source, piece.start, "the tag is empty");
  const lower = LOWERINGS.get(piece.name) ?? lowerCustom;
  return lower(source, piece, bitsOf(source, piece));
}

/** A tag without a lowering of its own: its arguments are read as Django's `simple_tag` reads them. */
function lowerCustom(source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]): readonly Stmt[] {
  return [{ ...tagOf(piece), ...readArguments(source, bits) }];
}

/** A tag whose words are names, not values. */
function lowerWords(_source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]): readonly Stmt[] {
  return [{ ...tagOf(piece), args: bits.map(makeString) }];
}

export function tagOf(piece: DjangoPiece): Tag {
  const { name, start, end } = piece;
  return { kind: "tag", name, args: [], keywords: [], target: null, body: [], start, end };
}

/** `{% load a b %}`, `{% load x y from a %}`. */
function lowerLoad(source: DjangoSource, _piece: DjangoPiece, bits: readonly Bit[]): readonly Stmt[] {
  const isFrom = bits.at(-2)?.text === "from";
  for (const bit of isFrom ? bits.slice(-1) : bits) source.report.loads.push(bit.text);
  return [];
}

function lowerExtends(source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]): readonly Stmt[] {
  const template = readFirst(source, piece, bits);
  return [{ kind: "extends", template, start: piece.start, end: piece.end }];
}

/** `{% include template with a=b only %}`. */
function lowerInclude(source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]): readonly Stmt[] {
  const template = readFirst(source, piece, bits);
  const isIsolated = bits.slice(1).some((bit) => bit.text === "only");
  const options = bits.slice(1).filter((bit) => bit.text !== "only");
  const hasWith = options[0]?.text === "with";
  const { bindings, rest } = readBindings(source, hasWith ? options.slice(1) : []);
  const extra = hasWith ? rest[0] : options[0];
  if (extra) fail(source, extra.start, `unexpected '${extra.text}' in include`);
  const keywords = bindings.map(toKeyword);
  return [{ kind: "include", template, keywords, isolated: isIsolated, start: piece.start, end: piece.end }];
}

/** `{% regroup rows by path.to.key as groups %}`: the path is text, it is looked up on each row. */
function lowerRegroup(source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]): readonly Stmt[] {
  const { rest, target } = splitTarget(bits);
  const path = rest[2];
  if (rest[1]?.text !== "by" || !path || target === null) fail(source, piece.start, "regroup needs 'rows by key as name'");
  const rows = readFirst(source, piece, rest);
  return [{ ...tagOf(piece), args: path ? [rows, makeString(path)] : [rows], target }];
}

/** `{% translate value noop context "menu" as name %}`. */
function lowerTranslate(source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]): readonly Stmt[] {
  const { rest, target } = splitTarget(bits);
  const values = rest.filter((bit) => bit.text !== "noop" && bit.text !== "context");
  return [{ ...tagOf(piece), args: values.map((bit) => readBit(source, bit)), target }];
}

export function readFirst(source: DjangoSource, piece: DjangoPiece, bits: readonly Bit[]): Expr {
  const bit = bits[0];
  if (bit) return readBit(source, bit);
  fail(source, piece.start, `${piece.name} needs an argument`);
  return missing(piece.contentEnd);
}

function toKeyword(binding: Binding): Keyword {
  return { name: binding.name.text, value: binding.value };
}
