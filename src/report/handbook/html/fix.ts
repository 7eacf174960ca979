import type { Fix } from "../../../model/finding.ts";
import { formatCount } from "../../../model/numbers.ts";
import { fixChanges, fixSentence, migrationSentence, sqlStatements, type FileChange } from "../../finding-facts.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import type { RenderContext } from "../../render-context.ts";
import { codeLines, sentence } from "./prose.ts";

/** How safe and how large, then every line that changes. */
export function renderFix(fix: Fix | undefined, context: RenderContext, remedy?: string): Html {
  const changes = fix === undefined ? [] : fixChanges(fix, context.read);
  const migration = fix === undefined ? "" : migrationSentence(fix);
  const isMigration = (fix?.migration?.follows?.files.length ?? 0) > 0;
  return html`<p>${sentence(fixSentence(fix, changes, remedy))}</p>${(changes ?? []).map((change) => diffOf(change, context))}${migration === "" ? NOTHING : html`<p>${sentence(`${isMigration ? "the migration" : "it"} ${migration}`)}</p>`}${fix === undefined ? NOTHING : sqlOf(fix)}`;
}

/** Lines of a diff that are open, and those that are shown at all; the rest is in the patch. */
const MOST_OPEN = 16;
const MOST_LINES = 120;

interface DiffLine {
  readonly sign: "+" | "-" | " ";
  readonly text: string;
}

function diffOf({ file, blocks }: FileChange, { read }: RenderContext): Html {
  const old = (read(file) ?? "").split(/\r\n|\n|\r/);
  const hunks = blocks.map(({ line, removed, added }): readonly DiffLine[] => [
    ...around(old[line - 2]),
    ...removed.map((text): DiffLine => ({ sign: "-", text })),
    ...added.map((text): DiffLine => ({ sign: "+", text })),
    ...around(old[line - 1 + removed.length]),
  ]);
  const rows = hunks.flatMap((lines, index) => [...(index > 0 ? [html`<span class="gap">⋯</span>`] : []), ...dedent(lines).map(diffLine)]);
  const head = html`<pre class="diff"><span class="file">${file}:${blocks[0]?.line ?? 1}</span>${rows.slice(0, MOST_OPEN)}</pre>`;
  if (rows.length <= MOST_OPEN) return head;
  const more = rows.length - MOST_LINES;
  return html`${head}<details><summary>${formatCount(rows.length - MOST_OPEN, "more line")}</summary><pre class="diff">${rows.slice(MOST_OPEN, MOST_LINES)}${more > 0 ? html`<span class="gap">${more} more lines in the patch</span>` : NOTHING}</pre></details>`;
}

function diffLine({ sign, text }: DiffLine): Html {
  return sign === " " ? html`<span> ${text}</span>` : html`<span class="${sign === "+" ? "a" : "d"}">${sign}${text}</span>`;
}

/** Without the indentation that all lines share: a phone has no room for it. */
function dedent(lines: readonly DiffLine[]): readonly DiffLine[] {
  const shared = Math.min(...lines.filter(({ text }) => text.trim() !== "").map(({ text }) => text.length - text.trimStart().length));
  return Number.isFinite(shared) ? lines.map(({ sign, text }) => ({ sign, text: text.slice(shared) })) : lines;
}

/** One line of what stands beside the change. */
function around(text: string | undefined): readonly DiffLine[] {
  return text === undefined || text.trim() === "" ? [] : [{ sign: " ", text }];
}

function sqlOf(fix: Fix): Html {
  const { forward, reverse } = sqlStatements(fix);
  const how = fix.sql?.isTransactional === false ? html`<p class="sm dim">Outside of a transaction.</p>` : NOTHING;
  return html`${forward.length === 0 ? NOTHING : html`${how}<pre class="code"><code>${codeLines(forward.join("\n"))}</code></pre>`}${reverse.length === 0 ? NOTHING : html`<p>To undo it:</p><pre class="code"><code>${codeLines(reverse.join("\n"))}</code></pre>`}`;
}
