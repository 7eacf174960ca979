/** A recording as one HTML file: no network, readable without scripts, narrow, dark and on paper. */
import type { Recording, ScopeKind, ScopeTotals } from "../../model/recording.ts";
import { growthOfScopes, type Growth } from "../../workload/growth.ts";
import { formatCount, formatDuration, formatNumber } from "../../model/numbers.ts";
import type { SourceReader } from "../render-context.ts";
import { formatShare, formatTime, SCOPE_WORDS, vendorName } from "./figures.ts";
import { renderFlame } from "./flame.ts";
import { html, NOTHING, percent, type Html } from "./markup.ts";
import { renderPerRow, timePerRow } from "./per-row.ts";
import { renderRepeated, renderUnused } from "./repeated.ts";
import { renderTop } from "./top-statements.ts";
import { renderTransactions } from "./transactions.ts";
import { renderWaterfall } from "./waterfall.ts";

/** Style and script that a page carries in itself. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

export interface PageInput {
  /** The smaller first, when there are two; the page is about the last one. */
  readonly recordings: readonly Recording[];
  readonly project: string;
  readonly version: string;
  readonly read: SourceReader;
  readonly assets: PageAssets;
}

/** Routes that are listed, and of those the ones that are drawn. */
const MOST_ROUTES = 40;
const MOST_WATERFALLS = 12;

interface Section {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly body: Html;
}

export function renderRecordingPage(input: PageInput): string {
  const recording = input.recordings.at(-1);
  if (recording === undefined) return "";
  const [small] = input.recordings.length > 1 ? input.recordings : [];
  const sections = sectionsOf(recording, small, input);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${input.project}: what a recording shows</title>
<style>${{ html: input.assets.style }}</style>
</head>
<body>
<a class="skip" href="#routes">To the routes</a>
<div class="page">
${contents(input.project, sections)}
<main>
<h1>${input.project}: what a recording shows</h1>
${meta(recording, input.version)}
<p class="lede">${headline(recording)}</p>
${gaps(recording)}
${sections.map(
  ({ id, title, body }) => html`<section id="${id}" tabindex="-1"><h2>${title}</h2>${body}</section>
`,
)}</main>
</div>
<script>${{ html: input.assets.script }}</script>
</body>
</html>
`;
  return page.html;
}

function contents(project: string, sections: readonly Section[]): Html {
  const items = sections.map(({ id, title, note }) => html`<li><a href="#${id}"><span>${title}</span> <span class="n">${note}</span></a></li>`);
  return html`<nav class="toc" aria-label="Contents"><details open><summary>${project}</summary><ol>${items}</ol></details></nav>`;
}

function meta({ command, started, ended, django, python, processes, connections, folder }: Recording, version: string): Html {
  const server = connections.find((one) => one.server !== null);
  const facts = [
    command ?? "",
    started > 0 ? `${new Date(started).toISOString().slice(0, 16).replace("T", " ")} UTC` : "",
    ended > started ? `${formatDuration(ended - started)} long` : "",
    formatCount(processes, "process", "processes"),
    django === null ? "" : `Django ${django}`,
    python === null ? "" : `Python ${python}`,
    server === undefined ? "" : `${vendorName(server.vendor)} ${server.server ?? ""}`,
    folder,
    `Luthier ${version}`,
  ];
  return html`<p class="meta">${facts.filter(Boolean).map((fact) => html`<span>${fact}</span> `)}</p>`;
}

/** The answer in one sentence: how much there was, and how much of it was sent row by row. */
function headline(recording: Recording): string {
  const { statements, microseconds } = recording;
  const kinds: readonly ScopeKind[] = ["request", "task", "command", "test"];
  const counts = kinds.flatMap((kind) => {
    const count = recording.scopes.reduce((sum, scope) => sum + (scope.kind === kind ? scope.scopes : 0), 0);
    return count === 0 ? [] : [formatCount(count, ...SCOPE_WORDS[kind])];
  });
  const what = counts.length === 0 ? "The recording" : listed(counts);
  const perRow = timePerRow(recording);
  const share =
    perRow === 0
      ? "No queryset was followed by a query for each of its rows."
      : `${formatShare(perRow, microseconds)} of it went into loading relations row by row.`;
  return `${what} sent ${formatCount(statements, "query", "queries")}, ${formatTime(microseconds)} in the database. ${share}`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** What the recording does not hold, each with what would. */
function gaps({ sample, killed, dropped, broken, literals, fields, setupStatements }: Recording): Html {
  const lost = dropped.filter(({ count }) => count > 0);
  const items = [
    sample < 1 ? `One scope in ${Math.round(1 / sample)} was recorded; figures are of those alone.` : "",
    killed > 0 ? `${formatCount(killed, "process", "processes")} ended without saying so; the last moments may be missing.` : "",
    ...lost.map(({ reason, count }) => `${formatNumber(count)} left out: ${reason}.`),
    broken > 0 ? `${formatCount(broken, "line")} could not be read.` : "",
    setupStatements > 0 ? `${formatCount(setupStatements, "query", "queries")} of tests' fixtures are counted nowhere below.` : "",
    literals ? "" : "Values were not recorded, so equal queries are told by their place alone: record with --literals.",
    fields ? "" : "What was read of the rows is not known: record with --fields.",
  ];
  const shown = items.filter(Boolean).map((item) => html`<li>${item}</li>`);
  return shown.length === 0 ? NOTHING : html`<ul class="unseen" aria-label="Not seen">${shown}</ul>`;
}

