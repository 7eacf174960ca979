/** What `luthier tune` says on the terminal: the answer, its split, the causes, ten changes, what it rests on, what was not seen, what is next. */
import type { Change, EvidenceUse, Handbook } from "../../model/handbook.ts";
import { formatBytes, formatCount, formatNumber, formatPercent } from "../../model/numbers.ts";
import { FIRST } from "../../handbook/changes.ts";
import { gainRange, gainRung, rangeSentence, rangeWords } from "../../handbook/gain-range.ts";
import { formatTime } from "../../handbook/overview.ts";
import { cleanLine, plainProse } from "../clean-text.ts";
import { cutEnd, cutMiddle, displayWidth, padTo } from "../display-width.ts";
import type { RenderContext } from "../render-context.ts";
import { shortIdOf, typed } from "../render-context.ts";
import { rungCells, RUNG_WIDTH } from "../rung-cells.ts";
import { glyphsOf, paint, severityTone, type TextStyle } from "../terminal-style.ts";
import { prose, wrapProse } from "../text-line.ts";
import { nextCommand, safeChange } from "./markdown/book-pages.ts";
import { newsWords } from "./news-words.ts";

export interface WrittenTo {
  readonly folder: string;
  readonly pages: number;
  readonly pageBytes: number;
  /** Notes of people that were carried over. */
  readonly notes: number;
}

/** Narrower than this, what stands in columns elsewhere stands in rows. */
const NARROW = 60;
/** A change beside its figure, its evidence and its fix needs more. */
const NARROW_CHANGES = 72;

interface Tune {
  readonly context: RenderContext;
  readonly written: WrittenTo;
}

