import type { Finding } from "../../../model/finding.ts";
import type { Handbook, HandbookSection, SectionWord } from "../../../model/handbook.ts";
import type { Plot } from "../../../model/plot.ts";
import { capitalised } from "../../../model/capitals.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { encodePath } from "../../encode-path.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { renderAdvice } from "./advice.ts";
import { sectionAnchor } from "./anchors.ts";
import { renderCompact } from "./compact.ts";
import type { HandbookContext } from "./context.ts";
import { figure } from "./figure.ts";
import { renderFinding } from "./finding.ts";
import { missingText, prose, sentence } from "./prose.ts";
import { toldAdvice } from "../../../handbook/section-state.ts";

export interface SectionInput {
  readonly handbook: Handbook;
  readonly context: HandbookContext;
  readonly byId: ReadonlyMap<string, Finding>;
  /** Ids of the findings that are there whole, and of those that are open. */
  readonly whole: ReadonlySet<string>;
  readonly open: ReadonlySet<string>;
}

/** A section: one line of state, its findings in order of cost, its advice, its figures, what common advice gets wrong. */
export function renderSection(section: HandbookSection, { handbook, context, byId, whole, open }: SectionInput): Html {
  const findings = section.findings.flatMap((id) => byId.get(id) ?? []);
  const shown = findings.filter(({ id }) => whole.has(id));
  const plotsOf = ({ id }: Finding): readonly Plot[] => section.plots.filter(({ finding }) => finding === id);
  const placed = new Set(shown.flatMap(plotsOf));
  return html`<section class="sec" id="${sectionAnchor(section.section)}" tabindex="-1"><h3><span class="no">${section.section}</span> ${prose(section.title)}</h3>
${stateOf(section)}
${inOrder(shown.map((finding) => ({ isOpen: open.has(finding.id), body: renderFinding(finding, { handbook, context, plots: plotsOf(finding), isFolded: !open.has(finding.id) }) })))}${renderCompact(
    findings.filter(({ id }) => !whole.has(id)),
    handbook,
    context,
  )}${toldAdvice(section).map((advice) => renderAdvice(advice, handbook, context))}${figures(
    section.plots.filter((plot) => !placed.has(plot)),
    handbook,
  )}${corrections(section)}</section>
`;
}

/** Folded findings that are seen; the others are one fold more away. */
const MOST_SEEN = 12;

/** The open ones first: what is largest is among them. */
function inOrder(findings: readonly { readonly isOpen: boolean; readonly body: Html }[]): Html {
  const folded = findings.filter(({ isOpen }) => !isOpen).map(({ body }) => body);
  const more = folded.length - MOST_SEEN;
  return html`${findings.filter(({ isOpen }) => isOpen).map(({ body }) => body)}${folded.slice(0, MOST_SEEN)}${more > 0 ? html`<details class="more"><summary>${formatCount(more, "more finding")}</summary>${folded.slice(MOST_SEEN)}</details>` : NOTHING}`;
}

/** Figures that are open; the rest of a section's is a fold away. */
const MOST_FIGURES = 4;

function figures(plots: readonly Plot[], handbook: Handbook): Html {
  const drawn = plots.map((plot) => figure(plot, handbook)).filter((one) => one !== NOTHING);
  const more = drawn.length - MOST_FIGURES;
  return html`${drawn.slice(0, MOST_FIGURES)}${more > 0 ? html`<details class="more"><summary>${formatCount(more, "more figure")}</summary>${drawn.slice(MOST_FIGURES)}</details>` : NOTHING}`;
}

const WORDS: Readonly<Record<Exclude<SectionWord, "findings">, string>> = {
  clean: "Nothing found.",
  unknown: "Unknown.",
  partial: "Partial.",
  failed: "Not run:",
};

function stateOf(section: HandbookSection): Html {
  const { state, stateLine, examined, missing, pages } = section;
  const links =
    pages.length === 0 ? NOTHING : html` ${pages.map((page, index) => html`${index > 0 ? " · " : ""}<a href="${encodePath(page)}">${titleOfPage(page)}</a>`)}`;
  const looked =
    examined.trim() === "" || stateLine.includes(examined.trim()) ? NOTHING : html` ${state === "findings" ? "Weighed: " : ""}${sentence(examined)}`;
  if (state === "findings") return html`<p class="stateline">${sentence(stateLine)}${looked}${links}</p>${notSeen(missing)}`;
  const word = WORDS[state];
  const line = stateLine.startsWith(word) ? stateLine.slice(word.length).trim() : stateLine;
  return html`<div class="state ${state}"><strong>${word}</strong> ${sentence(line)}${looked}${missing.trim() === "" ? NOTHING : html` ${gapItems(missing.split("\n"))}`}${links}</div>`;
}

/** Letters of what is missing that are seen; more is a fold away. */
const MOST_MISSING = 360;

function notSeen(missing: string): Html {
  const lines = missing.split("\n").filter(Boolean);
  const [first = ""] = lines;
  if (first === "") return NOTHING;
  if (missing.length <= MOST_MISSING) return html`<div class="state"><strong>Not seen.</strong> ${gapItems(lines)}</div>`;
  const shown =
    first.length <= MOST_MISSING / 2
      ? first
      : `${first
          .slice(0, MOST_MISSING / 2)
          .replace(/\s+\S*$/, "")
          .replaceAll("`", "")} …`;
  return html`<details class="state"><summary><strong>Not seen.</strong> ${prose(shown)} <span class="dim">${lines.length === 1 ? "More" : `${formatNumber(lines.length - 1)} more`}</span></summary>${gapItems(shown === first ? lines.slice(1) : lines)}</details>`;
}

function gapItems(lines: readonly string[]): Html {
  const [first = ""] = lines;
  return lines.length === 1 ? missingText(first) : html`<ul class="gaps">${lines.map((line) => html`<li>${missingText(line)}</li>`)}</ul>`;
}

/** `index-analysis.md` as people call it. */
function titleOfPage(page: string): string {
  const words = page.replace(/\.md$/, "").replaceAll("-", " ").replace(/^n1\b/, "N+1");
  return capitalised(words);
}

function corrections({ corrections: items }: HandbookSection): Html {
  if (items.length === 0) return NOTHING;
  return html`${items.map(({ advice, truth, shown }) => html`<dl class="corr"><div><dt>Often advised</dt><dd>${sentence(advice)}</dd></div><div><dt>True</dt><dd>${sentence(truth)}</dd></div><div><dt>Shown here</dt><dd>${sentence(shown)}</dd></div></dl>`)}`;
}
