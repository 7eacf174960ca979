/** Waits for locks that a log tells of, added up by what waited and what for. */
import type { LockWaits, LoggedWait } from "../model/index.ts";
import { dropLiterals } from "../postgres/drop-literals.ts";
import type { KeyedStatement } from "./statement-keys.ts";

export interface WaitTally {
  add(wait: LoggedWait): void;
  /** Most time first. */
  sums(): LockWaits[];
}

/** Kinds of waits that are kept: a project has dozens. Ours. */
const MOST_KINDS = 5_000;
/** Text of a statement in a report. */
const LONGEST_TEXT = 1000;

type Sum = { -readonly [Name in keyof LockWaits]: LockWaits[Name] };

/** A wait is told of once it lasts for `deadlock_timeout`, and again when it is over: the second time tells how long it was. */
export function tallyWaits(keyed: (sql: string) => KeyedStatement): WaitTally {
  const sums = new Map<string, Sum>();
  const open = new Map<number, { readonly wait: LoggedWait; readonly sum: Sum }>();
  const sumOf = (wait: LoggedWait): Sum | null => {
    const key = wait.sql === null ? "" : keyed(wait.sql).key;
    const place = JSON.stringify([key, wait.mode, kindOf(wait), relationOf(wait)]);
    const known = sums.get(place) ?? (sums.size < MOST_KINDS ? emptySum(key, wait) : null);
    if (known !== null) sums.set(place, known);
    return known;
  };
  const add = (wait: LoggedWait): void => {
    const before = open.get(wait.pid);
    // A message that ends a wait has no context: it belongs to the one that began it.
    const isSame = before !== undefined && before.wait.on === wait.on;
    const sum = isSame ? before.sum : sumOf(wait);
    if (sum === null) return;
    if (!isSame) begin(sum, wait);
    if (wait.isOver) end(sum, wait);
    if (wait.isOver) open.delete(wait.pid);
    else open.set(wait.pid, { wait, sum });
    sum.longestMs = Math.max(sum.longestMs, wait.ms);
    sum.last = wait.at ?? sum.last;
  };
  return { add, sums: () => withOpen([...sums.values()], [...open.values()]).toSorted((a, b) => b.totalMs - a.totalMs) };
}

function begin(sum: Sum, { at }: LoggedWait): void {
  sum.waits += 1;
  sum.open += 1;
  sum.first ??= at;
}

function end(sum: Sum, { ms }: LoggedWait): void {
  sum.open -= 1;
  sum.totalMs += ms;
}

/** Of a wait that nothing ends, so much is known as its last message says. */
function withOpen(sums: readonly Sum[], open: readonly { readonly wait: LoggedWait; readonly sum: Sum }[]): LockWaits[] {
  return sums.map((sum) => ({ ...sum, totalMs: sum.totalMs + open.filter((one) => one.sum === sum).reduce((total, { wait }) => total + wait.ms, 0) }));
}

/** Who waits is told by the statement's form; its values would be data in a report. */
const emptySum = (key: string, wait: LoggedWait): Sum => ({
  key,
  sql: dropLiterals(wait.sql ?? "").slice(0, LONGEST_TEXT),
  mode: wait.mode,
  kind: kindOf(wait),
  relation: relationOf(wait),
  waits: 0,
  totalMs: 0,
  longestMs: 0,
  open: 0,
  first: null,
  last: null,
  source: wait.source,
});

function kindOf({ on }: LoggedWait): LockWaits["kind"] {
  if (/^(?:transaction|tuple|virtual transaction|speculative)/.test(on)) return "row";
  return /^(?:relation|extension of relation|page)/.test(on) ? "relation" : "other";
}

function relationOf({ relation, on }: LoggedWait): string | null {
  return relation ?? /relation (\d+)/.exec(on)?.[1] ?? null;
}
