import type { Report } from "../model/report.ts";
import { cleanLine } from "./clean-text.ts";
import { cutMiddle, displayWidth, wrap } from "./display-width.ts";
import { shownPath, type RenderContext } from "./render-context.ts";
import { summarise, type Gap, type Summary } from "./summary.ts";
import { glyphsOf, link, paint, type TextStyle } from "./terminal-style.ts";
import { prose, wrapProse } from "./text-line.ts";

const INDENT = 12;
const MOST_SKIPPED = 5;

/** The last block: how many, what was read, what was not judged, what was skipped. */
export function renderSummary(report: Report, context: RenderContext, style: TextStyle): string[] {
  const summary = summarise(report, context);
  return [
    ...countLines(summary.count, style),
    ...(summary.leftOut === "" ? [] : hanging("Left out:", wrapProse(style, summary.leftOut, INDENT))),
    ...wrapProse(style, summary.read, 0),
    ...(summary.recorded === "" ? [] : wrapProse(style, summary.recorded, 0)),
    ...(summary.database === "" ? [] : wrapProse(style, summary.database, 0)),
    ...renderGaps(summary.notJudged, style).map((line) => paint(style, "dim", line)),
    ...renderSkipped(summary, context, style),
  ];
}

/** The command at its end stands whole on a line, to be copied. */
function countLines(count: string, style: TextStyle): string[] {
  const [, start = "", end = ""] = /^(.*\.) (.*: luthier .*)$/.exec(count) ?? [];
  return start === "" || displayWidth(count) <= style.width ? wrapProse(style, count, 0) : [...wrapProse(style, start, 0), ...wrapProse(style, end, 0)];
}

function hanging(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? name : "").padEnd(INDENT)}${line}`);
}

/** Each gap on a line of its own when they do not fit on one; a command is never broken, as it is copied: what is wider than the column begins its line. */
function renderGaps(gaps: readonly Gap[], style: TextStyle): string[] {
  const lines: string[] = [];
  let line = "Not judged:";
  for (const { text, isCommand } of unitsOf(gaps, style)) {
    if (displayWidth(line) + 1 + displayWidth(text) <= style.width) {
      line = line === "" ? text : `${line} ${text}`;
      continue;
    }
    if (isCommand) {
      lines.push(line);
      line = INDENT + displayWidth(text) <= style.width ? `${" ".repeat(INDENT)}${text}` : text;
      continue;
    }
    const wrapped = wrap(text, style.width - INDENT, glyphsOf(style).ellipsis);
    const isStart = line === "Not judged:";
    if (!isStart) lines.push(line);
    lines.push(...wrapped.slice(0, -1).map((each, index) => `${(isStart && index === 0 ? line : "").padEnd(INDENT)}${each}`));
    line = `${(isStart && wrapped.length === 1 ? line : "").padEnd(INDENT)}${wrapped.at(-1)}`;
  }
  return gaps.length === 0 ? [] : [...lines, line];
}

interface Unit {
  readonly text: string;
  readonly isCommand: boolean;
}

function unitsOf(gaps: readonly Gap[], style: TextStyle): readonly Unit[] {
  return gaps.flatMap(({ what, command }, index) => {
    const end = index === gaps.length - 1 ? "" : ";";
    if (command === "") return [{ text: `${prose(style, what)}${end}`, isCommand: false }];
    return [
      { text: `${prose(style, what)}:`, isCommand: false },
      { text: `${command}${end}`, isCommand: true },
    ];
  });
}

function renderSkipped({ skipped }: Summary, context: RenderContext, style: TextStyle): string[] {
  const shown = style.verbose ? skipped : skipped.slice(0, MOST_SKIPPED);
  const lines = shown.flatMap((notice) => {
    const position = notice.line > 0 && notice.file !== "" ? `:${notice.line}:${notice.column}` : "";
    const room = style.width - INDENT;
    const path = cutMiddle(cleanLine(shownPath(context, notice.file)), room - position.length, glyphsOf(style).ellipsis);
    const place = link(style, notice.file, path + position);
    const message = prose(style, notice.message);
    if (displayWidth(place) + 2 + displayWidth(message) <= room) return [`${place}  ${message}`];
    return [place, ...wrapProse(style, message, INDENT)];
  });
  const more = skipped.length - shown.length;
  const rest = more > 0 ? [`and ${more} more: --verbose`] : [];
  return hanging("Skipped:", [...lines, ...rest]);
}
