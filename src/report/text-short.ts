import type { Finding, Place } from "../model/finding.ts";
import { costOf } from "../select/cost.ts";
import { mainPlace } from "../select/source-line.ts";
import { glyphsOf, paint, severityTone, type TextStyle } from "./terminal-style.ts";
import { cutMiddle, displayWidth } from "./display-width.ts";
import { formatCost } from "../model/numbers.ts";
import { positionOf, shortIdOf, type RenderContext } from "./render-context.ts";
import { placeText, prose, withRung, wrapProse } from "./text-line.ts";

/** Of the column of figures, where one of the findings has one. */
const INDENT = 10;
/** Of what stands below a finding's name, where none has. */
const BARE = 4;

/**
 * The findings that are not shown whole, two lines each. Those that end at one place share theirs, as many views do that
 * hand their rows to one method; so do equal `info` of one rule and folder.
 */
export function renderShortened(findings: readonly Finding[], context: RenderContext, style: TextStyle): string[] {
  const indent = findings.some((finding) => costOf(finding) !== null) ? INDENT : BARE;
  return [
    `${findings.length} more, shortened. --verbose shows them whole.`,
    "",
    ...(indent === INDENT ? ["   s/min  finding"] : []),
    ...group(findings).flatMap((members) =>
      members.length === 1 && members[0] ? renderShort(members[0], indent, context, style) : renderGroup(members, indent, context, style),
    ),
  ];
}

function group(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = groupKey(finding);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [finding]);
    else members.push(finding);
  }
  return [...groups.values()];
}

function groupKey(finding: Finding): string {
  return finding.severity === "info" ? `${finding.rule} ${folderOf(finding)}` : sharedKey(finding);
}

/** What a finding has in common with those of other querysets that are read at the same place. */
export function sharedKey({ rule, relation = "", places, id }: Finding): string {
  const end = places.at(-1);
  return end === undefined ? id : `${rule} ${relation.split("__").at(-1) ?? ""} ${end.object ?? `${end.file}:${end.line}:${end.column}`}`;
}

function folderOf({ places }: Finding): string {
  return places[0]?.file.replace(/[^/]*$/, "") ?? "";
}

function heading(finding: Finding, name: string, indent: number, style: TextStyle): string[] {
  const { severity } = finding;
  const cost = costOf(finding);
  const figure = indent === INDENT ? `${(cost === null ? "-" : formatCost(cost)).padStart(INDENT - 2)}  ` : "  ";
  const word = paint(style, severityTone(severity), severity) + " ".repeat(9 - severity.length);
  return withRung(style, `${figure}${word}${name}`, finding);
}

function renderShort(finding: Finding, indent: number, context: RenderContext, style: TextStyle): string[] {
  const first = heading(finding, `${finding.rule}  ${shortIdOf(context, finding.id)}`, indent, style);
  const room = style.width - indent;
  const [start] = finding.places;
  const place = start?.object === undefined ? finding.places.at(-1) : mainPlace(finding);
  const path = place ? placeText(place, context, style, room) : "";
  const left = room - displayWidth(path) - 2;
  const text = shortTexts(finding, style).find((each) => displayWidth(each) <= left);
  if (text !== undefined) return [...first, `${" ".repeat(indent)}${path}  ${text}`.trimEnd()];
  const words = shortTexts(finding, style)[0] ?? "";
  return [...first, ...[path, ...wrapProse(style, words, indent)].map((line) => `${" ".repeat(indent)}${line}`)];
}

/** What a finding is about in few words, the best first: its remedy, its claim, what its claim begins with. How a claim ends says nothing without its subject. */
function shortTexts(finding: Finding, style: TextStyle): readonly string[] {
  const claim = prose(style, finding.claim || finding.message).replace(/\.$/, "");
  const [head = "", ...tail] = claim.split(": ");
  const title = prose(style, finding.fixes[0]?.title ?? "");
  const relation = prose(style, (finding.relation ?? "").replaceAll("__", "."));
  return [title, claim, head, relation !== "" && tail.length > 0 ? `${relation}: ${tail.join(": ")}` : "", relation].filter(Boolean);
}

function renderGroup(members: readonly Finding[], column: number, context: RenderContext, style: TextStyle): string[] {
  const first = members[0];
  if (!first) return [];
  const indent = " ".repeat(column);
  const starts = members.flatMap((member) => mainPlace(member) ?? []);
  const end = first.places.at(-1);
  const lines = [...heading(first, `${first.rule}, ${members.length} times`, column, style)];
  const isShared = first.severity !== "info" && first.places.length > 1 && end !== undefined;
  if (isShared) {
    const path = placeText(end, context, style, style.width - column);
    const about = first.relation === undefined ? "" : `  ${first.relation.split("__").at(-1) ?? ""}`;
    lines.push(indent + path + (displayWidth(indent + path + about) <= style.width ? about : ""));
  }
  return [...lines, `${indent}${isShared ? "from " : ""}${joinPlaces(starts, context, style, column + (isShared ? 5 : 0))}`.trimEnd()];
}

/** `a.py:27:9  b.py:12:9, 40:9` as far as the line goes, then how many more. */
function joinPlaces(places: readonly Place[], context: RenderContext, style: TextStyle, taken: number): string {
  const room = style.width - taken;
  let line = "";
  for (const [index, place] of places.entries()) {
    const more = `  and ${places.length - index} more`;
    const isSameFile = index > 0 && places[index - 1]?.file === place.file && place.object === undefined;
    const text = isSameFile ? `, ${positionOf(place).slice(1)}` : `${index > 0 ? "  " : ""}${placeText(place, context, style, room)}`;
    const isLast = index === places.length - 1;
    if (displayWidth(line + text) + (isLast ? 0 : more.length) > room && index > 0) return line + more;
    line += text;
  }
  return line;
}

/** One line without wrapping: `path:line:col: severity rule[id] rung cost: claim`. */
export function renderQuiet(finding: Finding, rung: string, context: RenderContext, style: TextStyle): string {
  const cost = costOf(finding);
  const place = mainPlace(finding);
  const words = [finding.severity, `${finding.rule}[${shortIdOf(context, finding.id)}]`, rung, cost === null ? "" : `${formatCost(cost)} s/min`];
  const facts = `: ${words.filter(Boolean).join(" ")}: `;
  const texts = shortTexts(finding, style);
  const claim = texts.find((text) => text !== prose(style, finding.fixes[0]?.title ?? "")) ?? texts[0] ?? "";
  const path = (width: number): string => (place ? placeText(place, context, style, width) : "-");
  if (!style.isTerminal) return `${path(Infinity)}${facts}${claim}`;
  const whole = [claim, ...texts].find((text) => displayWidth(path(Infinity) + facts + text) <= style.width);
  if (whole !== undefined) return `${path(Infinity)}${facts}${whole}`;
  const shortest = texts.toSorted((a, b) => a.length - b.length)[0] ?? "";
  const left = style.width - displayWidth(facts);
  const room = Math.max(Math.floor(left / 2), left - displayWidth(shortest));
  return `${path(room)}${facts}${cutMiddle(shortest, style.width - displayWidth(path(room) + facts), glyphsOf(style).ellipsis)}`;
}
