import { cleanLine } from "../clean-text.ts";

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | readonly Html[];

/**
 * HTML with everything put into it escaped: paths, SQL and templates are the user's text.
 *
 * @example
 * html`<td>${statement.sql}</td>`;
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.map((text, index) => text + (index < parts.length ? render(parts[index] ?? "") : "")).join("") };
}

function render(part: Part): string {
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return escapeHtml(part);
  return "html" in part ? part.html : part.map((one) => one.html).join("");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return cleanLine(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

export const NOTHING: Html = { html: "" };

/** A length within its parent, as CSS takes it. */
export function percent(part: number, whole: number): string {
  return whole <= 0 ? "0%" : `${Number(((100 * part) / whole).toFixed(3))}%`;
}
