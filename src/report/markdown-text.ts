import { cleanLine } from "./clean-text.ts";
import { encodePath } from "./encode-path.ts";

/** User prose in which only backticks keep their meaning. */
export function escapeProse(text: string): string {
  const pieces = cleanLine(text).split(/(`[^`]+`)/);
  return pieces
    .map((piece, index) => (index % 2 === 1 ? piece : escapePlain(piece)))
    .join("")
    .trim();
}

function escapePlain(text: string): string {
  return (
    text
      .replaceAll(/[\\`*[\]<>|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|~(?=~)/gu, String.raw`\$&`)
      .replace(/^\s*(?=[-+#]|\d+[.)](?:\s|$))/, "\u2060")
      .replaceAll("@", "@\u2060")
      // Addresses become links by themselves.
      .replaceAll(/\b(https?|ftp):(?=\/\/)/gi, "$1:\u2060")
      .replaceAll(/\bwww\./gi, (word) => `${word}\u2060`)
  );
}

/** A code span whose fence is longer than any run of backticks in it. */
export function codeSpan(text: string): string {
  const clean = cleanLine(text);
  const fence = "`".repeat(longestRun(clean) + 1);
  const pad = fence.length > 1 || clean.startsWith(" ") ? " " : "";
  return `${fence}${pad}${clean}${pad}${fence}`;
}

/** Lines that are clean already, as a fenced block. */
export function codeBlock(language: string, text: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

export function linkTo(text: string, path: string, anchor: string): string {
  const target = encodePath(path).replaceAll("(", "%28").replaceAll(")", "%29");
  return `[${escapePlain(cleanLine(text))}](${target}${anchor})`;
}

/** A cell's text is Markdown already; only what would end the cell is escaped. */
export function escapeCell(markdown: string): string {
  return markdown.replaceAll(/(?<!\\)\|/g, String.raw`\|`);
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
