import type { Module } from "../model/ir.ts";
import { jinjaGrammar, lowerNodes } from "./jinja-blocks.ts";
import { lexJinja } from "./jinja-lexer.ts";
import { buildTagTree } from "./tag-tree.ts";
import { newReport, readLineStarts } from "./template-report.ts";

/**
 * Lowers a Jinja2 template. Total: what cannot be read is in `errors`, and the rest is lowered.
 *
 * @example
 * lowerJinjaTemplate("books.html", "{% for book in books() %}{{ book.author }}{% endfor %}").body[0];
 */
export function lowerJinjaTemplate(file: string, text: string): Module {
  const report = newReport();
  const pieces = lexJinja(text, report);
  const nodes = buildTagTree(pieces, jinjaGrammar, report.errors);
  const body = lowerNodes(report, nodes);
  return { file, language: "jinja2", body, ...report, lineStarts: readLineStarts(text) };
}
