import type { Recording } from "../../model/recording.ts";
import { formatNumber } from "../../model/numbers.ts";
import { formatShare, formatTime, placeOfStack, summariseSql } from "./figures.ts";
import { html, percent, type Html } from "./markup.ts";

const MOST_SHOWN = 25;

/** The statements that took most, lists of values folded, with the line that sent most of each. */
export function renderTop({ top, microseconds }: Recording): Html {
  if (top.length === 0) return html`<p class="none">No query was recorded.</p>`;
  const most = top[0]?.microseconds ?? 0;
  const rows = top
    .slice(0, MOST_SHOWN)
    .map(
      ({ sql, statements, microseconds: time, slowest, rows: count, stack, stacks }) =>
        html`<tr><td><details><summary><span class="name">${summariseSql(sql)}</span><span class="s"><code>${placeOfStack(stack)}</code>${stacks > 1 ? ` and ${formatNumber(stacks - 1)} more` : ""}</span></summary><code class="sql">${sql}</code></details></td><td class="num" data-label="times">${formatNumber(statements)}</td><td class="num" data-label="each">${formatTime(time / statements)}</td><td class="num" data-label="slowest">${formatTime(slowest)}</td><td class="num" data-label="rows">${formatNumber(count)}</td><td class="cost" data-label="all in all"><span class="bar" aria-hidden="true"><i style="width:${percent(time, most)}"></i></span> ${formatTime(time)} <span class="dim">${formatShare(time, microseconds)}</span></td></tr>`,
    );
  const more = top.length - rows.length;
  const rest = top.slice(MOST_SHOWN).reduce((sum, one) => sum + one.microseconds, 0);
  return html`<table class="wide"><thead><tr><th>query</th><th class="num">times</th><th class="num">each</th><th class="num">slowest</th><th class="num">rows</th><th>all in all</th></tr></thead><tbody>${rows}</tbody></table>${more > 0 ? html`<p class="sm dim">${formatNumber(more)} more took ${formatTime(rest)} together.</p>` : html``}`;
}
