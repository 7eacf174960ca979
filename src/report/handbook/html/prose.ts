import { BEFORE_UNIT } from "../../display-width.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";

/** Text in which backticks mark names. */
export function prose(text: string): Html {
  const pieces = text.split(/(`[^`]+`)/);
  return html`${pieces.map((piece, index) => (index % 2 === 1 ? html`<code>${piece.slice(1, -1)}</code>` : html`${piece.replaceAll(BEFORE_UNIT, NO_BREAK)}`))}`;
}

const NO_BREAK = "\u00A0";

/** `pg_stat_statements`, `save()`, `models.py`: a name is written as it is, at a sentence's beginning too. */
const NAME = /^\w*[_(]|^\w+\.\w/;

/** With a capital and a full stop. */
export function sentence(text: string): Html {
  const trimmed = text.trim();
  if (trimmed === "") return NOTHING;
  const first = NAME.test(trimmed) ? "" : (trimmed[0] ?? "").toUpperCase();
  return prose(`${first}${trimmed.slice(first.length)}${/[.!?:]$/.test(trimmed) ? "" : "."}`);
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
  if (match === null) return { words: text.trim(), command: "" };
  const { command, rest } = commandIn(match[2] ?? "");
  return { words: [(match[1] ?? "").trim(), rest].filter(Boolean).join("; "), command };
}

/** Of `luthier snapshot --db URL names it`, what is to be copied, and what the sentence goes on with; after `--select` comes an id, whatever it looks like. */
function commandIn(text: string): { readonly command: string; readonly rest: string } {
  const [program, ...words] = text.split(/\s+/);
  if (program !== "luthier") return { command: text, rest: "" };
  const least = words[0] === "advise" ? 2 : 1;
  const end = words.findIndex(
    (word, index) => index >= least && words[index - 1] !== "--select" && !/^--?[\w-]*;?$|^\$?[A-Z][A-Z_]*;?$|^\d+;?$|[./]/.test(word),
  );
  const semicolon = words.findIndex((word) => word.endsWith(";"));
  const cut = Math.min(end < 0 ? words.length : end, semicolon < 0 ? words.length : semicolon + 1);
  return {
    command: [program, ...words.slice(0, cut)].join(" ").replace(/;$/, ""),
    rest: semicolon >= 0 && semicolon + 1 === cut ? words.slice(cut).join(" ") : "",
  };
}

export function commandBlock(command: string): Html {
  return command === "" ? NOTHING : html`<pre class="cmd"><code>${command}</code></pre>`;
}

/** What is missing, with its command to copy. */
export function missingText(text: string): Html {
  const { words, command } = splitCommand(text);
  return html`${sentence(words)}${commandBlock(command)}`;
}
