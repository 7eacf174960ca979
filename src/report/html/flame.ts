import type { Frame, StackTotals } from "../../model/recording.ts";
import { formatCount } from "../numbers.ts";
import { applicationFrames, formatShare, formatTime, nameOfFrame, placeOfFrame } from "./figures.ts";
import { html, NOTHING, percent, type Html } from "./markup.ts";

interface Node {
  readonly frame: Frame | null;
  time: number;
  statements: number;
  readonly children: Map<string, Node>;
}

/** Boxes that are drawn; the rest is in the table. */
const MOST_BOXES = 70;

/** Time in the database by the lines that led to it: a box stands on the one that called it. */
export function renderFlame(stacks: readonly StackTotals[]): Html {
  const root = toTree(stacks);
  const least = leastTime(root);
  const boxes = layOut(root, least);
  const depth = Math.max(0, ...boxes.map((box) => box.depth)) + 1;
  const more = count(root) - 1 - boxes.length;
  return html`<div class="flame" style="--depth:${depth}" role="group" aria-label="${describe(root)}">
${boxes.map((box) => renderBox(box, root.time))}</div>
<p class="sm dim">Width is time in the database and nothing else; colour says Python or template. Choose a box to widen it.${more > 0 ? ` ${formatCount(more, "narrow place")} not drawn.` : ""}</p>
${renderTable(stacks, root.time)}`;
}

function toTree(stacks: readonly StackTotals[]): Node {
  const root: Node = { frame: null, time: 0, statements: 0, children: new Map() };
  for (const { stack, microseconds, statements } of stacks) {
    let node = root;
    node.time += microseconds;
    node.statements += statements;
    for (const frame of applicationFrames(stack)) {
      const key = `${frame.file}:${frame.line}:${frame.name}`;
      const next: Node = node.children.get(key) ?? { frame, time: 0, statements: 0, children: new Map() };
      node.children.set(key, next);
      next.time += microseconds;
      next.statements += statements;
      node = next;
    }
  }
  return root;
}

function nodesOf(node: Node): Node[] {
  return [...node.children.values()].flatMap((child) => [child, ...nodesOf(child)]);
}

function count(node: Node): number {
  return nodesOf(node).length + 1;
}

/** A box is never wider than the one below it, so that the widest ones stand on one another. */
function leastTime(root: Node): number {
  const times = nodesOf(root).map(({ time }) => time).toSorted((a, b) => b - a);
  return Math.max(times[MOST_BOXES - 1] ?? 0, root.time * 0.002);
}

interface Box {
  readonly node: Node;
  readonly frame: Frame;
  readonly depth: number;
  readonly left: number;
}

function layOut(node: Node, least: number, depth = 0, left = 0): Box[] {
  let at = left;
  return [...node.children.values()]
    .filter(({ time }) => time >= least && time > 0)
    .toSorted((a, b) => b.time - a.time || (placeOf(a) < placeOf(b) ? -1 : 1))
    .flatMap((child) => {
      const here = at;
      at += child.time;
      return child.frame === null ? [] : [{ node: child, frame: child.frame, depth, left: here }, ...layOut(child, least, depth + 1, here)];
    });
}

function placeOf({ frame }: Node): string {
  return frame === null ? "" : placeOfFrame(frame);
}

function renderBox({ node, frame, depth, left }: Box, total: number): Html {
  const text = `${placeOfFrame(frame)} ${nameOfFrame(frame)}: ${formatTime(node.time)}, ${formatShare(node.time, total)}, ${formatCount(node.statements, "query", "queries")}`;
  const kind = frame.owner === "project" ? (frame.kind === "python" ? "py" : "tp") : "lib";
  return html`<button type="button" class="${kind}" data-l="${left}" data-w="${node.time}" data-d="${depth}" style="left:${percent(left, total)};width:${percent(node.time, total)};--d:${depth}" title="${text}"><span>${nameOfFrame(frame)}</span> <small>${placeOfFrame(frame)}</small></button>`;
}

function describe(root: Node): string {
  const [widest] = [...root.children.values()].toSorted((a, b) => b.time - a.time);
  if (widest?.frame == null) return "No time in the database was recorded";
  return `${formatShare(widest.time, root.time)} of ${formatTime(root.time)} was spent below ${placeOfFrame(widest.frame)}`;
}

const MOST_LINES = 25;

function renderTable(stacks: readonly StackTotals[], total: number): Html {
  const lines = new Map<string, { time: number; statements: number; readonly name: string }>();
  for (const { stack, microseconds, statements } of stacks) {
    const frame = applicationFrames(stack).at(-1);
    const key = frame === undefined ? "tests and start scripts" : placeOfFrame(frame);
    const line = lines.get(key) ?? { time: 0, statements: 0, name: frame === undefined ? "" : nameOfFrame(frame) };
    line.time += microseconds;
    line.statements += statements;
    lines.set(key, line);
  }
  const sorted = [...lines].toSorted(([, a], [, b]) => b.time - a.time);
  const rows = sorted.slice(0, MOST_LINES).map(([place, { time, statements, name }]) => html`<tr><td><code>${place}</code> <span class="dim">${name}</span></td><td class="num">${formatTime(time)}</td><td class="num">${formatShare(time, total)}</td><td class="num">${statements}</td></tr>`);
  const more = sorted.length - rows.length;
  return html`<details class="data"><summary>The same as a table</summary><div class="scroll"><table class="small"><thead><tr><th>line that sent it</th><th class="num">time</th><th class="num">share</th><th class="num">queries</th></tr></thead><tbody>${rows}</tbody></table></div>${more > 0 ? html`<p class="sm dim">${formatCount(more, "line")} more.</p>` : NOTHING}</details>`;
}
