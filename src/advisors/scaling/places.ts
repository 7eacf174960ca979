import type { RuleInput, Span } from "../../model/index.ts";

/** Counted from 1. */
export function lineAt({ text }: Pick<RuleInput, "text">, { file, start }: Span): number {
  let line = 1;
  const all = text(file);
  for (let at = all.indexOf("\n"); at >= 0 && at < start; at = all.indexOf("\n", at + 1)) line += 1;
  return line;
}

/** `orders/views.py:31`. */
export function placeOf(source: Pick<RuleInput, "text"> | null, span: Span | null): string {
  if (span === null || span.file === "") return "";
  return source === null ? span.file : `${span.file}:${lineAt(source, span)}`;
}
