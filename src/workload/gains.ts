/** What each change removes of the database's time: by itself, and once the changes above it are made. */
import type { Finding } from "../model/finding.ts";
import type { Gain } from "../model/handbook.ts";
import { rungOf } from "../select/severity.ts";
import { PER_ROW, touchedPieces, type Piece, type PieceInput, type Touched } from "./pieces.ts";

/** Share of a statement's time that a change removes, and how that is known. */
export interface Effect {
  readonly low: number;
  readonly high: number;
  readonly basis: string;
}

export interface Gains {
  /** Best first; each adds its `marginal` to those before it. */
  readonly ranked: readonly { readonly finding: string; readonly gain: Gain }[];
  /** Time of the statements that each finding is about, whether or not it is known what a change removes. */
  readonly touched: ReadonlyMap<string, Touched>;
}

export function gainsOf(input: PieceInput): Gains {
  const touched = touchedPieces(input);
  const speed = speedOf(input);
  const candidates = input.findings.flatMap((finding): Candidate[] => {
    const own = touched.get(finding.id);
    const effect = own === undefined ? null : effectOf(finding, own, speed);
    return own === undefined || effect === null || effect.high <= 0 ? [] : [{ finding: finding.id, pieces: own.pieces, effect, isWhole: PLANNED_TOGETHER.has(finding.rule) && ownSaving(finding) === null }];
  });
  return { ranked: rank(candidates), touched };
}

/** How fast this server answers at its best: what every call takes, whatever its plan. */
export interface Speed {
  /** Milliseconds of the quickest statement; 0 where none is as quick as a look-up by a key. */
  readonly least: number;
  readonly meanOf: ReadonlyMap<string, number>;
}

/** Ours: fewer calls may have met a quiet or a busy moment. */
const LEAST_CALLS = 20;
/** Ours: on two slow cores, a look-up of one row by its key in memory took 0.01 to 0.04 ms. */
const MOST_LEAST = 0.05;

function speedOf({ statements }: PieceInput): Speed {
  const means = statements.filter(({ sql, calls, meanMs }) => calls >= LEAST_CALLS && meanMs > 0 && /^\s*SELECT\b[^]*\bFROM\b/i.test(sql)).map(({ meanMs }) => meanMs);
  const least = Math.min(...means);
  return { least: least <= MOST_LEAST ? least : 0, meanOf: new Map(statements.map(({ id, meanMs }) => [id, meanMs])) };
}

interface Candidate {
  readonly finding: string;
  readonly pieces: readonly Piece[];
  readonly effect: Effect;
  /** Its share is what all findings of its kind remove together: a piece that one of them had has nothing left for another. */
  readonly isWhole: boolean;
}

/** The planner saw all new indexes at once. */
const PLANNED_TOGETHER: ReadonlySet<string> = new Set(["missing-index"]);

const middle = ({ low, high }: Effect): number => (low + high) / 2;

/** The best of what is left, again and again: a gain only shrinks when others are made, so that the order is the best one step at a time. */
function rank(candidates: readonly Candidate[]): Gains["ranked"] {
  const left = new Map<string, number>();
  for (const { pieces } of candidates) for (const piece of pieces) left.set(piece.id, piece.time);
  const had = new Set<string>();
  const worth = ({ pieces, effect, isWhole }: Candidate): number => middle(effect) * pieces.reduce((sum, { id }) => sum + (isWhole && had.has(id) ? 0 : (left.get(id) ?? 0)), 0);
  const queue = candidates.map((candidate) => ({ candidate, worth: worth(candidate) })).toSorted(byWorth);
  const ranked: { readonly finding: string; readonly gain: Gain }[] = [];
  while (queue.length > 0) {
    const [best] = queue.splice(0, 1);
    if (best === undefined) break;
    const now = worth(best.candidate);
    const next = queue[0];
    if (next !== undefined && now < next.worth - TINY) {
      insert(queue, { candidate: best.candidate, worth: now });
      continue;
    }
    ranked.push({ finding: best.candidate.finding, gain: gainOf(best.candidate, now) });
    for (const { id } of best.candidate.pieces) {
      if (best.candidate.isWhole && had.has(id)) continue;
      left.set(id, (left.get(id) ?? 0) * (1 - middle(best.candidate.effect)));
      if (best.candidate.isWhole) had.add(id);
    }
  }
  return ranked;
}

/** Sums of floats differ in their last bits. */
const TINY = 1e-12;

type Queued = { readonly candidate: Candidate; readonly worth: number };

const byWorth = (a: Queued, b: Queued): number => b.worth - a.worth || (a.candidate.finding < b.candidate.finding ? -1 : 1);

function insert(queue: Queued[], one: Queued): void {
  const at = queue.findIndex((other) => byWorth(one, other) < 0);
  queue.splice(at < 0 ? queue.length : at, 0, one);
}

function gainOf({ pieces, effect }: Candidate, marginal: number): Gain {
  const today = pieces.reduce((sum, { time }) => sum + time, 0);
  return { today, removed: today * middle(effect), low: today * effect.low, high: today * effect.high, marginal, basis: effect.basis };
}

// ---------------------------------------------------------------------------------------------- what a change removes

