import { formatCount, formatMilliseconds, formatNumber } from "../../../model/numbers.ts";
import type { WaterfallPlot } from "../../../model/plot.ts";
import { html, NOTHING, percent, type Html } from "../../html/markup.ts";
import { table, type PlotTable } from "./plot-table.ts";

type Statement = WaterfallPlot["statements"][number];

/** More rows than this, and singles under a hundredth of the time become one. */
const MOST_ROWS = 30;
const LEAST_SHARE = 0.01;
/** Statements of a loop that are listed one by one. */
const MOST_LISTED = 75;

interface Row {
  readonly name: string;
  readonly statements: readonly Statement[];
  readonly kind: "single" | "loop" | "rest";
}

/** One request from its begin to its end, as rows that open: a loop is one tinted row with a mark a query. What is blank is not the database. */
export function drawWaterfall(plot: WaterfallPlot): Html {
  const rows = foldRows(plot.statements);
  const end = Math.max(plot.duration, ...plot.statements.map(({ at, duration }) => at + duration), 0.001);
  const database = plot.statements.reduce((sum, { duration }) => sum + duration, 0);
  return html`<div class="waterfall">${axis(end)}${rows.map((row) => renderRow(row, end))}${plot.more > 0 ? html`<p class="sm dim">${formatCount(plot.more, "statement")} more were sent and not kept.</p>` : NOTHING}
<div class="wrow total"><div class="wname"><b>In all, ${formatCount(plot.statements.length + plot.more, "statement")}</b><span class="dim">${formatMilliseconds(database)} ms in the database</span></div><div class="track"><i class="span" style="left:0;width:${percent(plot.duration, end)}"></i><span class="time" style="right:0">${formatMilliseconds(plot.duration)} ms</span></div></div></div>`;
}

function foldRows(statements: readonly Statement[]): readonly Row[] {
  const groups = new Map<string, Statement[]>();
  for (const [index, one] of statements.toSorted((a, b) => a.at - b.at).entries()) {
    const key = one.group ?? ` single ${index}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const rows = [...groups.values()].map(toRow);
  if (rows.length <= MOST_ROWS) return rows;
  const total = statements.reduce((sum, { duration }) => sum + duration, 0);
  const isKept = (row: Row): boolean => row.kind === "loop" || timeOf(row) >= total * LEAST_SHARE;
  const kept = rows.filter(isKept).slice(0, MOST_ROWS);
  const rest = rows.filter((row) => !kept.includes(row)).flatMap((row) => row.statements);
  return rest.length === 0 ? kept : [...kept, { kind: "rest", name: formatCount(rest.length, "short statement"), statements: rest }];
}

function toRow(statements: readonly Statement[]): Row {
  const [first] = statements;
  const kinds = new Set(statements.map(({ label }) => label)).size;
  return {
    kind: statements.length > 1 ? "loop" : "single",
    name: first === undefined ? "" : kinds > 1 ? `${first.label} and ${kinds - 1} more` : first.label,
    statements,
  };
}

function timeOf({ statements }: Row): number {
  return statements.reduce((sum, { duration }) => sum + duration, 0);
}

/** Steps that people count in. */
const STEPS = [1, 2, 5, 10];

function axis(end: number): Html {
  const power = 10 ** Math.floor(Math.log10(end / 4));
  const step = power * (STEPS.find((one) => one * power >= end / 4) ?? 10);
  const marks = [0, 1, 2, 3, 4].map((index) => index * step).filter((at) => at <= end * 1.001);
  return html`<div class="wrow axis" aria-hidden="true"><div></div><div class="track">${marks.map((at) => html`<span style="left:${percent(at, end)}">${at === 0 ? "0" : `${formatNumber(Number(at.toPrecision(2)))} ms`}</span>`)}</div></div>`;
}

function renderRow(row: Row, end: number): Html {
  const [first] = row.statements;
  if (first === undefined) return NOTHING;
  const bars = row.statements.map(({ at, duration }) => html`<i style="left:${percent(at, end)};width:${percent(duration, end)}"></i>`);
  const count = row.kind === "loop" ? html` <b>${row.statements.length} ×</b>` : NOTHING;
  const place = row.kind === "rest" ? "each under 1 % of the time" : (first.place ?? "");
  const content = html`<div class="wname"><span class="what">${row.name}${count}</span>${place === "" ? NOTHING : html`<code>${place}</code>`}</div><div class="track">${bars}<span class="time" style="${timePlace(row, end)}">${formatMilliseconds(timeOf(row))} ms</span></div>`;
  if (row.kind === "single") return html`<div class="wrow">${content}</div>`;
  return html`<details class="fold${row.kind === "loop" ? " loop" : ""}"><summary class="wrow">${content}</summary>${listed(row, end)}</details>`;
}

/** After the last bar, or in the margin where there is no room. */
function timePlace({ statements }: Row, end: number): string {
  const last = Math.max(...statements.map(({ at, duration }) => at + duration));
  return last / end < 0.85 ? `left:${percent(last, end)}` : "left:100%";
}

/** One row a statement, on the same axis. */
function listed({ statements }: Row, end: number): Html {
  const rows = statements
    .slice(0, MOST_LISTED)
    .map(
      (one) =>
        html`<div class="wrow one"><div class="wname"><span class="what">${one.label}</span></div><div class="track"><i style="left:${percent(one.at, end)};width:${percent(one.duration, end)}"></i><span class="time" style="${timePlace({ kind: "single", name: "", statements: [one] }, end)}">${formatMilliseconds(one.duration)} ms</span></div></div>`,
    );
  const texts = [...new Set(statements.map(({ sql }) => sql))].slice(0, 8).map((sql) => html`<code class="sql">${sql}</code>`);
  const more = statements.length - MOST_LISTED;
  return html`<div class="unfolded">${rows}${more > 0 ? html`<p class="sm dim">${formatCount(more, "more")} like these.</p>` : NOTHING}${texts}</div>`;
}

export function tableOfWaterfall({ statements }: WaterfallPlot): PlotTable {
  const rows = foldRows(statements).map((row) => ({
    cells: [
      row.name,
      formatMilliseconds(row.statements[0]?.at ?? 0),
      String(row.statements.length),
      formatMilliseconds(timeOf(row)),
      row.kind === "rest" ? "" : (row.statements[0]?.place ?? ""),
    ],
  }));
  return table(["statement", "begins at, ms", "times", "together, ms", "sent from"], [1, 2, 3], rows);
}
