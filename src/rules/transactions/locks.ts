/** Row locks that a block takes. */
import type { ChainCall, Program, QueryRun, RuleInput, Span, Write } from "../../model/index.ts";
import { blockAround, enteredAt, type AtomicBlock } from "./blocks.ts";

export interface Locking {
  readonly run: QueryRun;
  readonly call: ChainCall;
  /** The lock is waited for: neither NOWAIT nor SKIP LOCKED. */
  readonly manner: "waits" | "nowait" | "skips";
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
  const found = new Map<string, { block: AtomicBlock; locks: Locking[] }>();
  for (const run of input.facts.runs) {
    const call = run.origin.calls.find(({ name }) => name === "select_for_update");
    if (call === undefined || run.cached) continue;
    const entered = enteredAt(input, run);
    if (entered === null) continue;
    const entry = found.get(keyOf(entered.block)) ?? { block: entered.block, locks: [] };
    if (!entry.locks.some((one) => one.call.file === call.file && one.call.start === call.start)) entry.locks.push({ run, call, manner: mannerOf(call) });
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
  { span, root }: { readonly span: Span; readonly root: Span | null },
): { readonly span: Span; readonly how: string; readonly model: string | null } | null {
  const locks = (lockingBlocks(input).get(keyOf(block))?.locks ?? [])
    .filter(({ run }) => isWithin(run.span, block) || isSameRoot(run.trail[0], root))
    .map(({ run }) => ({ span: run.span, how: "select_for_update()", model: run.model }));
  const writes = input.facts.writes.filter((one) => isDirect(input, block, one)).map((one) => ({ span: one.span, how: `${one.how}()`, model: one.model }));
  const before = [...locks, ...writes].filter((one) => one.span.file !== span.file || one.span.start < span.start || !isWithin(one.span, block));
  return before.toSorted((a, b) => a.span.start - b.span.start)[0] ?? null;
}

/** A row that is made is locked by nobody else: only rows that were there before are waited for. */
const CHANGES: ReadonlySet<string> = new Set(["save", "update", "delete", "bulk_update", "update_or_create"]);

function isDirect(input: RuleInput, block: AtomicBlock, { span, how }: Write): boolean {
  return CHANGES.has(how) && isWithin(span, block) && blockAround(input, span)?.start === block.start;
}

const isWithin = (span: Span, block: AtomicBlock): boolean => span.file === block.file && span.start >= block.start && span.end <= block.end;