export function renderTune(handbook: Handbook, { context, written }: Tune, style: TextStyle): string {
  if (style.quiet) return `${plainProse(handbook.headline)}\n`;
  const parts = [
    head(handbook, style),
    causes(handbook, style),
    changes(handbook, context, style),
    since(handbook, style),
    rests(handbook, style),
    notSeen(handbook, context, style),
    ends(handbook, { context, written }, style),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function head({ project, headline, split, time }: Handbook, style: TextStyle): readonly string[] {
  const words = [
    `${cleanLine(project.name)}${project.commit === null ? "" : ` at ${cleanLine(project.commit)}${project.isDirty ? " with changes" : ""}`}`,
    project.django === null ? "" : `Django ${cleanLine(project.django)}`,
    project.postgres === null ? "" : `PostgreSQL ${cleanLine(project.postgres)}`,
  ].filter(Boolean);
  const parts = split?.kind === "split" && time !== null ? splitWords(split.parts) : [];
  return [
    ...headLines(words, style).map((line) => paint(style, "dim", line)),
    "",
    ...wrapProse(style, headline, 0).map((line) => paint(style, "bold", line)),
    ...(parts.length === 0 ? [] : splitLines(parts, style)),
    ...(split?.kind !== "split" || split.range === null ? [] : wrapProse(style, rangeSentence(split.range), 2).map((line) => `  ${line}`)),
  ];
}

function headLines(words: readonly string[], style: TextStyle): readonly string[] {
  const line = words.join("   ");
  return style.width >= NARROW || displayWidth(line) <= style.width ? [line] : words.map((one) => cutMiddle(one, style.width, glyphsOf(style).ellipsis));
}

/** On one line where there is room. */
function splitLines(parts: readonly string[], style: TextStyle): readonly string[] {
  const line = `  ${parts.join("   ")}`;
  return displayWidth(line) <= style.width ? [line] : parts.map((part) => `  ${part}`);
}

/** Proof is named even where there is none of it: its absence is part of the answer. */
const ALWAYS = ["proven", "measured", "planned", "recorded"] as const;

function splitWords(parts: readonly { readonly rung: string; readonly value: number }[]): readonly string[] {
  const others = parts.filter(({ rung }) => !ALWAYS.some((one) => one === rung));
  return [...ALWAYS.map((rung) => ({ rung, value: parts.find((one) => one.rung === rung)?.value ?? 0 })), ...others].map(
    ({ rung, value }) => `${rung} ${formatTime(value)}`,
  );
}

// ---------------------------------------------------------------------------------------------- causes

const LABEL = 26;
const BAR = 27;
/** Of the three figures behind a bar: time, share, and what of it the changes remove. */
const FIGURES = 23;

function causes({ overview, time }: Handbook, style: TextStyle): readonly string[] {
  const plot = overview.find((one) => one.kind === "bars" && one.bars.some(({ tone }) => tone === "other"));
  if (time === null || plot?.kind !== "bars") return [];
  const [room, figure] = style.width < NARROW ? [0, 6] : [Math.min(BAR, style.width - LABEL - FIGURES), 7];
  const most = Math.max(...plot.bars.map(({ value }) => value), 0);
  const hasGone = plot.bars.some(({ removed = 0 }) => removed > 0);
  const { filled, empty } = glyphsOf(style);
  const lines = plot.bars.map(({ label, value, tone, removed = 0 }) => {
    const width = most === 0 || room === 0 ? 0 : Math.max(1, Math.round((room * value) / most));
    const bar = paint(style, tone === "found" ? "yellow" : "dim", (tone === "found" ? filled : empty).repeat(width));
    return `  ${padTo(cutMiddle(label.toLowerCase(), LABEL - 2, glyphsOf(style).ellipsis), LABEL - 1)}${bar}${" ".repeat(room - width)}${formatTime(value).padStart(figure)}${formatPercent(time.total === 0 ? 0 : value / time.total).padStart(figure)}${room > 0 && removed > 0 ? formatTime(removed).padStart(figure) : ""}`;
  });
  const heads = [time.unit, ...(room > 0 && hasGone ? ["share", "goes"] : [])].map((one) => one.padStart(figure)).join("");
  return [`${padTo("Where the time goes", LABEL + room + 1)}${heads}`, ...lines];
}

// ---------------------------------------------------------------------------------------------- changes

const NUMBER = 2;
const GAIN = 8;
const FIX = 7;

function changes(handbook: Handbook, context: RenderContext, style: TextStyle): readonly string[] {
  const { changes: all, time } = handbook;
  if (all.length === 0) return [];
  const width = style.width - NUMBER - GAIN - 2 - RUNG_WIDTH - 2;
  const first = `${" ".repeat(NUMBER)}${(time === null ? "" : time.unit).padStart(GAIN)}  ${padTo("evidence", RUNG_WIDTH + 1)}${padTo("change", width - FIX)}fix`;
  const top = all.slice(0, FIRST);
  const draw = style.width < NARROW_CHANGES ? narrowRow : row;
  const rows = top.flatMap((change, index) => draw(change, index, { context, style, width, unit: time?.unit ?? null }));
  const rest = all.slice(FIRST);
  const timed = rest.filter(({ gain }) => gain !== null);
  const sum = timed.reduce((total, { gain }) => total + (gain?.marginal ?? 0), 0);
  const without = rest.length - timed.length;
  const words =
    time === null
      ? rest.length === 0
        ? "Ranked by severity and confidence, requests before tasks, the admin and commands."
        : `Ranked by severity and confidence, requests before tasks, the admin and commands. ${formatCount(rest.length, "more change")} in plan-of-work.md.`
      : `Each gain assumes the changes above it.${timed.length === 0 ? "" : ` ${formatCount(timed.length, "smaller change")}: ${formatTime(sum)} ${time.unit} together.`}${without === 0 ? "" : ` ${formatNumber(without)} ${without === 1 ? "carries" : "carry"} no figure.`}`;
  return [...(style.width < NARROW_CHANGES ? [] : [paint(style, "dim", first)]), ...rows, "", ...wrapProse(style, words, 0)];
}

interface Row {
  readonly context: RenderContext;
  readonly style: TextStyle;
  readonly width: number;
  /** Of time; null where none is known. */
  readonly unit: string | null;
}

function row(change: Change, index: number, { context, style, width, unit }: Row): readonly string[] {
  const { action, gain, isRisk, severity, safety, finding, place } = change;
  const rung = gainRung(change);
  const { ellipsis } = glyphsOf(style);
  const figure = figureOf({ gain, isRisk, severity }, unit);
  const indent = " ".repeat(NUMBER + GAIN + 2 + RUNG_WIDTH + 1);
  const [line = "", ...others] = wrapAt(style, action, width - FIX - 1);
  const tone = isRisk || unit === null ? severityTone(severity) : "plain";
  const start = `${String(index + 1).padStart(NUMBER)}${paint(style, tone, figure.padStart(GAIN))}  ${rungCells(style, rung)}`;
  const used = NUMBER + GAIN + 2 + displayWidth(`${"x".repeat(6)}${rung}`);
  const firstLine = `${start}${" ".repeat(Math.max(1, indent.length - used))}${padTo(line, width - FIX)}${safety ?? "by hand"}`;
  const id = shortIdOf(context, finding);
  const range = gainWords(gain);
  const where = `${paint(style, "dim", id)}  ${cutMiddle(cleanLine(place), width - id.length - 2, ellipsis)}`;
  const under = padTo(`${" ".repeat(NUMBER + GAIN + 2)}${range}`, indent.length);
  const extra = others.slice(0, 1);
  return [firstLine, ...(extra.length > 0 ? [`${under}${extra[0]}`, `${indent}${where}`] : [`${under}${where}`])];
}

function figureOf({ gain, isRisk, severity }: Pick<Change, "gain" | "isRisk" | "severity">, unit: string | null): string {
  return gain === null ? (isRisk ? "risk" : unit === null ? severity : "-") : formatTime(gain.marginal);
}

/** The change first, then what it removes, where, and how sure that is. */
function narrowRow(change: Change, index: number, { context, style, unit }: Row): readonly string[] {
  const { action, gain, isRisk, severity, safety, finding, place } = change;
  const { ellipsis } = glyphsOf(style);
  const indent = " ".repeat(NUMBER + 1);
  const tone = isRisk || unit === null ? severityTone(severity) : "plain";
  const figure = paint(style, tone, `${figureOf(change, unit)}${gain === null ? "" : ` ${unit ?? ""}`}`);
  const id = shortIdOf(context, finding);
  return [
    ...wrapProse(style, action, indent.length).map((line, at) => `${at === 0 ? `${String(index + 1).padStart(NUMBER)} ` : indent}${line}`),
    `${indent}${figure}  ${rungCells(style, gainRung(change))}`,
    `${indent}${paint(style, "dim", id)}  ${safety ?? "by hand"}`,
    `${indent}${cutMiddle(cleanLine(place), style.width - indent.length, ellipsis)}`,
  ];
}

/** What does not fit beside the place is left to the pages. */
function gainWords(gain: Change["gain"]): string {
  const range = gain === null ? null : gainRange(gain);
  const words = range === null ? "" : rangeWords(range);
  return words.length > RUNG_WIDTH ? "" : words;
}

function wrapAt(style: TextStyle, text: string, width: number): readonly string[] {
  const words = prose(style, text).split(" ");
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cutMiddle(word, width, glyphsOf(style).ellipsis));
  }
  if (lines.length <= 2) return lines;
  return [lines[0] ?? "", cutEnd(lines.slice(1).join(" "), width, glyphsOf(style).ellipsis)];
}

