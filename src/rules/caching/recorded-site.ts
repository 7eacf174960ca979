/** The line of the source behind a recorded statement: its stack names lines, and the engine knows what each of them sends. */
import type { QueryShape, RuleInput, SentStatement } from "../../model/index.ts";
import type { Stack } from "../../model/recording.ts";
import { labelsByTable } from "./tables.ts";

type Sent = SentStatement & { readonly what: Extract<SentStatement["what"], { kind: "query" | "relation" }> };

const byLine = new WeakMap<RuleInput["facts"], ReadonlyMap<string, readonly Sent[]>>();

/** Innermost frame first; null where no line of the stack sends a statement on that table, as far as the source tells. */
export function recordedSite(input: RuleInput, shape: QueryShape, stack: Stack): Sent | null {
  const wanted = shape.base === null ? undefined : labelsByTable(input.graph).get(shape.base.name);
  const lines = sentByLine(input);
  for (const frame of stack) {
    if (frame.owner !== "project") continue;
    const found = (lines.get(`${frame.file}:${frame.line}`) ?? []).filter((one) => wanted === undefined || modelOf(input, one) === wanted);
    const [first] = found.toSorted((a, b) => a.span.end - a.span.start - (b.span.end - b.span.start));
    if (first !== undefined) return first;
  }
  return null;
}

function modelOf({ graph }: RuleInput, { what }: Sent): string | null {
  if (what.kind === "query") return graph.byLabel(what.recipe.model)?.concrete ?? what.recipe.model;
  return graph.byLabel(what.model)?.fields.get(what.field)?.relation?.target ?? null;
}

const LONGEST = 40;

function sentByLine(input: RuleInput): ReadonlyMap<string, readonly Sent[]> {
  const known = byLine.get(input.facts);
  if (known !== undefined) return known;
  const found = new Map<string, Sent[]>();
  for (const one of input.facts.sent ?? []) {
    const { what, span } = one;
    if (what.kind !== "query" && what.kind !== "relation") continue;
    const text = input.text(span.file);
    const first = lineOf(text, span.start);
    const last = Math.min(lineOf(text, span.end), first + LONGEST);
    for (let line = first; line <= last; line += 1) {
      const key = `${span.file}:${line}`;
      found.set(key, [...(found.get(key) ?? []), { ...one, what }]);
    }
  }
  byLine.set(input.facts, found);
  return found;
}

const starts = new Map<string, readonly number[]>();

/** Lines count from 1. */
export function lineOf(text: string, offset: number): number {
  let known = starts.get(text);
  if (known === undefined) {
    known = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
    starts.set(text, known);
  }
  let [low, high] = [0, known.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((known[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