function sectionsOf(recording: Recording, small: Recording | undefined, { read }: PageInput): readonly Section[] {
  const routes = routesOf(recording);
  const drawn = routes
    .filter(({ label, kind }) => recording.samples.some((sample) => sample.label === label && sample.kind === kind))
    .slice(0, MOST_WATERFALLS);
  const growth = small === undefined ? [] : growthOfScopes(small, recording);
  const repeated = renderRepeated(recording);
  const unused = renderUnused(recording);
  const perRow = renderPerRow(recording, read, small);
  const transactions = renderTransactions(recording);
  return [
    { id: "routes", title: "Where the time goes", note: formatNumber(routes.length), body: renderRoutes(routes, drawn, recording) },
    { id: "per-row", title: "Queries row by row", note: perRow.note, body: perRow.body },
    { id: "waterfalls", title: "What one of each does", note: formatNumber(drawn.length), body: renderWaterfalls(drawn, recording) },
    { id: "lines", title: "Which lines cost", note: "", body: recording.stacks.length === 0 ? none("No query was recorded.") : renderFlame(recording.stacks) },
    { id: "top", title: "Which queries cost", note: formatNumber(recording.top.length), body: renderTop(recording) },
    { id: "repeated", title: "Sent again and again", note: repeated.note, body: repeated.body },
    { id: "unused", title: "Loaded and not read", note: unused.note, body: unused.body },
    { id: "transactions", title: "Transactions and connections", note: transactions.note, body: transactions.body },
    ...(small === undefined
      ? []
      : [
          {
            id: "growth",
            title: "What grows with the data",
            note: formatNumber(growth.filter(({ kind }) => kind === "grows").length),
            body: renderGrowth(growth),
          },
        ]),
  ];
}

function none(sentence: string): Html {
  return html`<p class="none">${sentence}</p>`;
}

/** Requests, tasks and commands; tests only when nothing else was recorded. */
function routesOf({ scopes }: Recording): readonly ScopeTotals[] {
  const work = scopes.filter(({ kind, statements }) => kind !== "test" && kind !== "process" && statements.sum > 0);
  return work.length > 0 ? work : scopes.filter(({ statements }) => statements.sum > 0);
}

