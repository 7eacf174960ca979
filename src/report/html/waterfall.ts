import type { SampleStatement, ScopeSample } from "../../model/recording.ts";
import { formatCount } from "../../model/numbers.ts";
import { formatTime, placeOfStack, summariseSql } from "./figures.ts";
import { html, NOTHING, percent, type Html } from "./markup.ts";

/** More rows than this, and those that took least become one. */
const MOST_ROWS = 30;
const LEAST_SHARE = 0.01;
/** Statements of a folded row that are listed one by one. */
const MOST_LISTED = 40;

interface Row {
  readonly statements: readonly SampleStatement[];
  readonly isFolded: boolean;
}

/** One scope from its begin to its end: each row a statement, or a loop of them with a mark for each. */
export function renderWaterfall(sample: ScopeSample): Html {
  const rows = foldRows(sample);
  const end = Math.max(sample.duration, ...sample.statements.map(({ at, duration }) => at + duration), 1);
  return html`<div class="waterfall" role="img" aria-label="${describe(sample, rows)}">
${axis(end)}${rows.map((row) => renderRow(row, end))}${sample.more > 0 ? html`<p class="sm dim">${formatCount(sample.more, "statement")} more, not drawn.</p>` : NOTHING}</div>`;
}

function foldRows({ statements }: ScopeSample): readonly Row[] {
  const groups = new Map<string, SampleStatement[]>();
  for (const [index, statement] of statements.toSorted((a, b) => a.at - b.at).entries()) {
    const key = statement.group ?? `single ${index}`;
    const known = groups.get(key);
    if (known) known.push(statement);
    else groups.set(key, [statement]);
  }
  const rows = [...groups.values()].map((all): Row => ({ statements: all, isFolded: all.length > 1 }));
  if (rows.length <= MOST_ROWS) return rows;
  const total = statements.reduce((sum, { duration }) => sum + duration, 0);
  const isKept = (row: Row, kept: number): boolean => kept < MOST_ROWS && (row.isFolded || timeOf(row) >= total * LEAST_SHARE);
  const kept: Row[] = [];
  const rest: SampleStatement[] = [];
  for (const row of rows)
    if (isKept(row, kept.length)) kept.push(row);
    else rest.push(...row.statements);
  return rest.length === 0 ? kept : [...kept, { statements: rest.toSorted((a, b) => a.at - b.at), isFolded: false }];
}

function timeOf({ statements }: Row): number {
  return statements.reduce((sum, { duration }) => sum + duration, 0);
}

function describe({ label, duration, statements }: ScopeSample, rows: readonly Row[]): string {
  const folded = rows.filter(({ isFolded }) => isFolded);
  const repeated = folded.reduce((sum, row) => sum + row.statements.length, 0);
  const database = statements.reduce((sum, one) => sum + one.duration, 0);
  return `${label}: ${formatCount(statements.length, "query", "queries")} in ${formatTime(database)} of ${formatTime(duration)}, ${repeated} of them repeated by ${formatCount(folded.length, "place")}`;
}

function axis(end: number): Html {
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => html`<span style="left:${percent(share, 1)}">${share === 0 ? "0" : formatTime(end * share)}</span>`);
  return html`<div class="row axis" aria-hidden="true"><div></div><div class="track">${marks}</div></div>`;
}

function renderRow(row: Row, end: number): Html {
  const [first] = row.statements;
  if (first === undefined) return NOTHING;
  const isRest = !row.isFolded && row.statements.length > 1;
  const bars = row.statements.map(({ at, duration }) => html`<i style="left:${percent(at, end)};width:${percent(duration, end)}"></i>`);
  const name = isRest ? `${row.statements.length} short statements` : summariseSql(first.sql);
  const count = row.isFolded ? html` <b>× ${row.statements.length}</b>` : NOTHING;
  const line = html`<div class="label"><span class="what">${name}${count}</span><code>${isRest ? "each under 1 % of the time" : placeOfStack(first.stack)}</code></div><div class="track">${bars}<span class="time" style="${timePlace(row, end)}">${formatTime(timeOf(row))}</span></div>`;
  if (row.statements.length === 1) return html`<div class="row">${line}</div>`;
  return html`<details class="fold${row.isFolded ? " hot" : ""}"><summary class="row">${line}</summary>${listed(row)}</details>`;
}

/** After the last bar, or beside the track where there is no room. */
function timePlace(row: Row, end: number): string {
  const last = Math.max(...row.statements.map(({ at, duration }) => at + duration));
  return `left:${last / end < 0.85 ? percent(last, end) : "100%"}`;
}

function listed({ statements }: Row): Html {
  const rows = statements
    .slice(0, MOST_LISTED)
    .map(
      ({ at, duration, sql, stack, rows: count }) =>
        html`<tr><td class="num">${formatTime(at)}</td><td class="num">${formatTime(duration)}</td><td class="num">${count < 0 ? "" : count}</td><td><code>${placeOfStack(stack)}</code><code class="sql">${sql}</code></td></tr>`,
    );
  const more = statements.length - MOST_LISTED;
  return html`<div class="scroll"><table class="small"><thead><tr><th class="num">begins</th><th class="num">takes</th><th class="num">rows</th><th>from</th></tr></thead><tbody>${rows}</tbody></table></div>${more > 0 ? html`<p class="sm dim">${more} more like these.</p>` : NOTHING}`;
}
