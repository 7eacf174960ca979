/** Ways that only some of a loop's rows take, and the rows that they leave behind. */
import { rarity, type Otherwise } from "../model/otherwise.ts";
import type { Frame, Loop } from "./frame.ts";
import { alternatives, joinAll, withDoubt, type QuerysetValue, type RowValue, type Value } from "./values.ts";

/** A way that is taken inside `loop`; what an inner loop does on it happens in each of that one's rounds. */
export interface Byway {
  readonly kind: Otherwise;
  /** What the settings say against it. */
  readonly doubt?: string;
  readonly loop: Loop | null;
  /** The one that it branches off. */
  readonly from: Byway | undefined;
}

export function bywayFrom(frame: Frame, kind: Otherwise): Byway {
  return { kind, loop: frame.loop, from: frame.byway };
}

/** The way that is taken only where the settings are other than they are written. */
export function ruledOutFrom(frame: Frame, doubt: string): Byway {
  return { kind: "settings", doubt, loop: frame.loop, from: frame.byway };
}

/** Runs `work` on a way that only some rows take, or none. */
export function onByway<T>(frame: Frame, byway: Byway | undefined, work: () => T): T {
  const outer = frame.byway;
  frame.byway = byway;
  const result = work();
  frame.byway = outer;
  return result;
}

/** What rules out the way here, in this function or in a caller. */
export function ruledOutAt(frame: Frame): readonly string[] {
  let doubts = NO_DOUBTS;
  for (let at: Frame | null = frame; at !== null; at = at.caller) {
    for (let way = at.byway; way !== undefined; way = way.from) {
      if (way.doubt !== undefined && !doubts.includes(way.doubt)) doubts = [...doubts, way.doubt];
    }
  }
  return doubts;
}

const NO_DOUBTS: readonly string[] = [];

/** The same text for ways on which the same is known of what happens. What the settings rule out is the rarest of all. */
export function wayKey(frame: Frame): string {
  const rarest = otherwiseAt(frame, null);
  return rarest === "settings" ? `settings(${ruledOutAt(frame).join(";")})` : (rarest ?? "");
}

/**
 * What keeps a loop's rows from the place, the rarest of all on the way from the loop; undefined where all of them come. Settings that rule out the way
 * to the loop keep them from it as well.
 */
export function otherwiseAt(frame: Frame, loop: Loop | null): Otherwise | undefined {
  let found: Otherwise | undefined;
  const isOver = loop !== null && !isWithin(frame.loop, loop);
  for (let at: Frame | null = frame; at !== null; at = at.caller) {
    for (let way = at.byway; way !== undefined; way = way.from)
      if (way.kind === "settings" || isOfRounds(way.loop, loop, isOver)) found = rarer(found, way.kind);
  }
  return found;
}

/** It branches off in the rounds of the rows' loop; where that one is over, in those of another, which goes through what holds the rows. */
function isOfRounds(way: Loop | null, loop: Loop | null, isOver: boolean): boolean {
  if (loop === null) return true;
  return way !== null && (isOver || isWithin(way, loop));
}

function isWithin(at: Loop | null, loop: Loop): boolean {
  return at !== null && (at.id === loop.id || isWithin(at.outer, loop));
}

function rarer(one: Otherwise | undefined, other: Otherwise | undefined): Otherwise | undefined {
  return rarity(one) < rarity(other) ? other : one;
}

type Came = Exclude<Otherwise, "early" | "settings">;

/** How a row says by which way it came. */
const CAME: Readonly<Record<Came, string>> = {
  or: "only rows without what stands before the `or` come to it",
  handler: "only rows that the handler fetched come to it",
  cached: "the cache gives back what it was given, with what was loaded of it",
  kept: "the code keeps the row, and what was loaded of it once stays loaded",
  stored: "the code saves what it found, and does not come by it again",
};

/** The value with its rows marked as those that came by the way; rows of a loop on the way itself are that loop's. */
export function broughtBy(frame: Frame, value: Value): Value {
  if (frame.byway === undefined) return value;
  const all = alternatives(value);
  const marked = all.map((one) => (one.kind === "row" ? markedRow(frame, one) : markedRows(frame, one)));
  return marked.every((one, index) => one === all[index]) ? value : joinAll(marked);
}

function markedRow(frame: Frame, row: RowValue): RowValue {
  const own = { ...frame, caller: null };
  const kind = otherwiseAt(own, row.loop);
  if (kind === "settings") return { ...row, doubts: [...new Set([...row.doubts, ...ruledOutAt(own)])] };
  return kind === undefined || kind === "early" ? row : cameBy(row, kind);
}

/** Rows that are asked for only where the settings are other than they are written: a loop over them, here or in a caller, is none of the others. */
function markedRows(frame: Frame, value: Value): Value {
  if (value.kind !== "queryset" && value.kind !== "list") return value;
  const doubts = ruledOutAt({ ...frame, caller: null });
  if (doubts.length === 0) return value;
  const withDoubts = <R extends RowValue | QuerysetValue>(rows: R): R => doubts.reduce((one, doubt) => withDoubt(one, doubt), rows);
  if (value.kind === "queryset") return withDoubts(value);
  return { ...value, element: joinAll(alternatives(value.element).map((one) => (one.kind === "row" ? withDoubts(one) : one))) };
}

export function cameBy(row: RowValue, kind: Came): RowValue {
  return row.doubts.includes(CAME[kind]) ? row : { ...row, doubts: [...row.doubts, CAME[kind]] };
}

/** The way by which a row came, and what else is doubtful of it. */
export function bywayOf(doubts: readonly string[]): { readonly otherwise: Otherwise | undefined; readonly doubts: readonly string[] } {
  const came = (["or", "handler", "cached", "kept", "stored"] as const).filter((kind) => doubts.includes(CAME[kind]));
  if (came.length === 0) return { otherwise: undefined, doubts };
  return { otherwise: came.at(-1), doubts: doubts.filter((one) => !came.some((kind) => CAME[kind] === one)) };
}

/** A manager of a row keeps nothing: that the row is kept saves none of its statements. */
export function askedThroughManager(doubts: readonly string[]): readonly string[] {
  return doubts.filter((one) => one !== CAME.kept);
}

export function rarestOf(...all: readonly (Otherwise | undefined)[]): Otherwise | undefined {
  return all.reduce(rarer, undefined);
}
