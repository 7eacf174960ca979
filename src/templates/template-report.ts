import type { Module } from "../model/ir.ts";

export type TemplateError = Module["errors"][number];
export type TemplateComment = Module["comments"][number];

/** What reading one template collects besides its statements. Filled while it is read, then frozen in a `Module`. */
export interface TemplateReport {
  readonly errors: TemplateError[];
  readonly comments: TemplateComment[];
  readonly loads: string[];
}

export function newReport(): TemplateReport {
  return { errors: [], comments: [], loads: [] };
}

/** Keeps the comment from `start` to `end` when it speaks to us; `content` is its text without the delimiters. */
export function noteComment(report: TemplateReport, start: number, end: number, content: string): void {
  const text = content.trim();
  if (text.startsWith("luthier:")) report.comments.push({ start, end, text });
}

export function readLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
