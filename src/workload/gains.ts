/** What each change removes of the database's time: by itself, and once the changes above it are made. */
import type { Finding } from "../model/finding.ts";
import type { Gain } from "../model/handbook.ts";
import type { Plan } from "../model/plan.ts";
import { rungOf } from "../select/severity.ts";
import { FIRST_GOES, PER_ROW, touchedPieces, type Piece, type PieceInput, type Touched } from "./pieces.ts";

/** Share of a statement's time that a change removes, and how that is known. */
export interface Effect {
  readonly low: number;
  readonly high: number;
  readonly basis: string;
  /** Of each statement by itself, where that is known: others are not touched then. */
  readonly byStatement?: ReadonlyMap<string, Share>;
}

type Share = Pick<Effect, "low" | "high">;

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
    const effect = own === undefined ? null : effectOf(finding, own, speed, input.sending);
    return own === undefined || effect === null || effect.high <= 0
      ? []
      : [{ finding: finding.id, pieces: own.pieces, effect, shared: sharedOf(finding, own) }];
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
  const means = statements
    .filter(({ sql, calls, meanMs }) => calls >= LEAST_CALLS && meanMs > 0 && /^\s*SELECT\b[^]*\bFROM\b/i.test(sql))
    .map(({ meanMs }) => meanMs);
  const least = Math.min(...means);
  return { least: least <= MOST_LEAST ? least : 0, meanOf: new Map(statements.map(({ id, meanMs }) => [id, meanMs])) };
}

interface Candidate {
  readonly finding: string;
  readonly pieces: readonly Piece[];
  readonly effect: Effect;
  /** Its share is what all findings of this kind remove together: a piece that one of them had has nothing left for another. */
  readonly shared: "plan" | "loop" | null;
}

/** The planner saw all new indexes at once. */
export const PLANNED_TOGETHER: ReadonlySet<string> = new Set(["missing-index"]);

/** One recorded loop is loaded at once only once: findings that tell of it from two querysets are two ways to do so. */
function sharedOf(finding: Finding, { link }: Touched): Candidate["shared"] {
  if (PLANNED_TOGETHER.has(finding.rule)) return ownSaving(finding) === null ? "plan" : null;
  return PER_ROW.has(finding.rule) && link === "recorded" ? "loop" : null;
}

const middle = ({ low, high }: Share): number => (low + high) / 2;
const NONE: Share = { low: 0, high: 0 };
const shareOf = ({ effect: { byStatement, low, high } }: Candidate, { statement }: Piece): Share =>
  byStatement === undefined ? { low, high } : (byStatement.get(statement) ?? NONE);

