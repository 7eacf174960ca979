import { formatTime } from "../../../handbook/overview.ts";
import type { Evidence, Figure, Finding } from "../../../model/finding.ts";
import type { Handbook } from "../../../model/handbook.ts";
import type { Plot } from "../../../model/plot.ts";
import { formatBytes, formatCount, formatNumber } from "../../../model/numbers.ts";
import { RUNGS, rungOf, strongestEvidence } from "../../../select/severity.ts";
import { isSourceLine, mainPlace } from "../../../select/source-line.ts";
import { doubtSentence, evidenceSentence, proofSentence, whyOf } from "../../finding-facts.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { placeName, shortIdOf } from "../../render-context.ts";
import { findingAnchor } from "./anchors.ts";
import type { HandbookContext } from "./context.ts";
import { figure } from "./figure.ts";
import { removedWords } from "./gain.ts";
import { renderFix } from "./fix.ts";
import { renderPlaces } from "./places.ts";
import { commandBlock, prose, sentence, splitCommand } from "./prose.ts";
import { rungBadge } from "./rung.ts";

export interface FindingInput {
  readonly handbook: Handbook;
  readonly context: HandbookContext;
  /** Plots of this finding alone. */
  readonly plots: readonly Plot[];
  /** Only its identity and claim are seen until it is opened. */
  readonly isFolded: boolean;
}

/** A finding whole, in its nine parts: identity, claim, places, evidence, fix, proof, doubt, alternatives, silence. */
export function renderFinding(finding: Finding, { handbook, context, plots, isFolded }: FindingInput): Html {
  // Links lead out of the handbook's folder; words name files as the project does.
  const words = { ...context, pathPrefix: "" };
  const { severity, rule, confidence, claim, message, fixes } = finding;
  const removed = removedWords(finding, handbook);
  const place = mainPlace(finding);
  const page = context.findingPage?.(finding) ?? null;
  const why = whyOf(finding);
  const parts = [
    why === "" ? NOTHING : part("Why", html`<p>${sentence(why)}</p>`),
    part("Places", renderPlaces(finding.places, handbook, context)),
    part("Evidence", html`${evidence(finding, handbook, words)}${plots.map((plot) => figure(plot, handbook))}`),
    part("Fix", renderFix(fixes[0], context, finding.remedy)),
    part("Proof", proof(finding, words)),
    part("Doubt", html`<p>${sentence(doubtSentence(finding))}</p>`),
    alternatives(finding, context),
    part("Silence", silence(finding)),
  ];
  const identity = html`<b class="${severity}">${severity}</b><span>${rule}</span><span>${confidence}</span>${page === null || isFolded ? html`<code>${shortIdOf(context, finding.id)}</code>` : html`<a href="${page}"><code>${shortIdOf(context, finding.id)}</code></a>`}${removed === "" ? NOTHING : html`<span>${removed}</span>`}${isFolded && place !== undefined ? html`<code>${placeName(words, place)}</code>` : NOTHING}${rungBadge(rungOf(finding))}`;
  const anchor = findingAnchor(handbook, finding.id);
  if (isFolded)
    return html`<details class="f" id="${anchor}" ${facets(finding)} data-stop><summary><span class="head">${identity}</span><span class="claim">${prose(claim || message)}</span></summary><dl class="parts">${parts}</dl></details>
`;
  return html`<article class="f" id="${anchor}" ${facets(finding)} data-stop tabindex="-1">
<header>${identity}</header>
<h4 class="claim">${prose(claim || message)}</h4>
<dl class="parts">${parts}</dl></article>
`;
}

function silence({ places, rule }: Finding): Html {
  const [words, text] = places.some(isSourceLine)
    ? ["On the line", `# luthier: ignore[${rule}] reason`]
    : ["No line of the source stands for it", `--ignore ${rule}`];
  return html`<details><summary>${words}</summary><pre class="cmd comment"><code>${text}</code></pre></details>`;
}

/** What the search filters by. */
export function facets(finding: Finding): Html {
  const [fix] = finding.fixes;
  return html`data-s="${finding.severity}" data-r="${RUNGS.indexOf(rungOf(finding)) + 1}" data-x="${fix === undefined ? "none" : fix.safety}"`;
}

function part(name: string, body: Html): Html {
  return html`<div class="row"><dt>${name}</dt><dd>${body}</dd></div>`;
}

/** The strongest first, what else there is below it. What was proven stands in its own part. */
function evidence(finding: Finding, handbook: Handbook, context: HandbookContext): Html {
  const before = finding.evidence.filter(({ kind }) => kind !== "proven");
  const shown = before.length > 0 ? { ...finding, evidence: before } : finding;
  const strongest = strongestEvidence(shown);
  const others = shown.evidence
    .filter((one) => one !== strongest && one.kind !== "inferred" && one.note !== undefined && one.note !== "")
    .toSorted((a, b) => RUNGS.indexOf(b.kind) - RUNGS.indexOf(a.kind));
  return html`<p>${sentence(evidenceSentence(shown, handbook.report, context))}</p>${others.length === 0 ? NOTHING : html`<ul class="also">${others.map(({ kind, note }) => html`<li><span class="dim">${kind}</span> ${sentence(note ?? "")}</li>`)}</ul>`}`;
}

/** Before and after in large figures where it was run with the fix; else what is missing, and the command. */
function proof(finding: Finding, context: HandbookContext): Html {
  const proven = finding.evidence.find(({ kind }) => kind === "proven");
  if (proven === undefined) {
    const { words, command } = splitCommand(proofSentence(finding, context));
    return html`<p class="dim">${sentence(words)}</p>${commandBlock(command)}`;
  }
  const { statements, milliseconds, rows, bytes } = finding.impact;
  const isMinute = milliseconds?.per === "minute";
  const pairs = [
    pair(statements, "queries", formatNumber),
    pair(milliseconds, isMinute ? "seconds" : "milliseconds", (value) => (isMinute ? formatTime(value / 1000) : formatNumber(value))),
    pair(rows, "rows", formatNumber),
    pair(bytes, "size", formatBytes),
  ];
  return html`<div class="proof">${pairs.filter((one) => one !== NOTHING)}</div><p class="sm dim">${sentence(howProven(proven))}</p>`;
}

function howProven({ note = "", runs, results }: Evidence): string {
  const facts = [typeof runs === "number" ? formatCount(runs, "run") : "", typeof results === "string" ? `results ${results}` : ""].filter(Boolean).join(", ");
  return [note, facts].filter(Boolean).join("; ") || "the fix was applied and the same work run again";
}

function pair(figures: Figure | undefined, unit: string, format: (value: number) => string): Html {
  if (figures?.before === undefined || figures.after === undefined) return NOTHING;
  return html`<div><b>${format(figures.before)} → ${format(figures.after)}</b><span>${unit}${figures.per === undefined ? "" : ` a ${figures.per}`}</span></div>`;
}

function alternatives({ fixes }: Finding, context: HandbookContext): Html {
  const others = fixes.slice(1);
  if (others.length === 0) return NOTHING;
  const body = others.map((fix) => html`<div class="other"><p><b>${prose(fix.title)}</b></p>${renderFix(fix, context)}</div>`);
  return part("Alternatives", html`<details><summary>${others.length === 1 ? "One more way" : `${others.length} more ways`}</summary>${body}</details>`);
}