function renderRoutes(routes: readonly ScopeTotals[], drawn: readonly ScopeTotals[], recording: Recording): Html {
  if (routes.length === 0) return none("No request, task, command or test sent a query.");
  const whole = routes[0]?.databaseTime.sum ?? 0;
  const perRow = perRowByLabel(recording);
  const rows = routes.slice(0, MOST_ROUTES).map((scope) => {
    const { label, kind, scopes, statements, databaseTime, duration, inTests } = scope;
    const index = drawn.indexOf(scope);
    const name = index < 0 ? html`<span class="name">${label}</span>` : html`<a class="name" href="#w${index}">${label}</a>`;
    const share = perRow.get(`${kind}\n${label}`) ?? 0;
    return html`<tr><td>${name}<span class="s">${kind}${scope.view === null ? "" : `, ${scope.view}`}${inTests > 0 ? `, ${inTests === scopes ? "in tests" : `${inTests} in tests`}` : ""}</span></td><td class="num" data-label="times">${formatNumber(scopes)}</td><td class="num" data-label="queries">${range(statements.median, statements.max)}</td><td class="num" data-label="database">${formatTime(databaseTime.median)}</td><td class="num" data-label="of">${formatTime(duration.median)}</td><td class="cost" data-label="all in all"><span class="bar" aria-hidden="true"><i style="width:${percent(databaseTime.sum, whole)}"></i><i class="hot" style="width:${percent(Math.min(share, databaseTime.sum), whole)}"></i></span> ${formatTime(databaseTime.sum)}</td></tr>`;
  });
  const more = routes.length - rows.length;
  return html`<p>Time in the database, all of them together. <span class="key"><i class="hot"></i> row by row</span> <span class="key"><i></i> the rest</span></p>
<table class="wide"><thead><tr><th>route, task or command</th><th class="num">times</th><th class="num">queries</th><th class="num">database</th><th class="num">of</th><th>all in all</th></tr></thead><tbody>${rows}</tbody></table>
<p class="sm dim">Queries are the median, then the most; times are medians of one.${more > 0 ? ` ${more} more cost less.` : ""}</p>`;
}

function range(median: number, max: number): string {
  return median === max ? formatNumber(max) : `${formatNumber(median)} to ${formatNumber(max)}`;
}

function perRowByLabel({ rowClusters }: Recording): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { kind, label, microseconds } of rowClusters.flatMap(({ occurrences }) => occurrences)) {
    const key = `${kind}\n${label}`;
    times.set(key, (times.get(key) ?? 0) + microseconds);
  }
  return times;
}

function renderWaterfalls(drawn: readonly ScopeTotals[], { samples }: Recording): Html {
  if (drawn.length === 0) return none("No scope with queries was kept whole.");
  const figures = drawn.flatMap((scope, index) => {
    const sample = samples.find((one) => one.label === scope.label && one.kind === scope.kind);
    if (sample === undefined) return [];
    const queries = formatCount(sample.statements.length + sample.more, "query", "queries");
    return [
      html`<details class="figure" id="w${index}"${index === 0 ? { html: " open" } : NOTHING}><summary><span class="q">${scope.label}</span> <span class="a">${queries}, ${formatTime(sample.duration)}</span></summary>${renderWaterfall(sample)}</details>`,
    ];
  });
  return html`<p>One in the middle of those that were recorded, from its beginning at the left. A row is a query; a <span class="hotword">tinted</span> row is one place that sent several, and opens to list them. What is blank is not the database.</p>${figures}`;
}

function renderGrowth(growth: readonly Growth[]): Html {
  if (growth.length === 0) return none("The two recordings have no route, task, command or test in common.");
  const rows = growth
    .toSorted((a, b) => b.after - b.before - (a.after - a.before))
    .slice(0, MOST_ROUTES)
    .map(
      ({ label, before, after, kind }) =>
        html`<tr><td>${label}</td><td class="num">${formatNumber(before)}</td><td class="num">${formatNumber(after)}</td><td>${kind === "grows" ? html`<span class="hotword">grows</span>` : kind}</td></tr>`,
    );
  return html`<p>Queries of the median in the smaller recording and in the larger one.</p><div class="scroll"><table><thead><tr><th>route, task, command or test</th><th class="num">smaller</th><th class="num">larger</th><th></th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
