import type { Finding } from "../../../model/finding.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { formatNumber } from "../../../model/numbers.ts";
import { removedWords } from "./gain.ts";
import { rungOf } from "../../../select/severity.ts";
import { mainPlace } from "../../../select/source-line.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { placeName, shortIdOf } from "../../render-context.ts";
import { findingAnchor } from "./anchors.ts";
import type { HandbookContext } from "./context.ts";
import { facets } from "./finding.ts";
import { prose } from "./prose.ts";
import { rungBadge } from "./rung.ts";

/** Rows that are open; the rest is a fold away. */
const MOST_OPEN = 10;

/** Findings that are not whole: a row each, which leads to the Markdown page that has all of it. */
export function renderCompact(findings: readonly Finding[], handbook: Handbook, context: HandbookContext): Html {
  if (findings.length === 0) return NOTHING;
  const rows = findings.map((finding) => compactRow(finding, handbook, context));
  const more = rows.length - MOST_OPEN;
  const fold =
    more > 0 ? html`<details class="more"><summary>${formatNumber(more)} more</summary><ul class="compact">${rows.slice(MOST_OPEN)}</ul></details>` : NOTHING;
  return html`<ul class="compact">${rows.slice(0, MOST_OPEN)}</ul>${fold}`;
}

function compactRow(finding: Finding, handbook: Handbook, context: HandbookContext): Html {
  const { id, claim, message, severity, rule } = finding;
  const page = context.findingPage?.(finding) ?? null;
  const removed = removedWords(finding, handbook);
  const place = mainPlace(finding);
  const title = page === null ? html`<span class="t">${prose(claim || message)}</span>` : html`<a class="t" href="${page}">${prose(claim || message)}</a>`;
  return html`<li id="${findingAnchor(handbook, id)}" ${facets(finding)}>${title}<span class="s"><b class="${severity}">${severity}</b> ${rule}${place === undefined ? NOTHING : html` · <code>${placeName({ pathPrefix: "" }, place)}</code>`} · ${shortIdOf(context, id)}${removed === "" ? "" : ` · ${removed}`}</span>${rungBadge(rungOf(finding))}</li>
`;
}
