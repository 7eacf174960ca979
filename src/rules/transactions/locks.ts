/** Row locks that a block takes. */
import type { ChainCall, Program, QueryRun, RuleInput, Span, Write } from "../../model/index.ts";
import { pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { blockAround, enteredAt, type AtomicBlock } from "./blocks.ts";
import { isInside, isWithin } from "../../model/span.ts";

export interface Locking {
  readonly run: QueryRun;
  readonly call: ChainCall;
  /** The lock is waited for: neither NOWAIT nor SKIP LOCKED. */
  readonly manner: "waits" | "nowait" | "skips";
  readonly ways: readonly Way[];
}

/** How a place is reached from within a block. */
export interface Way {
  /** What the analysis began with; null where nobody knows. */
  readonly root: Span | null;
  /** Calls from the block on, the place itself last. */
  readonly steps: readonly Span[];
}

const keyOf = ({ file, start }: { readonly file: string; readonly start: number }): string => `${file}:${start}`;
const known = new WeakMap<Program, ReadonlyMap<string, { readonly block: AtomicBlock; readonly locks: readonly Locking[] }>>();

/** Blocks that lock rows with `select_for_update()`, by their place. */
export function lockingBlocks(input: RuleInput): ReadonlyMap<string, { readonly block: AtomicBlock; readonly locks: readonly Locking[] }> {
  const made = known.get(input.program) ?? collect(input);
  known.set(input.program, made);
  return made;
}

function collect(input: RuleInput): ReadonlyMap<string, { readonly block: AtomicBlock; readonly locks: readonly Locking[] }> {
  const found = new Map<string, { block: AtomicBlock; locks: (Locking & { readonly ways: Way[] })[] }>();
  for (const run of input.facts.runs) {
    const call = run.origin.calls.find(({ name }) => name === "select_for_update");
    if (call === undefined || run.cached) continue;
    const entered = enteredAt(input, run);
    if (entered === null) continue;
    const entry = found.get(keyOf(entered.block)) ?? { block: entered.block, locks: [] };
    const way = { root: run.trail[0] ?? null, steps: [...entered.calls, run.span] };
    const same = entry.locks.find((one) => one.call.file === call.file && one.call.start === call.start);
    if (same === undefined) entry.locks.push({ run, call, manner: mannerOf(call), ways: [way] });
    else same.ways.push(way);
    found.set(keyOf(entered.block), entry);
  }
  return found;
}

function mannerOf({ keywords }: ChainCall): Locking["manner"] {
  const isOn = (name: string): boolean => keywords.some((one) => one.name === name && one.value.kind === "constant" && one.value.value === "true");
  if (isOn("nowait")) return "nowait";
  return isOn("skip_locked") ? "skips" : "waits";
}

/** The analysis began with the same thing: a block of a base class is many blocks, one for each class that inherits it. */
export function isSameRoot(a: Span | null | undefined, b: Span | null | undefined): boolean {
  return a === undefined || b === undefined || a === null || b === null || keyOf(a) === keyOf(b);
}

/** Where the block first locks rows before the place: a lock by name, or a write that stands in the block itself. */
export function lockBefore(
  input: RuleInput,
  block: AtomicBlock,
  place: Way,
): { readonly span: Span; readonly how: string; readonly model: string | null } | null {
  const isReached = ({ root, steps }: Way, run: QueryRun): boolean =>
    (isWithin(run.span, block) || isSameRoot(root, place.root)) && isBefore(input, steps, place.steps);
  const locks = (lockingBlocks(input).get(keyOf(block))?.locks ?? [])
    .filter(({ run, ways }) => ways.some((way) => isReached(way, run)))
    .map(({ run }) => ({ span: run.span, how: "select_for_update()", model: run.model }));
  const writes = input.facts.writes
    .filter((one) => isDirect(input, block, one) && (isBefore(input, [one.span], place.steps) || isLedFrom(place.steps, one.span)))
    .map((one) => ({ span: one.span, how: `${one.how}()`, model: one.model }));
  return [...locks, ...writes].toSorted((a, b) => a.span.start - b.span.start)[0] ?? null;
}

/**
 * The first steps that differ stand in one function: which is above the other, runs first, and so does what stands within a call.
 * In the next round of a loop around both, what was below has run.
 */
function isBefore(input: RuleInput, steps: readonly Span[], others: readonly Span[]): boolean {
  const at = steps.findIndex((step, index) => others[index] === undefined || keyOf(step) !== keyOf(others[index]) || step.end !== others[index].end);
  const [step, other] = [steps[at], others[at]];
  if (step === undefined || other === undefined || step.file !== other.file) return false;
  if (step.end <= other.start || isInside(step, other)) return true;
  return steps.slice(0, at).some((shared) => loopsAround(input, shared).length > 0) || loopsAround(input, step).some((loop) => isInside(other, loop));
}

/** Loops of the place's own function. */
function loopsAround(input: RuleInput, span: Span): readonly SyntaxNode[] {
  const path = pathTo(input.program, span);
  return path.slice(path.findLastIndex(({ kind }) => kind === "function" || kind === "lambda") + 1).filter(({ kind }) => kind === "for" || kind === "while");
}

/** The write's own call leads there, by a receiver of `post_save` say. */
const isLedFrom = ([first]: readonly Span[], write: Span): boolean => first !== undefined && keyOf(first) === keyOf(write);

/** A row that is made is locked by nobody else: only rows that were there before are waited for. */
const CHANGES: ReadonlySet<string> = new Set(["save", "update", "delete", "bulk_update", "update_or_create"]);

function isDirect(input: RuleInput, block: AtomicBlock, { span, how, isOfNewRow }: Write): boolean {
  return CHANGES.has(how) && isOfNewRow !== true && isWithin(span, block) && blockAround(input, span)?.start === block.start;
}
