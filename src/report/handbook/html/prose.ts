import { html, NOTHING, type Html } from "../../html/markup.ts";

/** Text in which backticks mark names. */
export function prose(text: string): Html {
  const pieces = text.split(/(`[^`]+`)/);
  return html`${pieces.map((piece, index) => (index % 2 === 1 ? html`<code>${piece.slice(1, -1)}</code>` : html`${piece}`))}`;
}

/** With a capital and a full stop. */
export function sentence(text: string): Html {
  const trimmed = text.trim();
  if (trimmed === "") return NOTHING;
  const first = trimmed[0] ?? "";
  return prose(`${first.toUpperCase()}${trimmed.slice(1)}${/[.!?:]$/.test(trimmed) ? "" : "."}`);
}

/** Several lines, each escaped by itself. */
export function codeLines(text: string): Html {
  const lines = text.replace(/\n+$/, "").split(/\r\n|\n|\r/);
  return { html: lines.map((line) => html`${line}`.html).join("\n") };
}

const COMMAND = /^(?:(.*?)(?::\s*`?|\s*`))?((?:luthier|psql|pip|docker)\s[^`]+?)`?\.?$/s;

/** A sentence that ends in a command, in its two parts. */
export function splitCommand(text: string): { readonly words: string; readonly command: string } {
  const match = COMMAND.exec(text.trim());
  return match === null ? { words: text.trim(), command: "" } : { words: (match[1] ?? "").trim(), command: match[2] ?? "" };
}

export function commandBlock(command: string): Html {
  return command === "" ? NOTHING : html`<pre class="cmd"><code>${command}</code></pre>`;
}

/** What is missing, with its command to copy. */
export function missingText(text: string): Html {
  const { words, command } = splitCommand(text);
  return html`${sentence(words)}${commandBlock(command)}`;
}
