import type { Rung } from "../../../model/finding.ts";
import { RUNGS } from "../../../select/severity.ts";
import { html, type Html } from "../../html/markup.ts";

/** Five cells, as many filled as the rung is high, and its word. */
export function rungBadge(rung: Rung): Html {
  return html`<span class="rung" data-r="${RUNGS.indexOf(rung) + 1}"><i aria-hidden="true"><b></b><b></b><b></b><b></b><b></b></i>${rung}</span>`;
}
