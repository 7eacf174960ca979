import { skipQuoted } from "./placeholders.ts";

/** Statements of a text, without their semicolons. */
export function splitStatements(text: string): string[] {
  const found: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length;) {
    const end = skipQuoted(text, at);
    if (end > at) {
      at = end;
      continue;
    }
    if (text[at] === ";") {
      found.push(text.slice(from, at));
      from = at + 1;
    }
    at += 1;
  }
  return [...found, text.slice(from)].map((one) => one.trim()).filter((one) => one !== "");
}
