import type { Frame, StackTotals } from "../../model/recording.ts";
import { formatCount } from "../../model/numbers.ts";
import { applicationFrames, formatShare, formatTime, nameOfFrame, placeOfFrame } from "./figures.ts";
import { html, NOTHING, percent, type Html } from "./markup.ts";

interface Node {
  /** Null for a file or a package, which stands below its lines. */
  readonly frame: Frame | null;
  readonly name: string;
  time: number;
  statements: number;
  readonly children: Map<string, Node>;
}

/** Boxes that are drawn; the rest is in the table. */
const MOST_BOXES = 160;

/** Time in the database by the lines that led to it: a box hangs from the one that called it. */
export function renderFlame(stacks: readonly StackTotals[]): Html {
  const root = toTree(stacks);
  const least = leastTime(root);
  const boxes = layOut(root, least);
  const depth = Math.max(0, ...boxes.map((box) => box.depth)) + 1;
  const more = count(root) - 1 - boxes.length;
  const drawn = boxes.filter((box) => box.depth === 0).reduce((sum, { node }) => sum + node.time, 0);
  return html`<div class="flame" style="--depth:${depth}" role="group" aria-label="${describe(root)}">
${boxes.map((box) => renderBox(box, root.time))}${root.time - drawn > root.time * 0.05 ? html`<span class="rest" style="left:${percent(drawn, root.time)};width:${percent(root.time - drawn, root.time)}">others</span>` : NOTHING}</div>
<p class="sm dim">Width is time in the database and nothing else; colour says Python or template. Choose a box to widen it.${more > 0 ? ` ${formatCount(more, "narrow place")} not drawn.` : ""}</p>
${renderTable(stacks, root.time)}`;
}

function toTree(stacks: readonly StackTotals[]): Node {
  const root: Node = { frame: null, name: "", time: 0, statements: 0, children: new Map() };
  for (const total of stacks) {
    addTo(root, total);
    const frames = applicationFrames(total.stack);
    let node = child(root, homeOf(frames[0]), null);
    addTo(node, total);
    for (const frame of frames) {
      node = child(node, `${frame.file}:${frame.line}:${frame.name}`, frame);
      addTo(node, total);
    }
  }
  return root;
}

function child(node: Node, key: string, frame: Frame | null): Node {
  const known = node.children.get(key);
  if (known !== undefined) return known;
  const made: Node = { frame, name: key, time: 0, statements: 0, children: new Map() };
  node.children.set(key, made);
  return made;
}

function addTo(node: Node, { microseconds, statements }: StackTotals): void {
  node.time += microseconds;
  node.statements += statements;
}

/** The file that a stack begins in, so that its lines stand side by side; a library's by the package. */
function homeOf(frame: Frame | undefined): string {
  if (frame === undefined) return "tests and start scripts";
  return frame.owner === "project" ? frame.file : (frame.file.split("/")[0] ?? frame.file);
}

function nodesOf(node: Node): Node[] {
  return [...node.children.values()].flatMap((child) => [child, ...nodesOf(child)]);
}

function count(node: Node): number {
  return nodesOf(node).length + 1;
}

/** A box is never wider than the one below it, so that the widest ones stand on one another. */
function leastTime(root: Node): number {
  const times = nodesOf(root)
    .map(({ time }) => time)
    .toSorted((a, b) => b - a);
  return Math.max(times[MOST_BOXES - 1] ?? 0, root.time * 0.001);
}

/** A narrower box is no stop for the keyboard: its line stands in the table. */
const LEAST_STOP = 0.02;

interface Box {
  readonly node: Node;
  readonly depth: number;
  readonly left: number;
}

function layOut(node: Node, least: number, depth = 0, left = 0): Box[] {
  let at = left;
  return [...node.children.values()]
    .filter(({ time }) => time >= least && time > 0)
    .toSorted((a, b) => b.time - a.time || (placeOf(a) < placeOf(b) ? -1 : 1))
    .flatMap((one) => {
      const here = at;
      at += one.time;
      return [{ node: one, depth, left: here }, ...layOut(one, least, depth + 1, here)];
    });
}

function placeOf({ frame, name }: Node): string {
  return frame === null ? name : placeOfFrame(frame);
}

function renderBox({ node, depth, left }: Box, total: number): Html {
  const { frame } = node;
  const text = `${placeOf(node)} ${frame === null ? "" : nameOfFrame(frame)}: ${formatTime(node.time)}, ${formatShare(node.time, total)}, ${formatCount(node.statements, "query", "queries")}`;
  const kind = frame === null ? "home" : frame.owner !== "project" ? "lib" : frame.kind === "python" ? "py" : "tp";
  const label = frame === null ? html`<span>${node.name}</span>` : html`<span>${nameOfFrame(frame)}</span> <small>${placeOfFrame(frame)}</small>`;
  return html`<button type="button"${node.time < total * LEAST_STOP ? { html: ' tabindex="-1"' } : NOTHING} class="${kind}" data-l="${left}" data-w="${node.time}" data-d="${depth}" style="left:${percent(left, total)};width:${percent(node.time, total)};--d:${depth}" title="${text}">${label}</button>`;
}

function describe(root: Node): string {
  const [widest] = [...root.children.values()].toSorted((a, b) => b.time - a.time);
  if (widest === undefined) return "No time in the database was recorded";
  return `${formatShare(widest.time, root.time)} of ${formatTime(root.time)} was spent below ${placeOf(widest)}`;
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
  const rows = sorted
    .slice(0, MOST_LINES)
    .map(
      ([place, { time, statements, name }]) =>
        html`<tr><td><code>${place}</code> <span class="dim">${name}</span></td><td class="num">${formatTime(time)}</td><td class="num">${formatShare(time, total)}</td><td class="num">${statements}</td></tr>`,
    );
  const more = sorted.length - rows.length;
  return html`<details class="data"><summary>The same as a table</summary><div class="scroll"><table class="small"><thead><tr><th>line that sent it</th><th class="num">time</th><th class="num">share</th><th class="num">queries</th></tr></thead><tbody>${rows}</tbody></table></div>${more > 0 ? html`<p class="sm dim">${formatCount(more, "line")} more.</p>` : NOTHING}</details>`;
}
