import { characterWidth } from "../../display-width.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";

/**
 * A drawing whose lengths are shares of its width, so that it is right at any width without a script and no text is ever scaled.
 * Names stand in the margins `left` and `right` (pixels) beside it.
 */
export interface Sheet {
  readonly left: number;
  readonly right: number;
  readonly height: number;
  readonly body: Html;
}

/** Wide from 620 pixels on (760 for an index map); narrow is for a phone, null where the table serves better. */
export interface Drawing {
  readonly wide: Sheet;
  readonly narrow: Sheet | null;
  readonly legend: Html;
}

/** Pixels of the narrowest drawing of either kind, margins included: what fits here fits everywhere. */
export const LEAST_WIDE = 620;
export const LEAST_NARROW = 250;

/** Pixels, or a share of the width as `share` writes it. */
type Length = number | string;

/** `12.5%` of the width for 0.125. */
export function share(value: number): string {
  return `${Number.isFinite(value) ? round(100 * value) : 0}%`;
}

export function round(value: number): number {
  return Number(value.toFixed(2));
}

export function rect(x: Length, y: number, width: Length, height: number, name: string): Html {
  return html`<rect x="${x}" y="${y}" width="${width}" height="${height}" class="${name}"/>`;
}

export function line(x1: Length, y1: number, x2: Length, y2: number, name: string): Html {
  return html`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${name}"/>`;
}

export function dot(x: Length, y: number, radius: number, name: string): Html {
  return html`<circle cx="${x}" cy="${y}" r="${radius}" class="${name}"/>`;
}

interface TextLook {
  readonly name?: string;
  readonly dx?: number;
  readonly anchor?: "start" | "middle" | "end";
}

export function text(x: Length, y: number, words: string, { name = "", dx = 0, anchor = "start" }: TextLook = {}): Html {
  const place = html`${dx === 0 ? NOTHING : html` dx="${dx}"`}${anchor === "start" ? NOTHING : html` text-anchor="${anchor}"`}${name === "" ? NOTHING : html` class="${name}"`}`;
  return html`<text x="${x}" y="${y}"${place}>${words}</text>`;
}

interface Window {
  readonly x: Length;
  readonly y: number;
  readonly width: Length;
  readonly height: number;
}

/** A part of the drawing with shares of its own. */
export function inset({ x, y, width, height }: Window, body: Html): Html {
  return html`<svg x="${x}" y="${y}" width="${width}" height="${height}" overflow="visible">${body}</svg>`;
}

/** Words at a slant from a point on the axis, for names longer than their column is wide. */
export function slanted(x: Length, y: number, words: string, name: string): Html {
  return html`<svg x="${x}" y="${y}" overflow="visible"><text transform="rotate(-40)" class="${name}">${words}</text></svg>`;
}

/** A path within a box of 1000 by `height`, stretched to the width; its lines keep their thickness. */
export function stretched({ x, y, width, height }: Window, body: Html): Html {
  return html`<svg x="${x}" y="${y}" width="${width}" height="${height}" viewBox="0 0 1000 ${height}" preserveAspectRatio="none" overflow="visible">${body}</svg>`;
}

export function path(d: string, name: string, width = 2): Html {
  return html`<path d="${d}" class="${name}" stroke-width="${round(width)}" vector-effect="non-scaling-stroke"/>`;
}

/** Pixels of 12-pixel text in the widest of the usual sans fonts. */
export function widthOfText(words: string): number {
  return Array.from(words).reduce((sum, character) => sum + characterWidth(character) * COLUMN, 0);
}

/** A column of DejaVu Sans at 12 pixels, measured over paths and names of models. */
const COLUMN = 6.7;

/** Bold text needs about a seventh more. */
export const BOLD = 1.14;

export function fitBold(words: string, pixels: number): string {
  return fit(words, pixels / BOLD);
}

/** Pixels for names beside bars: as many as the longest needs, within reason. */
export function labelWidth(names: readonly string[]): number {
  return Math.min(290, Math.max(120, ...names.map((name) => Math.ceil(widthOfText(name)) + 16)));
}

/** Cut at its end to a width in pixels; the whole stands in the table. */
export function fit(words: string, pixels: number): string {
  if (widthOfText(words) <= pixels) return words;
  const kept: string[] = [];
  let used = COLUMN;
  for (const character of words) {
    used += characterWidth(character) * COLUMN;
    if (used > pixels) break;
    kept.push(character);
  }
  return `${kept.join("").trimEnd()}…`;
}

/** Cut at its beginning: of a path, the end says most. */
export function fitPath(words: string, pixels: number): string {
  if (widthOfText(words) <= pixels) return words;
  const cut = fit(reversed(words), pixels);
  return `…${reversed(cut.slice(0, -1))}`;
}

function reversed(words: string): string {
  return Array.from(words).toReversed().join("");
}

export function swatch(name: string, words: string): Html {
  return html`<span><i class="sw ${name}"></i>${words}</span>`;
}

/** One thing that a legend says: `name` is the class of its colour, null for words alone. */
export interface LegendItem {
  readonly name: string | null;
  readonly words: string;
}

/** What was written as a legend, read back for a drawing that holds no HTML. */
export function legendItems({ html: written }: Html): readonly LegendItem[] {
  return [...written.matchAll(/<span[^>]*>(?:<i class="sw ([^"]*)"><\/i>)?(.*?)<\/span>/g)].map(([, name, words = ""]) => ({
    name: name ?? null,
    words: plainText(words),
  }));
}

const PLAIN: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

function plainText(written: string): string {
  return written
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => PLAIN[entity] ?? entity)
    .trim();
}
