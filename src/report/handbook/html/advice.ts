import type { Advice, Artefact, Example } from "../../../model/advice.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { formatCount } from "../../../model/numbers.ts";
import { encodePath } from "../../encode-path.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { shownPath } from "../../render-context.ts";
import type { HandbookContext } from "./context.ts";
import { figure } from "./figure.ts";
import { codeLines, missingText, prose, sentence } from "./prose.ts";
import { rungBadge } from "./rung.ts";
import { adviceTable } from "./tables.ts";

/** What an advisor worked out: the answer, why, figures, files to take, code before and after, doubt. */
export function renderAdvice(advice: Advice, handbook: Handbook, context: HandbookContext): Html {
  const { claim, reasons, tables, plots, artefacts, examples, rung, examined, missing, doubt, advisor } = advice;
  return html`<article class="adv" data-stop tabindex="-1" data-a>
<header><span>advice: ${advisor}</span>${rungBadge(rung)}</header>
<h4 class="claim">${prose(claim)}</h4>
${reasons.map((reason) => html`<p>${prose(reason)}</p>`)}${tables.map(adviceTable)}${plots.map((plot) => figure(plot, handbook))}${renderArtefacts(artefacts)}${renderExamples(examples, context)}
<dl class="foot">${line("Looked at", examined.trim() === "" ? NOTHING : sentence(examined))}${line("Missing", missing.trim() === "" ? NOTHING : missingText(missing))}${line("Doubt", doubt.trim() === "" ? NOTHING : sentence(doubt))}</dl></article>
`;
}

function line(name: string, body: Html): Html {
  return body === NOTHING ? NOTHING : html`<div><dt>${name}</dt><dd>${body}</dd></div>`;
}

function renderArtefacts(artefacts: readonly Artefact[]): Html {
  return html`${artefacts.map(({ path, text, purpose, check, version }) => {
    const lines = text.replace(/\n+$/, "").split("\n").length;
    const facts = [version === "" ? "" : `For ${version}.`, check === "" ? "" : `Check: ${check}.`].filter(Boolean).join(" ").replaceAll("..", ".");
    return html`<details class="art"><summary><code>${path}</code> <span class="dim">${formatCount(lines, "line")}</span><span class="s">${prose(purpose)}</span></summary><p class="sm dim">${prose(facts)} <a href="artefacts/${encodePath(path)}">The file</a></p><pre class="code" data-copy><code>${codeLines(text)}</code></pre></details>`;
  })}`;
}

function renderExamples(examples: readonly Example[], context: HandbookContext): Html {
  return html`${examples.map(
    ({ title, file, line: at, before, after, note }) =>
      html`<div class="example"><p class="tt">${prose(title)}</p><div class="pair"><div><p class="sm dim">Before, <a href="${encodePath(shownPath(context, file))}"><code>${file}:${at}</code></a></p><pre class="code before"><code>${codeLines(before)}</code></pre></div><div><p class="sm dim">After</p><pre class="code after"><code>${codeLines(after)}</code></pre></div></div>${note.trim() === "" ? NOTHING : html`<p class="sm">${sentence(note)}</p>`}</div>`,
  )}`;
}
