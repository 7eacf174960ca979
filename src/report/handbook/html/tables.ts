import type { AdviceTable } from "../../../model/advice.ts";
import { formatNumber } from "../../../model/numbers.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import type { PlotTable } from "../plots/plot-table.ts";
import { prose } from "./prose.ts";

/** Rows of a long table that are seen; all of them are a fold away. */
const MOST_ROWS = 12;

/** A table of an advisor, with where its figures come from. */
export function adviceTable(given: AdviceTable): Html {
  const { title, rows, source } = given;
  const isLong = rows.length > MOST_ROWS + 3;
  const all = isLong ? html`<details class="more"><summary>All ${formatNumber(rows.length)} rows</summary>${tableOf(given, rows)}</details>` : NOTHING;
  return html`<div class="tbl"><p class="tt">${prose(title)}</p>${tableOf(given, isLong ? rows.slice(0, MOST_ROWS) : rows)}${all}${source.trim() === "" ? NOTHING : html`<p class="sm dim">Source: ${prose(source)}.</p>`}</div>`;
}

function tableOf({ title, head, numeric }: AdviceTable, rows: AdviceTable["rows"]): Html {
  const body = rows.map((cells) => html`<tr>${cells.map((cell, column) => html`<td${classOf(numeric, column)}>${breakable(prose(cell))}</td>`)}</tr>`);
  return scroller(title, html`<table><thead><tr>${head.map((cell, column) => headCell(cell, numeric, column))}</tr></thead><tbody>${body}</tbody></table>`);
}

/** A long name may be broken after its slashes, dots and underscores. */
function breakable({ html: markup }: Html): Html {
  return { html: markup.replaceAll(/(?<=[\w.])[\w./]{22,}/g, (name) => name.replaceAll(/[/._](?=\w)/g, "$&<wbr>")) };
}

/** The figures of a plot; a row that a finding stands behind links to it. */
export function plotTable({ title, head, rows, numeric }: PlotTable, linkOf: (finding: string) => string, name: string): Html {
  const body = rows.map(
    ({ cells, finding }) =>
      html`<tr>${cells.map((cell, column) => html`<td${classOf(numeric, column)}>${finding !== undefined && column === 0 ? html`<a href="#${linkOf(finding)}">${cell}</a>` : cell}</td>`)}</tr>`,
  );
  const heading = title === "" ? NOTHING : html`<p class="tt">${title}</p>`;
  return html`${heading}${scroller(title === "" ? name : title, html`<table class="small"><thead><tr>${head.map((cell, column) => headCell(cell, numeric, column))}</tr></thead><tbody>${body}</tbody></table>`)}`;
}

function headCell(words: string, numeric: readonly number[], column: number): Html {
  return words.trim() === "" ? html`<td></td>` : html`<th scope="col"${classOf(numeric, column)}>${words}</th>`;
}

/** What may be wider than a phone scrolls by itself, also by keyboard. */
export function scroller(name: string, body: Html): Html {
  return html`<div class="scroll" role="group" aria-label="${name}" tabindex="0">${body}</div>`;
}

function classOf(numeric: readonly number[], column: number): Html {
  return numeric.includes(column) ? html` class="num"` : NOTHING;
}