/** The best of what is left, again and again: a gain only shrinks when others are made, so that the order is the best one step at a time. */
function rank(candidates: readonly Candidate[]): Gains["ranked"] {
  const left = new Map<string, number>();
  for (const { pieces } of candidates) for (const piece of pieces) left.set(piece.id, piece.time);
  const had = new Set<string>();
  const isHad = ({ shared }: Candidate, { id }: Piece): boolean => shared !== null && had.has(`${shared} ${id}`);
  const worth = (one: Candidate): number =>
    one.pieces.reduce((sum, piece) => sum + (isHad(one, piece) ? 0 : middle(shareOf(one, piece)) * (left.get(piece.id) ?? 0)), 0);
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
    for (const piece of best.candidate.pieces) {
      const { id } = piece;
      if (isHad(best.candidate, piece)) continue;
      left.set(id, (left.get(id) ?? 0) * (1 - middle(shareOf(best.candidate, piece))));
      if (best.candidate.shared !== null) had.add(`${best.candidate.shared} ${id}`);
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

function gainOf(candidate: Candidate, marginal: number): Gain {
  const sum = (share: (one: Share) => number): number => candidate.pieces.reduce((all, piece) => all + piece.time * share(shareOf(candidate, piece)), 0);
  return { today: sum(() => 1), removed: sum(middle), low: sum(({ low }) => low), high: sum(({ high }) => high), marginal, basis: candidate.effect.basis };
}

// ---------------------------------------------------------------------------------------------- what a change removes

/** Null where no evidence says what is left. */
export function effectOf(finding: Finding, { link, pieces }: Touched, speed?: Speed, sending?: PieceInput["sending"]): Effect | null {
  return (
    timed(finding) ??
    planned(finding, pieces, speed) ??
    counted(finding) ??
    bounded(finding) ??
    perRow(finding, link) ??
    repeated(finding, { link, pieces }) ??
    sentLess(finding, pieces, sending)
  );
}

/** Of the time of the statements that are named, what the server counted itself for the thing that is taken away: compiling them, say. */
function counted({ evidence }: Finding): Effect | null {
  const figures = evidence.find(({ removedMs, ofMs }) => typeof removedMs === "number" && typeof ofMs === "number" && ofMs > 0);
  const [removed, of] = [figures?.["removedMs"], figures?.["ofMs"]];
  if (typeof removed !== "number" || typeof of !== "number") return null;
  return effect(removed / of, removed / of, `the server counted ${round(removed)} of these statements' ${round(of)} ms for it`);
}

/** A plan that was run says how long the part took that a change is about: nothing of it goes at least, all of it at most. */
function bounded({ places }: Finding): Effect | null {
  const parts = places.flatMap(({ object, mostPart }) => (object === undefined || mostPart === undefined ? [] : [[object, mostPart] as const]));
  if (parts.length === 0) return null;
  const high = Math.max(...parts.map(([, part]) => part));
  const byStatement = new Map(parts.map(([statement, part]) => [statement, { low: 0, high: part }]));
  return { low: 0, high, basis: `at most what the plans of its statements spend on it: ${round(high * 100)} % of a run`, byStatement };
}

/** Times before and after, as they were measured. */
function timed(finding: Finding): Effect | null {
  const { milliseconds } = finding.impact;
  const rung = rungOf(finding);
  if (milliseconds?.before === undefined || milliseconds.after === undefined || milliseconds.before <= 0) return null;
  const share = 1 - milliseconds.after / milliseconds.before;
  const how = rung === "proven" ? "as proven" : rung === "measured" ? "as measured" : "statement time";
  return effect(
    share,
    share,
    `${how}: ${round(milliseconds.before)} → ${round(milliseconds.after)} ms${milliseconds.per === undefined ? "" : ` a ${milliseconds.per}`}`,
  );
}

/**
 * The planner's cost is no time: the share is said as what it is. Each statement's time shrinks by its own plan: one that is asked once a day and another that
 * is asked all day long have nothing in common. What was planned for any values, or by one set of constants alone, is what can be gained at most.
 */
function planned(finding: Finding, pieces: readonly Piece[], speed: Speed | undefined): Effect | null {
  const costs = finding.places.flatMap(({ object, cost }) => (object === undefined || cost === undefined || cost.before <= 0 ? [] : [[object, cost] as const]));
  if (costs.length === 0) return plannedTogether(finding, pieces, speed);
  const part = ownPart(finding);
  const byStatement = new Map(
    costs.map(([statement, { before, after, isSure }]) => {
      const share = within((1 - after / before) * part * aboveLeast(statement, speed));
      return [statement, { low: isSure ? share : 0, high: share }];
    }),
  );
  const unsure = costs.filter(([, { isSure }]) => !isSure).length;
  const doubt = unsure === 0 ? "" : `; ${unsure === costs.length ? "nothing" : `nothing of ${unsure} of them`} at least, without the values that are asked for`;
  const together = part < 1 ? `, ${round(part * 100)} % of what several new indexes save at once` : "";
  const high = Math.max(...[...byStatement.values()].map((one) => one.high));
  return { low: 0, high, basis: `each statement's time × (1 − planner cost after / before)${together}${doubt}`, byStatement };
}

/** Of what several new indexes save only together, this one's part. */
function ownPart(finding: Finding): number {
  const plan = finding.evidence.find(
    ({ kind, costBefore, costAfter }) => kind === "planned" && typeof costBefore === "number" && typeof costAfter === "number",
  );
  const [before, after, own] = [plan?.["costBefore"], plan?.["costAfter"], ownSaving(finding)];
  return own === null || typeof before !== "number" || typeof after !== "number" || before <= after ? 1 : within(own / (before - after));
}

/** What every call takes at least stays, whatever the plan. */
function aboveLeast(statement: string, speed: Speed | undefined): number {
  return speed === undefined || speed.least === 0 ? 1 : Math.max(0, 1 - speed.least / (speed.meanOf.get(statement) ?? Infinity));
}

function plannedTogether(finding: Finding, pieces: readonly Piece[], speed: Speed | undefined): Effect | null {
  const plan = finding.evidence.find(
    ({ kind, costBefore, costAfter }) => kind === "planned" && typeof costBefore === "number" && typeof costAfter === "number",
  );
  const [before, after] = [plan?.["costBefore"], plan?.["costAfter"]];
  if (typeof before !== "number" || typeof after !== "number" || before <= 0) return null;
  const own = ownSaving(finding);
  const above = shareAbove(pieces, speed);
  const share = above * ((own ?? before - after) / before);
  const time = above < 1 ? `statement time less the ${(speed?.least ?? 0).toPrecision(2)} ms a call of the quickest statement here` : "statement time";
  return effect(
    share,
    share,
    own === null
      ? `${time} × (1 − planner cost ${round(after)} / ${round(before)})`
      : `${time} × planner cost ${round(own)} of ${round(before)}, its part of what several new indexes save at once`,
  );
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
  if (finding.rule === "defeated-prefetch" && link === "recorded" && before !== undefined && before > 1)
    return effect(1, 1, `${round(before)} → 0 statements: the rows are prefetched today`);
  if (link !== "recorded" || before === undefined || before <= 1)
    return link === "line" ? effect((1 - BATCH_SHARE) / 2, 1, "half of the repeated statements at least; how many rows a request has is not known") : null;
  const gone = (before - Math.min(after, before)) / before;
  return effect(
    gone * (1 - BATCH_SHARE),
    gone,
    `${round(before)} → ${round(after)} statements; one for all rows takes up to ${BATCH_SHARE * 100} % of their time`,
  );
}

/** Statements that are not sent at all once the change is made. */
const WHOLE: ReadonlySet<string> = new Set(["unused-eager-load", ...FIRST_GOES]);
/** One of two equal ones stays. */
const HALF: ReadonlySet<string> = new Set(["duplicate-query", "evaluated-twice"]);

/** Two statements that differ are not one sent twice: other callers of the line send one of them. */
function repeated({ rule }: Finding, { link, pieces }: Pick<Touched, "link" | "pieces">): Effect | null {
  if (link !== "line") return null;
  if (WHOLE.has(rule)) return effect(1, 1, "the statement is not sent any more");
  if (new Set(pieces.map(({ statement }) => statement)).size > 1) return null;
  return HALF.has(rule) ? effect(0.5, 0.5, "one of two equal statements stays") : null;
}

/** The same rows are read; fewer columns of them, or none, are sent. */
const SENT_LESS: ReadonlySet<string> = new Set([
  "defer-wide-column",
  "len-for-count",
  "python-side-aggregate",
  "python-side-filter",
  "unused-columns",
  "values-instead-of-instances",
]);

function sentLess({ rule }: Finding, pieces: readonly Piece[], sending: PieceInput["sending"] = new Map()): Effect | null {
  if (!SENT_LESS.has(rule)) return null;
  const parts = pieces.flatMap(({ statement }) => {
    const share = sending.get(statement);
    return share === undefined ? [] : [[statement, within(share)] as const];
  });
  if (parts.length === 0) return null;
  const high = Math.max(...parts.map(([, share]) => share));
  const byStatement = new Map(parts.map(([statement, share]) => [statement, { low: 0, high: share }]));
  return { low: 0, high, basis: `at most what logged runs of its statements spend on sending their rows: ${round(high * 100)} %`, byStatement };
}

/** Of each statement with logged plans, the largest part that sending took. */
export function sendingShares(plans: readonly Plan[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const { statement, sendingMs, executionMs } of plans) {
    if (statement == null || sendingMs === null || executionMs === null || executionMs <= 0) continue;
    shares.set(statement, Math.max(shares.get(statement) ?? 0, sendingMs / executionMs));
  }
  return shares;
}

const within = (share: number): number => Math.min(1, Math.max(0, share));

function effect(low: number, high: number, basis: string): Effect {
  return { low: within(low), high: within(high), basis };
}

const round = (value: number): string => String(Number(value.toPrecision(3)));
