import type { Frame, Recording, RowCluster, Stack } from "../../model/recording.ts";
import { growthOfRows } from "../../workload/growth.ts";
import { isBlamable, ownFrame } from "../../recording/user-code.ts";
import { formatCount, formatNumber } from "../../model/numbers.ts";
import type { SourceReader } from "../render-context.ts";
import { formatShare, formatTime, placeOfFrame, SCOPE_WORDS } from "./figures.ts";
import { html, NOTHING, percent, type Html } from "./markup.ts";

/** Clusters that are shown whole. */
const MOST_SHOWN = 20;
const MOST_SEEN = 4;

export interface Part {
  /** For the contents. */
  readonly note: string;
  readonly body: Html;
}

export function timePerRow({ rowClusters }: Recording): number {
  return rowClusters.reduce((sum, cluster) => sum + timeOf(cluster), 0);
}

function timeOf({ occurrences }: RowCluster): number {
  return occurrences.reduce((sum, one) => sum + one.microseconds, 0);
}

/** Each lazy load that followed the rows of a queryset: where they were fetched, where they were read, what it took. */
export function renderPerRow(recording: Recording, read: SourceReader, small: Recording | undefined): Part {
  const clusters = mergeStacks(recording.rowClusters);
  if (clusters.length === 0)
    return {
      note: "none",
      body: html`<p class="none">No queryset was followed by a query for each of its rows, among ${formatCount(recording.statements, "query", "queries")}.</p>`,
    };
  const most = Math.max(...clusters.map(timeOf));
  const shown = clusters.slice(0, MOST_SHOWN).map((cluster) => renderCluster(cluster, { recording, read, small, most }));
  const more = clusters.length - shown.length;
  const rest =
    more > 0
      ? html`<p class="sm dim">${formatNumber(more)} more took ${formatTime(clusters.slice(MOST_SHOWN).reduce((sum, one) => sum + timeOf(one), 0))} together; luthier check lists them.</p>`
      : NOTHING;
  return { note: formatNumber(clusters.length), body: html`${shown}${rest}` };
}

/** Ways to the same two lines are one: the costliest is shown, the others' figures are added. */
function mergeStacks(clusters: readonly RowCluster[]): readonly RowCluster[] {
  const merged = new Map<string, RowCluster>();
  for (const cluster of clusters) {
    const [fetch, access] = [ownFrame(cluster.fetch), ownFrame(cluster.access)];
    const key = [fetch?.file, fetch?.line, access?.file, access?.line, cluster.model, cluster.path].join("\n");
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? cluster
        : { ...known, occurrences: [...known.occurrences, ...cluster.occurrences].toSorted((a, b) => b.microseconds - a.microseconds) },
    );
  }
  return [...merged.values()].toSorted((a, b) => timeOf(b) - timeOf(a));
}

interface Around {
  readonly recording: Recording;
  readonly read: SourceReader;
  readonly small: Recording | undefined;
  readonly most: number;
}

function renderCluster(cluster: RowCluster, { recording, read, small, most }: Around): Html {
  const { model, path, field, occurrences, sql } = cluster;
  const [worst] = occurrences;
  const row = model.split(".").at(-1) ?? model;
  const growth = small === undefined ? null : growthOfRows(cluster, small);
  const seen = occurrences
    .slice(0, MOST_SEEN)
    .map(
      ({ kind, label, scopes, of, statements }) =>
        html`<li>${kind === "test" ? `${formatCount(scopes, "test")}, most in ${label}` : `${formatNumber(scopes)} of ${formatCount(of, ...SCOPE_WORDS[kind])} ${label}`}: ${formatNumber(statements.median)}${statements.max > statements.median ? ` to ${formatNumber(statements.max)}` : ""} queries</li>`,
    );
  const more = occurrences.length - MOST_SEEN;
  return html`<article class="f" tabindex="-1"><header><span>${cluster.cause}</span><span><b>${formatTime(timeOf(cluster))}</b>, ${formatShare(timeOf(cluster), recording.microseconds)} of all</span><span class="rung">━━─── recorded</span></header>
<p class="claim">Each <code>${row}</code> loads <code>${path.replaceAll("__", ".")}</code> by itself: ${formatCount(worst?.statements.median ?? 0, "query", "queries")} a ${worst?.kind ?? "scope"}.</p>
<div class="meter" aria-hidden="true"><i style="width:${percent(timeOf(cluster), most)}"></i></div>
<ol class="chain">${[renderPlace("rows", ownFrame(cluster.fetch), read, "", byLibrary(cluster.fetch)), ...between(cluster, read), renderPlace("read", ownFrame(cluster.access), read, field, byLibrary(cluster.access))]}</ol>
<ul class="seen">${seen}${more > 0 ? html`<li>and ${more} more</li>` : NOTHING}${growth === null ? NOTHING : html`<li>${growth}</li>`}</ul>
<details class="data"><summary>The query</summary><code class="sql">${sql}</code></details></article>
`;
}

function between({ fetch, access }: RowCluster, read: SourceReader): readonly Html[] {
  const [from, to] = [ownFrame(fetch), ownFrame(access)];
  const own = access.filter((frame) => isBlamable(frame) && frame !== to);
  const end = own.findIndex((frame) => frame.file === from?.file && frame.name === from.name);
  return (end < 0 ? [] : own.slice(0, Math.min(end, 3))).toReversed().map((frame) => renderPlace("call", frame, read, "", ""));
}

function byLibrary([frame]: Stack): string {
  return frame === undefined ? "outside the project" : `a library: ${placeOfFrame(frame)} ${frame.name}`;
}

function renderPlace(role: string, frame: Frame | null, read: SourceReader, field: string, otherwise: string): Html {
  if (frame === null) return html`<li><span class="role">${role}</span><span class="dim">${otherwise}</span></li>`;
  const line = (read(frame.file) ?? "").split(/\r\n|\n|\r/)[frame.line - 1]?.trim() ?? "";
  return html`<li><span class="role">${role}</span><span><code class="at">${placeOfFrame(frame)}</code>${line === "" ? NOTHING : html`<code class="m">${marked(line, field)}</code>`}</span></li>`;
}

function marked(line: string, field: string): Html {
  const at = field === "" ? -1 : line.search(new RegExp(String.raw`\b${field.replaceAll(/\W/g, "")}\b`));
  if (at < 0) return html`${line}`;
  return html`${line.slice(0, at)}<u>${line.slice(at, at + field.length)}</u>${line.slice(at + field.length)}`;
}
