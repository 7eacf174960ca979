import { formatTime } from "../../../handbook/overview.ts";
import type { EvidenceUse, Handbook, Since } from "../../../model/handbook.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { drawPlot } from "../plots/plot.ts";
import { findingAnchor } from "./anchors.ts";
import { figure, svgPair } from "./figure.ts";
import { commandBlock, prose, sentence } from "./prose.ts";
import { newsWords } from "../news-words.ts";

/** What and when; the answer in one sentence, what it rests on in the next; how sure. */
export function renderAnswer(handbook: Handbook): Html {
  const { first, rest } = splitHeadline(handbook.headline);
  const { split, since } = handbook;
  const bar =
    split === null
      ? NOTHING
      : html`<figure class="split"><figcaption class="sr">${split.question} ${split.answer}</figcaption>${svgPair(split, drawPlot(split))}<div class="legend">${drawPlot(split).legend}</div></figure>`;
  return html`<h1>Django ORM and PostgreSQL optimization: ${handbook.project.name}</h1>
${meta(handbook)}
<p class="lede">${prose(first)}</p>
<p class="lede2">${prose(rest)} <a href="#rests">What this rests on</a></p>
${bar}${since === null ? NOTHING : html`<p class="sm news">${news(since)} <a href="#since">What changed</a></p>`}
`;
}

/** A full stop before a capital ends the sentence, one within a figure does not. */
function splitHeadline(headline: string): { readonly first: string; readonly rest: string } {
  const end = /[.!?]\s+(?=[\p{Lu}\d`])/u.exec(headline);
  return end === null ? { first: headline, rest: "" } : { first: headline.slice(0, end.index + 1), rest: headline.slice(end.index + end[0].length) };
}

function meta({ project, report, at }: Handbook): Html {
  const facts = [
    at === undefined ? "" : `${at.slice(0, 16).replace("T", " ")} UTC`,
    project.commit === null ? "no commit: not in a repository" : `commit ${project.commit}${project.isDirty ? " with uncommitted changes" : ""}`,
    project.django === null ? "" : `Django ${project.django}`,
    project.postgres === null ? "" : `PostgreSQL ${project.postgres}`,
    formatCount(report.project.models, "model"),
    formatCount(report.project.lines, "line"),
  ];
  return html`<p class="meta">${facts.filter(Boolean).map((fact) => html`<span>${fact}</span> `)}</p>`;
}

function news(since: Since): string {
  const { at, commit } = since;
  return `Since ${at.slice(0, 10)}${commit === null ? "" : ` (${commit})`}: ${newsWords(since, true)}.`;
}

const KINDS: Readonly<Record<EvidenceUse["kind"], string>> = {
  source: "Source",
  recording: "Recording",
  snapshot: "Database",
  statements: "Statements",
  replicas: "Replicas",
  settings: "Settings",
  pooler: "Pooler",
  plans: "Planner",
};

/** Kinds of evidence with their size and age; then each gap with its command. */
export function renderRests({ rests, report }: Handbook): Html {
  const there = rests.filter(({ isThere }) => isThere);
  const gaps = rests.filter(({ isThere }) => !isThere);
  const cards = there.map(
    ({ kind, what, age }) => html`<div><dt>${KINDS[kind]}</dt><dd>${prose(what)}${age === "" ? NOTHING : html` <span class="dim">${age}</span>`}</dd></div>`,
  );
  const { unresolved, queryOrigins, resolvedOrigins } = report.coverage;
  const most = unresolved.toSorted((a, b) => b.count - a.count)[0];
  const left = queryOrigins - resolvedOrigins;
  const querysets =
    left <= 0
      ? NOTHING
      : html`<li>${formatCount(left, "queryset")} could not be followed${most === undefined ? NOTHING : html`${most.count >= left ? ": " : `, ${formatNumber(most.count)} of them `}${prose(most.why)} in <code>${most.file}</code>`}. ${left === 1 ? "It is" : "They are"} neither clean nor guilty.</li>`;
  const missing = gaps.map(({ kind, what, command }) => html`<li><b>${KINDS[kind]}</b> not given. ${sentence(what)}${commandBlock(command)}</li>`);
  const lead = `${formatCount(there.length, "kind")} of evidence ${there.length === 1 ? "was" : "were"} given.${gaps.length > 0 || left > 0 ? " What is missing is named, with the command that would supply it." : " Nothing is missing."}`;
  return html`<section id="rests" class="part" tabindex="-1"><h2>What this rests on</h2><p class="sm dim">${lead}</p>
<dl class="ev">${cards}</dl>${gaps.length === 0 && left <= 0 ? NOTHING : html`<ul class="unseen">${missing}${querysets}</ul>`}</section>
`;
}

/** What is new since the run before: fixed, added, worse. */
export function renderSince(handbook: Handbook): Html {
  const { since, report } = handbook;
  if (since === null) return NOTHING;
  const claims = new Map(report.findings.map(({ id, claim, message }) => [id, claim || message]));
  const link = (id: string): Html => html`<a href="#${findingAnchor(handbook, id)}">${prose(claims.get(id) ?? id)}</a>`;
  const unit = handbook.time?.unit ?? "s/min";
  return html`<section id="since" class="part" tabindex="-1"><h2>What changed since ${since.at.slice(0, 10)}</h2><p class="sm dim">${news(since)}</p>
${list(
  "Worse",
  since.worse.map(({ finding, before, now }) => html`<li><b class="hotword">${formatTime(before)} → ${formatTime(now)} ${unit}</b> ${link(finding)}</li>`),
)}${list(
    "Better",
    (since.better ?? []).map(({ finding, before, now }) => html`<li><b>${formatTime(before)} → ${formatTime(now)} ${unit}</b> ${link(finding)}</li>`),
  )}${list(
    "New",
    since.added.map((id) => html`<li>${link(id)}</li>`),
  )}${list("Fixed", gone(since.fixed))}${list(
    "Not seen",
    gone(since.unseen ?? []),
    "Not all of their statements were sent this time: they are fixed, or were not asked for.",
  )}</section>
`;
}

const gone = (findings: Since["fixed"]): readonly Html[] => findings.map(({ rule, claim }) => html`<li>${prose(claim)} <span class="dim">${rule}</span></li>`);

const MOST_NEWS = 12;

function list(title: string, items: readonly Html[], note = ""): Html {
  if (items.length === 0) return NOTHING;
  const more = items.length - MOST_NEWS;
  return html`<h3>${title}</h3>${note === "" ? NOTHING : html`<p class="sm dim">${note}</p>`}<ul class="news">${items.slice(0, MOST_NEWS)}</ul>${more > 0 ? html`<details class="more"><summary>${formatNumber(more)} more</summary><ul class="news">${items.slice(MOST_NEWS, 300)}</ul></details>` : NOTHING}`;
}

export function renderOverview(handbook: Handbook): Html {
  const figures = handbook.overview.map((plot) => figure(plot, handbook)).filter((one) => one !== NOTHING);
  const none = handbook.time === null ? "Unknown: nothing measured the database's time." : "Nothing to draw.";
  return html`<section id="where" class="part" tabindex="-1"><h2>Where the time goes</h2>${figures.length === 0 ? html`<p class="dim">${none}</p>` : figures}</section>
`;
}
