import type { Module } from "../model/ir.ts";
import { djangoGrammar, lowerNodes } from "./django-blocks.ts";
import { lexDjango } from "./django-lexer.ts";
import { buildTagTree } from "./tag-tree.ts";
import { newReport, readLineStarts } from "./template-report.ts";

/**
 * Lowers a Django template. Total: what cannot be read is in `errors`, and the rest is lowered.
 *
 * @example
 * lowerDjangoTemplate("books.html", "{% for book in books %}{{ book.author }}{% endfor %}").body[0];
 */
export function lowerDjangoTemplate(file: string, text: string): Module {
  const report = newReport();
  const pieces = lexDjango(text, report);
  const nodes = buildTagTree(pieces, djangoGrammar, report.errors);
  const body = lowerNodes({ text, report }, nodes);
  return { file, language: "django", body, ...report, lineStarts: readLineStarts(text) };
}