// ---------------------------------------------------------------------------------------------- the rest

const INDENT = 13;

function since({ since: last, time }: Handbook, style: TextStyle): readonly string[] {
  if (last === null) return [];
  const { at } = last;
  return wrapProse(style, `Since the run of ${at.slice(0, 10)}${last.commit === null ? "" : ` at ${last.commit}`}: ${newsWords(last, time !== null)}.`, 0);
}

function item(name: string, text: string, style: TextStyle): readonly string[] {
  return wrapProse(style, text, INDENT).map((line, index) => `  ${padTo(index === 0 ? name : "", INDENT - 2)}${line}`);
}

function rests({ rests: uses }: Handbook, style: TextStyle): readonly string[] {
  const lines = uses.filter(({ isThere }) => isThere).flatMap(({ kind, what, age }) => item(kind, [what, age].filter(Boolean).join(", "), style));
  return lines.length === 0 ? [] : ["Rests on", ...lines];
}

function notSeen({ rests: uses, failures = [], sections }: Handbook, context: RenderContext, style: TextStyle): readonly string[] {
  const lines = [
    ...uses.filter(({ isThere }) => !isThere).flatMap((use) => gapLines({ ...use, command: typed(context, use.command) }, style)),
    ...failures.flatMap(({ advisor, why }) => item(advisor, `not run: ${why}`, style)),
  ];
  const unknown = sections.filter(({ state }) => state === "unknown" || state === "failed").map(({ section }) => section);
  const about = unknown.length === 0 ? [] : item("sections", `${unknown.join(", ")} ${unknown.length === 1 ? "is" : "are"} unknown`, style);
  return lines.length + about.length === 0 ? [] : ["Not seen", ...[...lines, ...about].map((line) => paint(style, "dim", line))];
}

/** The command stands on a line of its own where it would break, to be copied. */
function gapLines({ kind, what, command }: EvidenceUse, style: TextStyle): readonly string[] {
  const whole = `${what}: ${command}`;
  if (INDENT + displayWidth(whole) <= style.width) return [`  ${padTo(kind, INDENT - 2)}${whole}`];
  const indent = Math.max(2, Math.min(INDENT, style.width - displayWidth(command)));
  return [...item(kind, `${what}:`, style), `${" ".repeat(indent)}${command}`];
}

function ends(handbook: Handbook, { context, written }: Tune, style: TextStyle): readonly string[] {
  const { folder, pages, pageBytes, notes } = written;
  const kept = notes === 0 ? "" : `; ${formatCount(notes, "note")} kept`;
  const index = `${folder}/index.html`;
  const what = `(${formatBytes(pageBytes)}, ${formatCount(pages, "page")} as Markdown beside${kept})`;
  const room = 10 + displayWidth(index) + 2 + displayWidth(what) <= style.width;
  const next = typed(context, nextCommand({ handbook, context: { ...context, folder, plotStyle: "" } }));
  const safe = next.startsWith("luthier fix") ? safeChange(handbook) : undefined;
  const isListed = safe === undefined || handbook.changes.indexOf(safe) < FIRST;
  return [
    ...(room ? [`Handbook  ${index}  ${what}`] : [...copied("Handbook", index, style), ...wrapProse(style, what, 10).map((line) => `          ${line}`)]),
    ...(next === "" ? [] : copied("Next", next, style)),
    ...(isListed ? [] : wrapProse(style, `the first change that is safe to apply: ${safe.action}`, 10).map((line) => `          ${line}`)),
  ];
}

/** A path or a command is never broken, as it is copied: where it does not fit beside its name, it stands below. */
function copied(name: string, text: string, style: TextStyle): readonly string[] {
  return style.width >= NARROW || 10 + displayWidth(text) <= style.width ? [`${name.padEnd(10)}${text}`] : [name, `  ${text}`];
}
