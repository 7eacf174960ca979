import type { Finding, Fix, Place } from "../model/finding.ts";
import type { Report } from "../model/report.ts";
import { cleanLine, plainProse } from "./clean-text.ts";
import { excerptOf } from "./code-excerpt.ts";
import { cutMiddle, displayWidth, wrap } from "./display-width.ts";
import { doubtSentence, evidenceSentence, fixChanges, fixSentence, migrationSentence, proofSentence, sqlStatements, type FileChange } from "./finding-facts.ts";
import { shortIdOf, shownPath, typed, type RenderContext } from "./render-context.ts";
import { glyphsOf, paint, severityTone, type TextStyle, type Tone } from "./terminal-style.ts";
import { placeText, prose, withRung, wrapProse } from "./text-line.ts";

/** Column at which paths and sentences begin, after the name of their part. */
const BODY = 12;
const MOST_DIFF_LINES = 6;

/** A finding as a person reads it in a terminal: parts 1 to 7, in that order, none skipped in silence. */
export function renderFinding(finding: Finding, report: Report, context: RenderContext, style: TextStyle): string[] {
  const part = (name: string, sentence: string): string[] => renderPart(style, name, sentence);
  return [
    ...identity(finding, context, style),
    ...claim(finding, style),
    "",
    ...renderPlaces(finding, context, style),
    ...part("evidence", evidenceSentence(finding, report, context)),
    ...renderFix(finding, context, style),
    ...part("proof", proofSentence(finding, context)),
    ...part("doubt", doubtSentence(finding)),
  ];
}

function identity(finding: Finding, context: RenderContext, style: TextStyle): string[] {
  const { severity, rule, chapter, confidence, id } = finding;
  const words = [paint(style, severityTone(severity), severity), rule, chapter, confidence, shortIdOf(context, id)];
  return withRung(style, words.join("  "), finding);
}

function claim(finding: Finding, style: TextStyle): string[] {
  const text = prose(style, finding.claim || finding.message);
  const lines = breakAtColon(wrapProse(style, text, 2), text, style);
  return lines.map((line) => `  ${paint(style, "bold", line)}`);
}

/** A claim whose first line would go on a little after a colon reads better when it breaks there. */
function breakAtColon(lines: string[], text: string, style: TextStyle): string[] {
  const first = lines[0] ?? "";
  const colon = first.lastIndexOf(": ");
  if (lines.length !== 2 || colon < first.length * 0.75) return lines;
  const broken = [first.slice(0, colon + 1), ...wrapProse(style, text.slice(colon + 2), 2)];
  return broken.length === 2 ? broken : lines;
}

/** A command at the end of it goes to a line of its own where it would break, to be copied. */
function renderPart(style: TextStyle, name: string, sentence: string): string[] {
  const [, start = "", command = ""] = /^(.*:) (luthier .*)$/.exec(sentence) ?? [];
  const isBroken = command !== "" && displayWidth(prose(style, sentence)) > style.width - BODY - 2;
  const lines = isBroken
    ? [...wrapProse(style, start, BODY), ...wrap(prose(style, command), style.width - BODY, glyphsOf(style).ellipsis)]
    : wrapProse(style, sentence, BODY);
  return (lines.length > 0 ? lines : ["none"]).map((line, index) => `${label(index === 0 ? name : "")}${line}`);
}

function label(name: string): string {
  return `  ${name}`.padEnd(BODY);
}

// ---------------------------------------------------------------------------------------------- places

/** Places that stand next to one another on one line with one role: one row with several marks. */
type Row = readonly [Place, ...Place[]];

function renderPlaces(finding: Finding, context: RenderContext, style: TextStyle): string[] {
  const rows = toRows(finding.places);
  if (rows.length === 0) return renderPart(style, "places", "none in source");
  return rows.flatMap((row, index) => {
    const isShown = index === 0 || index === rows.length - 1;
    const [place] = row;
    const line = `${label(roleWord(place))}${placeText(place, context, style, style.width - BODY)}`;
    if (place.object !== undefined) return objectLines(line, place, style);
    return isShown ? [line, ...renderExcerpt(finding, row, context, style)] : [line];
  });
}

/** An object has its label beside its name, or below where there is no room. */
function objectLines(line: string, { label: words = "" }: Place, style: TextStyle): string[] {
  const text = prose(style, words);
  if (text === "") return [line];
  if (displayWidth(line) + 2 + displayWidth(text) <= style.width) return [`${line}  ${text}`];
  return [line, ...wrapProse(style, text, BODY).map((each) => label("") + each)];
}

function toRows(places: readonly Place[]): readonly Row[] {
  const rows: Row[] = [];
  for (const place of places) {
    const row = rows.at(-1);
    if (row && row[0].role === place.role && row[0].file === place.file && row[0].line === place.line && place.object === undefined) {
      rows[rows.length - 1] = [...row, place];
    } else rows.push([place]);
  }
  return rows;
}

/** `definition` is as wide as its column. */
function roleWord({ role }: Place): string {
  return role === "definition" ? "declared" : role;
}

function renderExcerpt(finding: Finding, row: Row, context: RenderContext, style: TextStyle): string[] {
  const [place] = row;
  const source = context.read(place.file);
  const { filled, ellipsis, bar } = glyphsOf(style);
  const width = style.width - BODY - 2;
  const excerpt = source === undefined ? null : excerptOf(source, row, { width, mark: filled, ellipsis });
  if (!excerpt) return [];
  const code = `${gutter(style, String(place.line), bar)} ${excerpt.code}`;
  const words = plainProse(
    row
      .map((each) => each.label ?? "")
      .filter(Boolean)
      .join(", "),
  );
  return [code, ...renderMarks(style, excerpt.marks, words, severityTone(finding.severity))];
}

