import type { Expr } from "../model/ir.ts";
import { type Bit, splitBits } from "./django-bits.ts";
import { readFilterExpression } from "./django-expression.ts";
import type { DjangoPiece } from "./django-lexer.ts";
import type { TemplateReport } from "./template-report.ts";

/** The text that is lowered, with what reading it collects. */
export interface DjangoSource {
  readonly text: string;
  readonly report: TemplateReport;
}

/** A tag's words without its name. */
export function bitsOf(source: DjangoSource, piece: DjangoPiece): readonly Bit[] {
  return splitBits(source.text, piece.contentStart + piece.name.length, piece.contentEnd);
}

export function readExpression(source: DjangoSource, start: number, end: number): Expr {
  const { expr, problem } = readFilterExpression(source.text, start, end);
  if (problem) source.report.errors.push(problem);
  return expr;
}

export function readBit(source: DjangoSource, bit: Bit): Expr {
  return readExpression(source, bit.start, bit.end);
}

/** For tags whose grammar is not Django's own: what cannot be read is no error. */
export function readBitLeniently(source: DjangoSource, bit: Bit): Expr {
  const { expr, problem } = readFilterExpression(source.text, bit.start, bit.end);
  return problem ? { kind: "opaque", parts: [expr], start: bit.start, end: bit.end } : expr;
}

export function fail(source: DjangoSource, start: number, message: string): void {
  source.report.errors.push({ start, message });
}

export function missing(at: number): Expr {
  return { kind: "opaque", parts: [], start: at, end: at };
}

export function makeString(bit: Bit): Expr {
  return { kind: "str", value: bit.text, start: bit.start, end: bit.end };
}
