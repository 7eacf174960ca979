import type { LoopCluster, Recording } from "../../model/recording.ts";
import { blamedFrame } from "../../recording/user-code.ts";
import { unreadColumns, unusedPrefetches } from "../../workload/unused-loads.ts";
import { formatCount, formatNumber } from "../../model/numbers.ts";
import { formatTime, placeOfStack, summariseSql } from "./figures.ts";
import { html, NOTHING, type Html } from "./markup.ts";
import type { Part } from "./per-row.ts";

const MOST_SHOWN = 15;
/** A place that sends a statement twice is two lines of the same function as often as a loop. */
const LEAST_TIMES = 3;

/** Explicit statements of one place in one scope, and equal ones with equal parameters. */
export function renderRepeated(recording: Recording): Part {
  const loops = recording.loopClusters.filter((cluster) => cluster.cause === null && blamedFrame(cluster.stack) !== null && mostOf(cluster) >= LEAST_TIMES);
  const { duplicates } = recording;
  const note = loops.length + duplicates.length === 0 ? "none" : formatNumber(loops.length + duplicates.length);
  return { note, body: html`${renderLoops(loops)}${renderDuplicates(recording)}` };
}

function mostOf({ occurrences }: LoopCluster): number {
  return Math.max(0, ...occurrences.map(({ statements }) => statements.max));
}

function renderLoops(loops: readonly LoopCluster[]): Html {
  if (loops.length === 0) return html`<p class="none">No line sent its query ${LEAST_TIMES} times in one scope.</p>`;
  const rows = loops.slice(0, MOST_SHOWN).map((cluster) => {
    const [worst] = cluster.occurrences;
    const time = cluster.occurrences.reduce((sum, one) => sum + one.microseconds, 0);
    return html`<tr><td><span class="name">${summariseSql(cluster.sql)}</span><span class="s"><code>${placeOfStack(cluster.stack)}</code></span></td><td data-label="most in">${worst?.label ?? ""}</td><td class="num" data-label="times">${formatNumber(worst?.statements.median ?? 0)}${(worst?.statements.max ?? 0) > (worst?.statements.median ?? 0) ? ` to ${formatNumber(worst?.statements.max ?? 0)}` : ""}</td><td class="num" data-label="all in all">${formatTime(time)}</td></tr>`;
  });
  return html`<p>The same query from the same line, called the same way, several times in one request, task, command or test.</p><table class="wide"><thead><tr><th>query</th><th>most in</th><th class="num">times</th><th class="num">all in all</th></tr></thead><tbody>${rows}</tbody></table>${more(loops.length - rows.length)}`;
}

function renderDuplicates({ duplicates, literals }: Recording): Html {
  if (!literals) return html`<p class="none">Unknown: whether queries were equal in their values too. <code>luthier record --literals</code></p>`;
  if (duplicates.length === 0) return html`<p class="none">No query was sent twice with the same values in one scope.</p>`;
  const rows = duplicates
    .slice(0, MOST_SHOWN)
    .map(
      ({ sql, stack, repeats, microseconds, label }) =>
        html`<tr><td><span class="name">${summariseSql(sql)}</span><span class="s"><code>${placeOfStack(stack)}</code></span></td><td data-label="first in">${label}</td><td class="num" data-label="repeats">${formatNumber(repeats)}</td><td class="num" data-label="in vain">${formatTime(microseconds)}</td></tr>`,
    );
  return html`<h3>Equal in their values too</h3><table class="wide"><thead><tr><th>query</th><th>first in</th><th class="num">repeats</th><th class="num">in vain</th></tr></thead><tbody>${rows}</tbody></table>${more(duplicates.length - rows.length)}`;
}

function more(count: number): Html {
  return count > 0 ? html`<p class="sm dim">${formatNumber(count)} more.</p>` : NOTHING;
}

/** Prefetches and columns that nothing read, over the whole recording. */
export function renderUnused(recording: Recording): Part {
  if (!recording.fields)
    return { note: "unknown", body: html`<p class="none">Unknown: what was read of the rows. <code>luthier record --fields -- COMMAND</code></p>` };
  const prefetches = unusedPrefetches(recording);
  const columns = unreadColumns(recording);
  const loads = prefetches
    .slice(0, MOST_SHOWN)
    .map(
      ({ prefetch, fetch, fetches, rows }) =>
        html`<tr><td><span class="name">prefetch_related("${prefetch ?? ""}")</span><span class="s"><code>${placeOfStack(fetch)}</code></span></td><td class="num" data-label="fetches">${formatNumber(fetches)}</td><td class="num" data-label="rows">${formatNumber(rows)}</td></tr>`,
    );
  const unread = columns
    .slice(0, MOST_SHOWN)
    .map(
      ({ use, table, loaded, unread: names }) =>
        html`<tr><td><span class="name">${table}: ${formatNumber(loaded - names.length)} of ${formatCount(loaded, "column")} read</span><span class="s"><code>${placeOfStack(use.fetch)}</code> ${names.slice(0, 8).join(", ")}${names.length > 8 ? ` and ${names.length - 8} more` : ""}</span></td><td class="num" data-label="fetches">${formatNumber(use.fetches)}</td><td class="num" data-label="rows">${formatNumber(use.rows)}</td></tr>`,
    );
  const table = (head: string, rows: readonly Html[]): Html =>
    html`<table class="wide"><thead><tr><th>${head}</th><th class="num">fetches</th><th class="num">rows</th></tr></thead><tbody>${rows}</tbody></table>`;
  return {
    note: prefetches.length + columns.length === 0 ? "none" : formatNumber(prefetches.length + columns.length),
    body: html`${loads.length === 0 ? html`<p class="none">Every prefetch was read at least once.</p>` : html`<p>Fetched for rows of which none was asked for it.</p>${table("prefetch", loads)}`}${unread.length === 0 ? html`<p class="none">Every column of every queryset was read at least once.</p>` : html`<h3>Columns</h3>${table("queryset", unread)}${more(columns.length - unread.length)}`}`,
  };
}
