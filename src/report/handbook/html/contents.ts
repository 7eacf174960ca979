import { formatTime } from "../../../handbook/overview.ts";
import type { Handbook, HandbookSection } from "../../../model/handbook.ts";
import { formatNumber } from "../../../model/numbers.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { sectionAnchor } from "./anchors.ts";
import { timeOf } from "./changes.ts";
import { chapterOf, CHAPTERS } from "./chapters.ts";

/** The side: search and filters (a script brings them to life), and the contents with what each section has. */
export function renderSide(handbook: Handbook): Html {
  const items = contents(handbook);
  return html`<aside class="side">
<div class="head"><div><div class="brand">${handbook.project.name}</div><div class="sub">Optimization handbook</div></div><button type="button" id="theme" hidden></button></div>
${searchForm(handbook)}
<nav class="toc" aria-label="Contents"><ol>${items}</ol></nav>
<details class="toc-m"><summary>Contents</summary><nav aria-label="Contents, folded"><ol>${items}</ol></nav></details>
</aside>`;
}

function contents(handbook: Handbook): Html {
  const removed = handbook.changes.slice(0, 10).reduce((sum, { gain }) => sum + (gain?.marginal ?? 0), 0);
  const start = [
    item("ten", "Ten changes", timeOf(handbook) === null ? "" : `${formatTime(removed)} s`),
    item("rests", "What this rests on", ""),
    ...(handbook.since === null ? [] : [item("since", "What changed", "")]),
    item("where", "Where the time goes", ""),
  ];
  const chapters = CHAPTERS.map(({ number, short }) => {
    const sections = handbook.sections.filter(({ section }) => chapterOf(section) === number);
    return sections.length === 0
      ? NOTHING
      : html`<li class="grp">${number} ${short}</li>${sections.map((section) => item(sectionAnchor(section.section), `${section.section} ${section.title.replaceAll("`", "")}`, countOf(section)))}`;
  });
  return html`<li class="grp">Start</li>${start}${chapters}`;
}

function item(anchor: string, words: string, note: string): Html {
  return html`<li><a href="#${anchor}"><span>${words}</span><span class="n${note === "unknown" || note === "not run" ? " un" : ""}">${note}</span></a></li>`;
}

/** How many, `none`, or *unknown*: where nothing was looked at is seen in one glance. */
function countOf({ state, findings, advice }: HandbookSection): string {
  if (findings.length > 0) return formatNumber(findings.length);
  if (state === "findings" && advice.length > 0) return "advice";
  return state === "unknown" ? "unknown" : state === "failed" ? "not run" : state === "partial" ? "partial" : "none";
}

function searchForm({ report }: Handbook): Html {
  return html`<form class="search" id="search" role="search" hidden><label class="sr" for="q">Search the handbook</label><input id="q" type="search" placeholder="Search ${formatNumber(report.findings.length)} findings" autocomplete="off" spellcheck="false">
<div class="filters"><label class="sr" for="fs">Severity</label><select id="fs"><option value="">severity</option><option>error</option><option>warning</option><option>info</option></select><label class="sr" for="fr">Evidence</label><select id="fr"><option value="">evidence</option><option value="5">proven</option><option value="4">measured</option><option value="3">planned</option><option value="2">recorded</option><option value="1">inferred</option></select><label class="sr" for="fx">Fix</label><select id="fx"><option value="">fix</option><option value="safe">safe fix</option><option value="review">to review</option><option value="advice">by hand</option><option value="none">no fix</option></select></div></form>`;
}
