import { html, type Html } from "../../html/markup.ts";

const RUNG_STEPS = [1, 2, 3, 4, 5];

/** Hatches, for what was computed and for what is beyond a limit. */
export const PATTERN_DEFS: Html = html`<defs>${RUNG_STEPS.map((step) => html`<pattern id="h${step}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" style="fill:var(--r${step});opacity:.22"/><rect width="2.2" height="5" style="fill:var(--r${step})"/></pattern>`)}<pattern id="over" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" style="fill:var(--accent-soft)"/><rect width="2" height="5" style="fill:var(--accent)"/></pattern></defs>`;

/** Once a page; not hidden by `display`, which would take the hatches away. */
export const PATTERNS: Html = html`<svg class="patterns" width="0" height="0" aria-hidden="true">${PATTERN_DEFS}</svg>`;
