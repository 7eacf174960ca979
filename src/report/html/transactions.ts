import type { Recording } from "../../model/recording.ts";
import { formatCount, formatNumber } from "../../model/numbers.ts";
import { formatTime, placeOfStack, vendorName } from "./figures.ts";
import { html, NOTHING, type Html } from "./markup.ts";
import type { Part } from "./per-row.ts";

const MOST_SHOWN = 15;
/** A shorter silence within a transaction is Python between two queries. */
const LEAST_IDLE = 10_000;

/** How long transactions were held, what they waited for, and how many connections there were. */
export function renderTransactions(recording: Recording): Part {
  const { transactions, outsideCalls } = recording;
  return {
    note: transactions.length + outsideCalls.length === 0 ? "" : formatNumber(transactions.length),
    body: html`${renderHeld(recording)}${renderCalls(recording)}${renderConnections(recording)}`,
  };
}

function renderHeld({ transactions }: Recording): Html {
  if (transactions.length === 0) return html`<p class="none">No transaction was opened outside tests.</p>`;
  const rows = transactions.slice(0, MOST_SHOWN).map(({ kind, label, transactions: count, held, idle, before, after }) => {
    const silence =
      idle.max < LEAST_IDLE
        ? html`<span class="dim">${formatTime(idle.max)}</span>`
        : html`<span class="hotword">${formatTime(idle.max)}</span><span class="s"><code>${before.length === 0 ? "begin" : placeOfStack(before)}</code> to <code>${after.length === 0 ? "its end" : placeOfStack(after)}</code></span>`;
    return html`<tr><td><span class="name">${label}</span><span class="s">${kind}</span></td><td class="num" data-label="times">${formatNumber(count)}</td><td class="num" data-label="held">${formatTime(held.median)}${held.max > held.median ? ` to ${formatTime(held.max)}` : ""}</td><td data-label="longest silence">${silence}</td></tr>`;
  });
  return html`<p>How long each held its transaction, and the longest time in it in which the server waited for Python.</p><table class="wide"><thead><tr><th>transactions of</th><th class="num">times</th><th class="num">held</th><th>longest silence</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function renderCalls({ outsideCalls }: Recording): Html {
  if (outsideCalls.length === 0) return html`<p class="none">Nothing outside was called while a transaction was open.</p>`;
  const rows = outsideCalls
    .slice(0, MOST_SHOWN)
    .map(
      ({ kind, target, stack, calls, microseconds, slowest, labels }) =>
        html`<tr><td><span class="name">${kind} ${target}</span><span class="s"><code>${placeOfStack(stack)}</code> ${labels.slice(0, 3).join(", ")}</span></td><td class="num" data-label="calls">${formatNumber(calls)}</td><td class="num" data-label="slowest">${formatTime(slowest)}</td><td class="num" data-label="all in all">${formatTime(microseconds)}</td></tr>`,
    );
  return html`<h3>Called while a transaction was open</h3><table class="wide"><thead><tr><th>call</th><th class="num">calls</th><th class="num">slowest</th><th class="num">all in all</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function renderConnections({ connections }: Recording): Html {
  const items = connections.map(
    ({ alias, vendor, server, opened, reused, peak }) =>
      html`<li><code>${alias}</code>, ${vendorName(vendor)} ${server ?? ""}: ${formatCount(opened, "connection")} opened${reused > 0 ? `, ${formatNumber(reused)} reused` : ""}, at most ${formatNumber(peak)} at once in a process</li>`,
  );
  return items.length === 0 ? NOTHING : html`<h3>Connections</h3><ul class="plain">${items}</ul>`;
}
