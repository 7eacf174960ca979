import type { Place } from "../../../model/finding.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { excerptOf } from "../../code-excerpt.ts";
import { characterWidth } from "../../display-width.ts";
import { distinctPlaces } from "../../distinct-places.ts";
import { encodePath } from "../../encode-path.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { shownPath, type RenderContext } from "../../render-context.ts";
import { statementGist, statementOf } from "../markdown/blocks.ts";
import { prose } from "./prose.ts";

/** Columns of a line of source before it is cut. */
const WIDEST = 160;
/** Lines shown before and after the only place of a finding. */
const AROUND = 2;

/** The places in the order of the data, each with its code and its span underlined. */
export function renderPlaces(places: readonly Place[], handbook: Handbook, context: RenderContext): Html {
  if (places.length === 0) return html`<p>None in source.</p>`;
  const once = distinctPlaces(places);
  const inSource = once.filter(({ object }) => object === undefined);
  const around = inSource.length === 1 ? AROUND : 0;
  return html`<ol class="chain">${once.map((place) => html`<li><span class="role">${place.role}</span><span>${whereOf(place, context)}${place.label === undefined ? NOTHING : html` <span class="dim">${prose(place.label)}</span>`}${codeOf(place, context, around)}${gistOf(place, handbook)}</span></li>`)}</ol>`;
}

function gistOf(place: Place, handbook: Handbook): Html {
  const sql = statementOf(place, handbook);
  return sql === "" ? NOTHING : html`<code class="src">${statementGist(sql)}</code>`;
}

function whereOf({ file, line, column, object }: Place, context: RenderContext): Html {
  if (object !== undefined) return html`<code class="at">${object}</code>`;
  const path = shownPath(context, file);
  if (line < 1) return html`<code class="at">${file}</code>`;
  return html`<a class="at" href="${encodePath(path)}"><code>${file}:${line}:${column}</code></a>`;
}

function codeOf(place: Place, context: RenderContext, around: number): Html {
  const source = place.object === undefined && place.line > 0 ? context.read(place.file) : undefined;
  const line = source === undefined ? NOTHING : markedLine(source, place);
  if (source === undefined || line === NOTHING) return NOTHING;
  if (around === 0) return html`<code class="src">${line}</code>`;
  const lines = source.split(/\r\n|\n|\r/);
  const near = (from: number, to: number): readonly string[] => lines.slice(Math.max(0, from - 1), Math.max(0, to)).map((text) => text.trimEnd());
  const [before, after] = [
    dropBlank(near(place.line - around, place.line - 1)),
    dropBlank(near(place.line + 1, place.line + around).toReversed()).toReversed(),
  ];
  const indent = leastIndent([...before, lines[place.line - 1] ?? "", ...after]);
  const own = (lines[place.line - 1] ?? "").length - (lines[place.line - 1] ?? "").trimStart().length;
  const rows = [
    ...before.map((text, index) => numbered(place.line - before.length + index, html`${text.slice(indent, WIDEST)}`, "")),
    numbered(place.line, html`${" ".repeat(Math.max(0, own - indent))}${line}`, "here"),
    ...after.map((text, index) => numbered(place.line + 1 + index, html`${text.slice(indent, WIDEST)}`, "")),
  ];
  return html`<code class="src block">${rows}</code>`;
}

/** Without the blank lines that it begins with. */
function dropBlank(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== "");
  return first < 0 ? [] : lines.slice(first);
}

function numbered(line: number, code: Html, name: string): Html {
  return html`<span class="${name}"><i>${line}</i>${code}</span>`;
}

function leastIndent(lines: readonly string[]): number {
  return Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length), 80);
}

/** The line without its indentation, what the place spans underlined. */
function markedLine(source: string, place: Place): Html {
  const excerpt = excerptOf(source, [place], { width: WIDEST, mark: "^", ellipsis: "…" });
  if (excerpt === null) return NOTHING;
  let column = 0;
  const pieces: { text: string; isMarked: boolean }[] = [];
  for (const character of excerpt.code) {
    const isMarked = excerpt.marks[column] === "^";
    const last = pieces.at(-1);
    if (last !== undefined && (last.isMarked === isMarked || characterWidth(character) === 0)) last.text += character;
    else pieces.push({ text: character, isMarked });
    column += characterWidth(character);
  }
  return html`${pieces.map(({ text, isMarked }) => (isMarked ? html`<u>${text}</u>` : html`${text}`))}`;
}
