import type { Expr, Tag } from "../model/ir.ts";
import { JinjaExpressions } from "./jinja-expression.ts";
import type { JinjaPiece } from "./jinja-lexer.ts";
import { JinjaReader } from "./jinja-reader.ts";
import type { TemplateError, TemplateReport } from "./template-report.ts";

/** One tag being read: its tokens, and the expressions in them. */
export interface JinjaTag {
  readonly piece: JinjaPiece;
  readonly reader: JinjaReader;
  readonly expressions: JinjaExpressions;
  readonly report: TemplateReport;
}

export function openTag(piece: JinjaPiece, report: TemplateReport): JinjaTag {
  return openWith(piece, report, report.errors);
}

/** For tags whose grammar is not Jinja2's own: what cannot be read is no error. */
export function openLeniently(piece: JinjaPiece, report: TemplateReport): JinjaTag {
  return openWith(piece, report, []);
}

function openWith(piece: JinjaPiece, report: TemplateReport, errors: TemplateError[]): JinjaTag {
  const reader = new JinjaReader(piece, errors);
  return { piece, reader, expressions: new JinjaExpressions(reader), report };
}

export function tagOf(piece: JinjaPiece): Tag {
  const { name, start, end } = piece;
  return { kind: "tag", name, args: [], keywords: [], target: null, body: [], start, end };
}

/** The text that a block renders, standing where `start` says. */
export function renderedText(start: number): Expr {
  return { kind: "format", parts: [], start, end: start };
}
