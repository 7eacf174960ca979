/** Waits that a transaction begins with: until its first statement, it holds nothing. */
import type { Call, RuleInput, Span } from "../../model/index.ts";
import { moduleOf, nodesIn, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { isInside, isWithin } from "../../model/span.ts";
import { chainHead, functionAt } from "../code.ts";
import type { AtomicBlock } from "./blocks.ts";

/** Nothing that the block does before it comes to the last of the steps can ask the database. BEGIN itself is sent with the first statement. */
export function comesBeforeStatements(input: RuleInput, block: AtomicBlock, steps: readonly Span[]): boolean {
  return steps.every((step, index) => {
    const path = pathTo(input.program, step);
    const holder = functionAt(path);
    const from = index === 0 ? block.start : holder?.start;
    return from !== undefined && isQuietUntil(input, path, { ...step, start: from, end: step.start });
  });
}

/** What runs in the stretch, and what the call itself is given. In the next round of a loop all else has run as well. */
function isQuietUntil(input: RuleInput, path: readonly SyntaxNode[], stretch: Span): boolean {
  const place = path.at(-1);
  const holder = path.findLast(({ kind }) => kind === "function" || kind === "lambda") ?? path[0];
  if (place === undefined || holder === undefined) return false;
  if (path.some((node) => (node.kind === "for" || node.kind === "while" || node.kind === "comprehension") && stretch.start <= node.start)) return false;
  const isBefore = (node: SyntaxNode): boolean => node !== place && ((stretch.start <= node.start && node.end <= stretch.end) || isInside(node, place));
  return (
    !isAskedWithin(input, { ...stretch, end: place.end }) &&
    nodesIn(holder).every((node) => node.kind !== "call" || !isBefore(node) || isQuiet(input, node, stretch.file))
  );
}

function isAskedWithin({ facts }: RuleInput, stretch: Span): boolean {
  const isThere = (span: Span): boolean => isWithin(span, stretch);
  return (
    facts.runs.some(({ span, trail }) => isThere(span) || trail.some(isThere)) ||
    facts.loads.some(({ access, calls }) => isThere(access) || calls.some(isThere)) ||
    facts.writes.some(({ span, calls }) => isThere(span) || calls.some(isThere))
  );
}

const BUILTINS: ReadonlySet<string> = new Set(
  "str int float bool bytes dict list set tuple len isinstance getattr hasattr print range min max sum sorted enumerate zip super type repr".split(" "),
);

/** A call of another library, of a builtin, or of a class: it makes an object. */
function isQuiet({ program }: RuleInput, { callee }: Call, file: string): boolean {
  const head = chainHead(callee);
  const module = moduleOf(program, file);
  if (head.kind === "str") return true;
  if (head.kind !== "name" || module === null) return false;
  if (callee === head && (BUILTINS.has(head.name) || /^[A-Z]/.test(head.name))) return true;
  const symbol = program.resolve(module, head.name);
  // `models.Order(…)`
  if (symbol?.kind === "module" && callee.kind === "attribute" && /^[A-Z]/.test(callee.name)) return true;
  return symbol?.kind === "external" && !symbol.name.startsWith("django.db") && !/^[A-Z]/.test(head.name);
}