/** The marks under the code with the label after them, or below where there is no room. */
function renderMarks(style: TextStyle, marks: string, words: string, tone: Tone): string[] {
  const { bar, ellipsis } = glyphsOf(style);
  const width = style.width - BODY - 2;
  const start = gutter(style, "", bar);
  const line = `${start} ${paintMarks(style, marks, tone)}`.trimEnd();
  if (words === "") return marks === "" ? [] : [line];
  if (displayWidth(marks) + 1 + displayWidth(words) <= width) return [`${line} ${paint(style, tone, words)}`];
  return [line, ...wrap(words, width, ellipsis).map((text) => `${start} ${paint(style, tone, text)}`)];
}

function paintMarks(style: TextStyle, marks: string, tone: Tone): string {
  const indentation = marks.length - marks.trimStart().length;
  return marks.slice(0, indentation) + paint(style, tone, marks.slice(indentation));
}

function gutter(style: TextStyle, number: string, sign: string): string {
  return paint(style, "dim", `${number.padStart(BODY - 1)} ${sign}`);
}

// ---------------------------------------------------------------------------------------------- the fix

function renderFix(finding: Finding, context: RenderContext, style: TextStyle): string[] {
  const fix = finding.fixes[0];
  const changes = fix ? fixChanges(fix, context.read) : [];
  const sentence = renderPart(style, "fix", fixSentence(fix, changes, finding.remedy));
  const statements = fix ? renderSql(fix, style) : [];
  if (!changes || changes.length === 0) return [...sentence, ...statements];
  const home = finding.places[0]?.file;
  const lines = changes.flatMap((change) => renderChange(change, change.file === home, context, style));
  const more = lines.length - MOST_DIFF_LINES;
  const after = [...(fix ? wrapProse(style, migrationSentence(fix), BODY).map((line) => label("") + line) : []), ...statements];
  if (more <= 0) return [...sentence, ...lines, ...after];
  const rest = typed(context, `${more} more: luthier fix --select ${shortIdOf(context, finding.id)} --dry-run`);
  return [...sentence, ...lines.slice(0, MOST_DIFF_LINES), ...renderPart(style, "", rest), ...after];
}

/** Statements are shown whole, since a person copies them. */
function renderSql(fix: Fix, style: TextStyle): string[] {
  const { forward, reverse } = sqlStatements(fix);
  const { ellipsis } = glyphsOf(style);
  const show = (words: string, statement: string): string[] =>
    wrap(cleanLine(statement), style.width - BODY - words.length - CONTINUED.length, ellipsis).map(
      (row, index) => `${label("")}${index === 0 ? words : " ".repeat(words.length) + CONTINUED}${row}`,
    );
  return [...forward.flatMap((one) => show("", one)), ...reverse.flatMap((one) => show("undo: ", one))];
}

function renderChange(change: FileChange, isHome: boolean, context: RenderContext, style: TextStyle): string[] {
  const { ellipsis } = glyphsOf(style);
  const path = cutMiddle(cleanLine(shownPath(context, change.file)), style.width - BODY, ellipsis);
  const indentation = commonIndentation(change.blocks.flatMap(({ removed, added }) => [...removed, ...added]));
  const show = (number: string, sign: string, text: string): string[] => {
    const rows = fitCode(cleanLine(text.slice(indentation)), style.width - BODY - 2, ellipsis);
    return rows.map((row, index) => `${gutter(style, index === 0 ? number : "", sign)} ${row}`.trimEnd());
  };
  const blocks = change.blocks.flatMap(({ line, removed, added }) => [
    ...removed.flatMap((text, index) => show(String(line + index), "-", text)),
    ...added.flatMap((text, index) => show(index === 0 ? String(line) : "", "+", text)),
  ]);
  return isHome ? blocks : [`${" ".repeat(BODY)}${path}`, ...blocks];
}

const CONTINUED = "    ";

/** A line that is too wide loses its trailing remark first, and goes on below after that: what changes is shown whole. */
function fitCode(code: string, width: number, ellipsis: string): string[] {
  if (displayWidth(code) <= width) return [code];
  const cut = code.replace(/(?<=\S {2,}# )[^"']*$/, ellipsis);
  if (displayWidth(cut) <= width) return [cut];
  const bare = code.replace(/(?<=\S) {2,}# [^"']*$/, "");
  const indentation = /^ */.exec(bare)?.[0] ?? "";
  const rows: string[] = [];
  let rest = bare;
  while (displayWidth(rest) > width) {
    const end = breakBefore(rest, width);
    if (end === 0) return [...rows, cutMiddle(rest, width, ellipsis)];
    rows.push(rest.slice(0, end).trimEnd());
    rest = indentation + CONTINUED + rest.slice(end).trimStart();
  }
  return [...rows, rest];
}

/** Where a row of code can end: after a bracket, comma or space, or before an attribute's dot; 0 when nowhere. */
function breakBefore(code: string, width: number): number {
  const start = code.length - code.trimStart().length + CONTINUED.length + 1;
  for (let end = Math.min(width, code.length - 1); end > start; end -= 1) {
    const isBreak = /[([{,\s]/.test(code[end - 1] ?? "") || (code[end] === "." && /[\w)\]]/.test(code[end - 1] ?? ""));
    if (isBreak && displayWidth(code.slice(0, end)) <= width) return end;
  }
  return 0;
}

function commonIndentation(lines: readonly string[]): number {
  const written = lines.filter((line) => line.trim() !== "");
  if (written.length === 0) return 0;
  return Math.min(...written.map((line) => line.length - line.trimStart().length));
}
