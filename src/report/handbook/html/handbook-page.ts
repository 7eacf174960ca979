/** The handbook as one HTML file: no network, no storage, readable without scripts, narrow, dark and on paper. */
import { formatTime } from "../../../handbook/overview.ts";
import type { Finding } from "../../../model/finding.ts";
import type { Handbook, HandbookSection } from "../../../model/handbook.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { removedBy } from "./gain.ts";
import { encodePath } from "../../encode-path.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { PATTERNS } from "../plots/patterns.ts";
import { renderChanges } from "./changes.ts";
import { chapterOf, CHAPTERS } from "./chapters.ts";
import { renderSide } from "./contents.ts";
import type { HandbookContext } from "./context.ts";
import { renderAnswer, renderOverview, renderRests, renderSince } from "./first-page.ts";
import { renderSection } from "./section.ts";

/** Findings that are there whole; the others are a row each and stand whole in Markdown. */
const MOST_WHOLE = 200;

export function renderHandbookPage(handbook: Handbook, context: HandbookContext): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'">
<title>${handbook.project.name}: Django ORM and PostgreSQL optimization</title>
<style>${{ html: context.assets.style }}</style>
</head>
<body>
<a class="skip" href="#ten">Skip to the ten changes</a>
${PATTERNS}
<div class="page">
${renderSide(handbook)}
<main id="main">
<div id="book">
${renderAnswer(handbook)}${renderChanges(handbook)}${renderRests(handbook)}${renderSince(handbook)}${renderOverview(handbook)}${renderChapters(handbook, context)}${footer(handbook, context)}</div>
<section id="found" aria-live="polite" hidden></section>
</main>
</div>
${planPage(handbook, context)}<script>${{ html: context.assets.script }}</script>
</body>
</html>
`;
  return page.html;
}

function renderChapters(handbook: Handbook, context: HandbookContext): Html {
  const byId = new Map(handbook.report.findings.map((finding) => [finding.id, finding]));
  const { whole, open } = chooseWhole(handbook);
  const chapters = CHAPTERS.map(({ number, title }) => {
    const sections = handbook.sections.filter(({ section }) => chapterOf(section) === number);
    if (sections.length === 0) return NOTHING;
    return html`<section class="chapter" id="c-${number}"><h2><span class="no">${number}</span> ${title}</h2>
<p class="sm dim">${chapterLine(sections, byId, handbook)}</p>
${sections.map((section) => renderSection(section, { handbook, context, byId, whole, open }))}</section>
`;
  });
  return html`${chapters}`;
}

/** What there is in a chapter, and where nobody looked. */
function chapterLine(sections: readonly HandbookSection[], byId: ReadonlyMap<string, Finding>, handbook: Handbook): string {
  const findings = sections.flatMap((one) => one.findings.flatMap((id) => byId.get(id) ?? []));
  const costs = findings.flatMap((finding) => removedBy(finding, handbook) ?? []);
  const unknown = sections.filter(({ state }) => state === "unknown" || state === "failed").length;
  const advice = sections.reduce((sum, one) => sum + one.advice.length, 0);
  const parts = [
    `${findings.length === 0 ? "No findings" : formatCount(findings.length, "finding")} in ${formatCount(sections.length, "section")}`,
    costs.length > 0
      ? `${formatTime(costs.reduce((sum, cost) => sum + cost, 0))} ${handbook.time?.unit ?? "s/min"} ${handbook.time === null ? "" : "removed "}where the time is known`
      : "",
    advice > 0 ? formatCount(advice, "piece of advice", "pieces of advice") : "",
    unknown > 0 ? `${formatCount(unknown, "section")} not looked at` : "",
  ];
  return `${parts.filter(Boolean).join("; ")}.`;
}

/** Those of the ten changes and the first of each section, then whatever comes first. */
function chooseWhole({ changes, sections, report }: Handbook): { readonly whole: ReadonlySet<string>; readonly open: ReadonlySet<string> } {
  const known = new Set(report.findings.map(({ id }) => id));
  const first = [...changes.slice(0, 10).map(({ finding }) => finding), ...sections.flatMap(({ findings }) => findings.slice(0, 1))].filter((id) =>
    known.has(id),
  );
  // One of each section in turn, so that none is left to Markdown alone.
  const longest = Math.max(0, ...sections.map(({ findings }) => findings.length));
  const turns = Array.from({ length: longest }, (_, turn) => sections.flatMap(({ findings }) => findings.slice(turn, turn + 1))).flat();
  const whole = new Set([...first, ...turns.filter((id) => known.has(id))].slice(0, MOST_WHOLE + first.length));
  return { whole, open: new Set(first) };
}

function footer({ report }: Handbook, { pages = [] }: HandbookContext): Html {
  const { ignored, baseline, belowConfidence } = report.silenced;
  const left = [
    ignored > 0 ? `${formatNumber(ignored)} ignored by a comment` : "",
    baseline > 0 ? `${formatNumber(baseline)} in the baseline` : "",
    belowConfidence > 0 ? `${formatNumber(belowConfidence)} less sure than asked for` : "",
  ].filter(Boolean);
  const links = pages.map(({ file, title }) => html`<li><a href="${encodePath(file)}">${title}</a></li>`);
  return html`<footer>${left.length === 0 ? NOTHING : html`<p>Left out: ${left.join(", ")}.</p>`}${report.notices.length === 0 ? NOTHING : html`<details><summary>${formatCount(report.notices.length, "file")} could not be read whole</summary><ul>${report.notices.slice(0, 50).map(({ file, line, message }) => html`<li><code>${file}:${line}</code> ${message}</li>`)}</ul></details>`}${links.length === 0 ? NOTHING : html`<p>The same in Markdown:</p><ul class="pages">${links}</ul>`}<p>Written by <code>luthier tune</code> ${report.tool.version}. <span class="keys" hidden>Keys: <kbd>j</kbd> next, <kbd>k</kbd> previous, <kbd>/</kbd> search, <kbd>Esc</kbd> back.</span></p></footer>
`;
}

/** Only where a plan of EXPLAIN is there to be drawn. */
function planPage({ sections, overview }: Handbook, { assets }: HandbookContext): Html {
  const plots = [...overview, ...sections.flatMap(({ plots: own, advice }) => [...own, ...advice.flatMap((one) => one.plots)])];
  const isNeeded = plots.some((plot) => plot.kind === "plans" && (plot.before.json !== null || (plot.after !== null && plot.after.json !== null)));
  return isNeeded && assets.planPage !== ""
    ? html`<script type="application/octet-stream" id="plan-page">${{ html: assets.planPage }}</script>
`
    : NOTHING;
}