/** Null where no evidence says what is left. */
export function effectOf(finding: Finding, { link, pieces }: Touched, speed?: Speed): Effect | null {
  return timed(finding) ?? planned(finding, pieces, speed) ?? counted(finding) ?? perRow(finding, link) ?? repeated(finding, link);
}

/** Of the time of the statements that are named, what the server counted itself for the thing that is taken away: compiling them, say. */
function counted({ evidence }: Finding): Effect | null {
  const figures = evidence.find(({ removedMs, ofMs }) => typeof removedMs === "number" && typeof ofMs === "number" && ofMs > 0);
  const [removed, of] = [figures?.["removedMs"], figures?.["ofMs"]];
  if (typeof removed !== "number" || typeof of !== "number") return null;
  return effect(removed / of, removed / of, `the server counted ${round(removed)} of these statements' ${round(of)} ms for it`);
}

/** Times before and after, as they were measured. */
function timed(finding: Finding): Effect | null {
  const { milliseconds } = finding.impact;
  const rung = rungOf(finding);
  if (milliseconds?.before === undefined || milliseconds.after === undefined || milliseconds.before <= 0) return null;
  const share = 1 - milliseconds.after / milliseconds.before;
  const how = rung === "proven" ? "as proven" : rung === "measured" ? "as measured" : "statement time";
  return effect(share, share, `${how}: ${round(milliseconds.before)} → ${round(milliseconds.after)} ms${milliseconds.per === undefined ? "" : ` a ${milliseconds.per}`}`);
}

/** The planner's cost is no time: the share is said as what it is. */
function planned(finding: Finding, pieces: readonly Piece[], speed: Speed | undefined): Effect | null {
  const plan = finding.evidence.find(({ kind, costBefore, costAfter }) => kind === "planned" && typeof costBefore === "number" && typeof costAfter === "number");
  const [before, after] = [plan?.["costBefore"], plan?.["costAfter"]];
  if (typeof before !== "number" || typeof after !== "number" || before <= 0) return null;
  const own = ownSaving(finding);
  const above = shareAbove(pieces, speed);
  const share = above * ((own ?? before - after) / before);
  const time = above < 1 ? `statement time less the ${(speed?.least ?? 0).toPrecision(2)} ms a call of the quickest statement here` : "statement time";
  return effect(share, share, own === null ? `${time} × (1 − planner cost ${round(after)} / ${round(before)})` : `${time} × planner cost ${round(own)} of ${round(before)}, its part of what several new indexes save at once`);
}

/** Of a cost that several new indexes save only together. */
function ownSaving({ evidence }: Finding): number | null {
  const saved = evidence.find(({ kind, costSaved }) => kind === "planned" && typeof costSaved === "number")?.["costSaved"];
  return typeof saved === "number" ? saved : null;
}

/** The share of the time that a better plan can take away. */
function shareAbove(pieces: readonly Piece[], speed: Speed | undefined): number {
  const all = pieces.reduce((sum, { time }) => sum + time, 0);
  if (speed === undefined || speed.least === 0 || all === 0) return 1;
  const { least, meanOf } = speed;
  return pieces.reduce((sum, { statement, time }) => sum + time * Math.max(0, 1 - least / (meanOf.get(statement) ?? Infinity)), 0) / all;
}

/**
 * Of the time of statements that are sent row by row, what one statement for all rows takes at most. Ours: on PostgreSQL 15 one `IN` of 10 to 100
 * keys took 0.1 to 0.77 of the time of as many look-ups (tests/gains.heavy.test.ts holds it below this).
 */
export const BATCH_SHARE = 0.8;

function perRow(finding: Finding, link: Touched["link"]): Effect | null {
  if (!PER_ROW.has(finding.rule)) return null;
  const { before, after = 1 } = finding.impact.statements ?? {};
  // What is prefetched and asked for again is there already: no statement takes the place of those that go.
  if (finding.rule === "defeated-prefetch" && link === "recorded" && before !== undefined && before > 1) return effect(1, 1, `${round(before)} → 0 statements: the rows are prefetched today`);
  if (link !== "recorded" || before === undefined || before <= 1) return link === "line" ? effect((1 - BATCH_SHARE) / 2, 1, "half of the repeated statements at least; how many rows a request has is not known") : null;
  const gone = (before - Math.min(after, before)) / before;
  return effect(gone * (1 - BATCH_SHARE), gone, `${round(before)} → ${round(after)} statements; one for all rows takes up to ${BATCH_SHARE * 100} % of their time`);
}

/** Statements that are not sent at all once the change is made. */
const WHOLE: ReadonlySet<string> = new Set(["unused-eager-load"]);
/** One of two equal ones stays. */
const HALF: ReadonlySet<string> = new Set(["duplicate-query", "evaluated-twice"]);

function repeated({ rule }: Finding, link: Touched["link"]): Effect | null {
  if (link !== "line") return null;
  if (WHOLE.has(rule)) return effect(1, 1, "the statement is not sent any more");
  return HALF.has(rule) ? effect(0.5, 0.5, "one of two equal statements stays") : null;
}

function effect(low: number, high: number, basis: string): Effect {
  const within = (share: number): number => Math.min(1, Math.max(0, share));
  return { low: within(low), high: within(high), basis };
}

const round = (value: number): string => String(Number(value.toPrecision(3)));
