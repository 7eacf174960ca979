import { gainRange, gainRung, rangeWords } from "../../../handbook/gain-range.ts";
import { formatTime } from "../../../handbook/overview.ts";
import type { Change, Handbook, TimeBase } from "../../../model/handbook.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { encodePath } from "../../encode-path.ts";
import { isRequestedCode } from "../../finding-facts.ts";
import { html, NOTHING, percent, type Html } from "../../html/markup.ts";
import { fillOf } from "../plots/split.ts";
import { findingAnchor } from "./anchors.ts";
import { prose } from "./prose.ts";
import { rungBadge } from "./rung.ts";

const TEN = 10;
/** Rows of the plan of work below the ten. */
const MOST_LISTED = 150;

/** The work list: the ten first, the others in a fold. */
export function renderChanges(handbook: Handbook): Html {
  const { changes } = handbook;
  const time = timeOf(handbook);
  if (changes.length === 0) return html`<section id="ten" class="part" tabindex="-1"><h2>What to change</h2><p>Nothing was found to change.</p></section>`;
  const top = changes.slice(0, TEN);
  const most = Math.max(...changes.map(({ gain }) => Math.max(gain?.today ?? 0, gain?.high ?? 0)), 0);
  const rows = top.map((change, index) => row(change, index, { handbook, most }));
  const heads =
    time === null
      ? html`<th scope="col">Fix</th>`
      : html`<th scope="col">${time.unit === "s/min" ? "Removes, seconds of database time a minute" : "Removes, seconds of the recording's database time"}</th><th scope="col">Fix</th>`;
  return html`<section id="ten" class="part" tabindex="-1"><h2>${titleOf(top.length, time)}</h2>
<p class="sm dim how">${howToRead(time)}</p>
<table class="ten${time === null ? " no-time" : ""}"><thead><tr><th scope="col"><span class="sr">Rank</span></th><th scope="col">Change</th><th scope="col">Evidence</th>${heads}</tr></thead><tbody>
${rows}</tbody></table>
${below(handbook, most)}</section>
`;
}

/** Null where nothing measured the time, and where no change has a gain: a column without a figure is not drawn. */
export function timeOf({ changes, time }: Handbook): TimeBase | null {
  return changes.some(({ gain }) => gain !== null) ? time : null;
}

function titleOf(count: number, time: TimeBase | null): string {
  const words = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];
  const number = words[count - 1] ?? String(count);
  return `${number} ${count === 1 ? "change" : "changes"}, ${time === null ? "most severe and surest first" : "largest first"}`;
}

function howToRead(time: TimeBase | null): string {
  if (time === null)
    return "Ranked by severity, then by confidence; requests come before tasks, the admin and commands. No gain in time is known, so none is shown.";
  return "Each gain assumes that the changes above it are made, so the column adds up. The outline is the time of those statements today; the filled part is what the change removes. Solid: timed on rows. Hatched: computed; the whisker is the likely range.";
}

interface RowInput {
  readonly handbook: Handbook;
  readonly most: number;
}

function row(change: Change, index: number, { handbook, most }: RowInput): Html {
  const { action, finding, rule, place, safety, size, patch } = change;
  const isReachable = handbook.report.findings.some((one) => one.id === finding && isRequestedCode(one));
  const gain = timeOf(handbook) === null ? NOTHING : html`<td class="gain">${gainCell(change, isReachable, most)}</td>`;
  const fix = html`${safety ?? "by hand"}${size === "" || size === (safety ?? "by hand") ? NOTHING : html`<span class="s">${size}</span>`}${patch === null ? NOTHING : html`<span class="s"><a class="patch" href="patches/${encodePath(patch)}">patch<span class="sr"> for ${action}</span></a></span>`}`;
  return html`<tr><td class="n">${index + 1}</td><td class="what"><a class="t" href="#${findingAnchor(handbook, finding)}">${prose(action)}</a><span class="s">${rule} · <code>${place}</code></span>${afterLines(change, handbook)}</td><td class="evd">${rungBadge(gainRung(change))}</td>${gain}<td class="fx">${fix}</td></tr>
`;
}

/** What must be deployed before it. */
function afterLines({ after }: Change, handbook: Handbook): Html {
  const lines = after.map(
    ({ finding, why }) =>
      html`<span class="s after">after <a href="#${findingAnchor(handbook, finding)}">${handbook.shortIds.get(finding) ?? finding}</a>: ${prose(why)}</span>`,
  );
  return html`${lines}`;
}

function gainCell(change: Change, isReachable: boolean, most: number): Html {
  const { gain, isRisk, rung } = change;
  if (isRisk) return html`<span class="risk">Risk, not time</span>`;
  if (gain === null) return html`<span class="dim sm">${rung === "inferred" && isReachable ? "no recorded request reaches it" : "no figure in seconds"}</span>`;
  const { today, marginal, basis } = gain;
  const range = gainRange(gain);
  const whisker =
    range === null ? NOTHING : html`<i class="whisker" style="left:${percent(range.low, most)};width:${percent(range.high - range.low, most)}"></i>`;
  const words = `removes ${formatTime(marginal)} of ${formatTime(today)} s${range === null ? "" : `, ${rangeWords(range)}`}`;
  const end = percent(Math.max(today, marginal, range?.high ?? 0), most);
  return html`<div class="gainbar" role="img" aria-label="${words}" title="${words}; ${basis}"><i class="today" style="width:${percent(Math.max(today, marginal), most)}"></i><i class="fill ${fillOf(gainRung(change))}" style="width:${percent(marginal, most)}"></i>${whisker}<b style="left:${end}">${formatTime(marginal)}</b></div>`;
}

/** What the list leaves out, and the rest of the plan of work. */
function below(handbook: Handbook, most: number): Html {
  const { changes } = handbook;
  const time = timeOf(handbook);
  const rest = changes.slice(TEN);
  const together = changes.slice(0, TEN).reduce((sum, { gain }) => sum + (gain?.marginal ?? 0), 0);
  const sum =
    time === null
      ? NOTHING
      : html`<p class="sum"><b>${formatTime(together)} s</b> of ${formatTime(time.total)} s together. Time from ${prose(time.source)}.</p>`;
  if (rest.length === 0) return sum;
  const timed = rest.filter(({ gain }) => gain !== null);
  const cost = timed.reduce((total, { gain }) => total + (gain?.marginal ?? 0), 0);
  const words =
    time === null
      ? formatCount(rest.length, "more change")
      : `${formatCount(rest.length, "more change")}: ${timed.length === 0 ? "none with a figure" : `${formatNumber(timed.length)} with ${formatTime(cost)} s together`}${rest.length > timed.length && timed.length > 0 ? `, ${formatNumber(rest.length - timed.length)} without a figure` : ""}`;
  const rows = rest.slice(0, MOST_LISTED).map((change, index) => row(change, index + TEN, { handbook, most }));
  const more = rest.length - rows.length;
  return html`${sum}<details class="more"><summary>${words}</summary><table class="ten rest${time === null ? " no-time" : ""}"><thead class="sr"><tr><th scope="col">Rank</th><th scope="col">Change</th><th scope="col">Evidence</th>${time === null ? NOTHING : html`<th scope="col">Removes</th>`}<th scope="col">Fix</th></tr></thead><tbody>
${rows}</tbody></table>${more > 0 ? html`<p class="sm dim">${formatNumber(more)} more ${more === 1 ? "stands in its section" : "stand in their sections"} below.</p>` : NOTHING}</details>`;
}
