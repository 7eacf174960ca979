/** Reads that a cache would answer, from the recording played again and from the server's counters. */
import { formatCount, formatPercent } from "../../model/numbers.ts";
import type { Database, EvidenceInput, QueryRecipe, QueryShape, RuleInput, Span, Statement, Unjudged } from "../../model/index.ts";
import type { Recording, Stack } from "../../model/recording.ts";
import type { Replay, ReplayStatement } from "../../model/replay.ts";
import { moduleOf, pathTo } from "../../python/syntax-tree.ts";
import { shapeKey } from "../../sql/compare-shapes.ts";
import { NEEDS_STATEMENTS, statementDays } from "../database/evidence.ts";
import { isApplication } from "../database/statement-kind.ts";
import { costOf } from "./costs.ts";
import { breakEven, hitRateRemoved, staleShare, type CacheCost } from "./formulas.ts";
import { recordedSite } from "./recorded-site.ts";
import { refusal } from "./refusals.ts";
import { hitShare, simulate, staleShareOf, type Reads } from "./simulate.ts";
import { tableNames } from "./tables.ts";

export interface Candidate {
  readonly sql: string;
  readonly shape: QueryShape;
  readonly tables: readonly string[];
  readonly site: CandidateSite | null;
  readonly from: "recording" | "snapshot";
  /** Seconds that the figures cover. */
  readonly seconds: number;
  readonly reads: number;
  /** The same question again in one request; not among the reads. */
  readonly again: number;
  /** Reads that had to go to the database; not among the reads. */
  readonly locked: number;
  /** Different parameters; 1 for a statement without any. */
  readonly keys: number;
  readonly meanMs: number;
  readonly databaseMs: number;
  /** Of all statements' time, 0 to 1. */
  readonly share: number;
  readonly changes: number;
  readonly curve: readonly CurvePoint[];
  /** Seconds that a value is to live. */
  readonly ttl: number;
  /** With removal on change; `stale` is what would be stale without. */
  readonly hits: number;
  readonly stale: number;
  readonly oldest: number;
  readonly savedMs: number;
  readonly breakEven: number;
  /** Hit rate by the closed form for the same traffic if it were even. */
  readonly formula: number;
  /** Requests, tasks and commands that send it. */
  readonly scopes: readonly string[];
  /** The same statement in the counters of production. */
  readonly production: Statement | null;
  /** What was played; null for figures of counters. */
  readonly played: PlayedTraffic | null;
}

export interface PlayedTraffic {
  readonly reads: Reads;
  readonly changes: readonly Change[];
}

/** A change of one of the tables, at the second of its commit. */
export interface Change {
  readonly at: number;
  readonly table: string;
  readonly stack: Stack;
}

export interface CandidateSite {
  /** Where the queryset is written. */
  readonly origin: Span;
  readonly sent: Span;
  readonly symbol: string;
  readonly model: string;
  readonly recipe: QueryRecipe | null;
}

export interface CurvePoint {
  readonly seconds: number;
  readonly hits: number;
  readonly stale: number;
}

export interface Refused {
  readonly sql: string;
  readonly tables: readonly string[];
  readonly symbol: string | null;
  readonly reads: number;
  readonly databaseMs: number;
  readonly why: string;
}

export interface CandidateSearch {
  readonly candidates: readonly Candidate[];
  readonly refused: readonly Refused[];
  readonly unjudged: readonly Unjudged[];
  readonly examined: string;
}

/** Reads for each change of a table that it comes from. operations.md of this project: 20 to 1. */
const READS_PER_CHANGE = 20;
/** Reads below which a rate says nothing. Ours. */
const LEAST_READS = 20;
/** Of all statements' time. Ours: a cache is work for ever, and has to save more than this. */
const LEAST_SHARE = 0.01;
/** Lives that are tried, in seconds. */
const LIVES = [1, 2, 5, 15, 60, 300, 900, 3600];
/** A longer life that brings less than a twentieth more is not worth its staleness. Ours. */
const ENOUGH = 0.95;
/** Of a recording's scopes; above it, what was recorded are tests. Ours. */
const MOST_TESTS = 0.5;
const MICROSECONDS = 1_000_000;
const DAY = 86_400;

const known = new WeakMap<EvidenceInput, CandidateSearch>();

/** Best first: by the database time that is saved. */
export function findCandidates(input: EvidenceInput): CandidateSearch {
  const before = known.get(input);
  if (before !== undefined) return before;
  const found = search(input);
  known.set(input, found);
  return found;
}

function search(input: EvidenceInput): CandidateSearch {
  const { recording, database } = input;
  const traffic = recording?.replay === undefined || recordingFault(recording) !== null ? null : recording.replay;
  const played = traffic === null || recording === null ? [] : fromReplay(input, recording, traffic);
  const counted = database === null ? [] : fromCounters(input, database, new Set(played.map(({ key }) => key)));
  const all = [...played, ...counted];
  return {
    candidates: all.flatMap(({ result }) => ("why" in result ? [] : [result])).toSorted((a, b) => savedShare(b) - savedShare(a)),
    refused: all.flatMap(({ result }) => ("why" in result ? [result] : [])).toSorted((a, b) => b.databaseMs - a.databaseMs),
    unjudged: unjudgedOf(input),
    examined: [
      traffic === null ? "" : `${played.length} recorded SELECTs`,
      database === null ? "" : `${database.workload.statements.length} statements of the server`,
    ]
      .filter((one) => one !== "")
      .join(", "),
  };
}

/** Of all time of its source, so that figures of a recording and of the server's counters stand in one list. */
export const savedShare = ({ share, savedMs, databaseMs }: Candidate): number => (databaseMs === 0 ? 0 : share * (savedMs / databaseMs));

function unjudgedOf({ recording, database }: EvidenceInput): Unjudged[] {
  const fault = recording === null ? null : recordingFault(recording);
  if (recording === null && database === null) return [{ object: "", why: "needs a recording of traffic, or a snapshot with pg_stat_statements" }];
  const missing = database !== null && database.workload.statements.length === 0 ? [{ object: "", why: NEEDS_STATEMENTS }] : [];
  const isOld = fault === null && recording?.replay?.isKeyed === false;
  return [...(fault === null ? [] : [{ object: "", why: fault }]), ...(isOld ? [{ object: "", why: OLD_RECORDING }] : []), ...missing];
}

/** Why a recording does not say how often production asks. */
function recordingFault({ replay, scopes }: Recording): string | null {
  if (replay === undefined) return null;
  const all = scopes.reduce((sum, one) => sum + one.scopes, 0);
  const tests = scopes.reduce((sum, one) => sum + (one.kind === "test" || one.kind === "setup" ? one.scopes : one.inTests), 0);
  if (all > 0 && tests / all > MOST_TESTS) return "needs recorded traffic: this recording is of tests, whose rates are no traffic's";
  return null;
}

/** Statements without parameters ask the same each time, whatever the recorder knew of parameters. */
const OLD_RECORDING = "needs a recording of this version: in this one, equal parameters cannot be told";

type Found = { readonly key: string; readonly result: Candidate | Refused };

// ---------------------------------------------------------------------------------------------- recording

function fromReplay(input: EvidenceInput, recording: Recording, replay: Replay): Found[] {
  const changes = changesByTable(replay);
  const totalMs = recording.microseconds / 1000;
  const perRow = new Map<string, number>();
  for (const { sql, occurrences } of [...recording.rowClusters, ...recording.loopClusters])
    perRow.set(sql, (perRow.get(sql) ?? 0) + occurrences.reduce((all, { statements }) => all + statements.sum, 0));
  return replay.statements.flatMap((statement) => {
    const { shape } = statement;
    if (shape === null || shape.kind !== "select" || shape.base === null) return [];
    return [{ key: shapeKey(shape, { constants: "erased" }), result: playedResult(input, statement, shape, { replay, changes, totalMs, perRow }) }];
  });
}

interface Played {
  readonly replay: Replay;
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  readonly totalMs: number;
  /** How often each statement was sent in loops. */
  readonly perRow: ReadonlyMap<string, number>;
}

/** Changes of a table's rows, in the order of time. */
function changesByTable({ statements }: Replay): ReadonlyMap<string, readonly Change[]> {
  const found = new Map<string, Change[]>();
  for (const { shape, at, kinds, stack } of statements) {
    if (shape === null || shape.kind === "select" || shape.base === null) continue;
    const table = shape.base.name;
    const changes = at.flatMap((time, index) => (kinds[index] === "write" ? [{ at: time / MICROSECONDS, table, stack }] : []));
    found.set(table, [...(found.get(table) ?? []), ...changes]);
  }
  return found;
}

/** Of a statement's reads: from here on it is the loop that is to be mended. A session is read in a loop somewhere too. Ours. */
const IN_LOOPS = 0.5;

function playedResult(input: EvidenceInput, statement: ReplayStatement, shape: QueryShape, played: Played): Candidate | Refused {
  const { source, database, thresholds } = input;
  const reads = openReads(statement);
  const count = (kind: string): number => statement.kinds.filter((one) => one === kind).length;
  const databaseMs = sum(reads.ms);
  const meanMs = reads.at.length === 0 ? 0 : databaseMs / reads.at.length;
  const rows = statement.rows.filter((one) => one >= 0);
  const site = source === null ? null : siteOf(source, shape, statement);
  const tables = tableNames(shape);
  const refuse = (why: string): Refused => ({ sql: statement.sql, tables, symbol: site?.symbol ?? null, reads: reads.at.length, databaseMs, why });
  const [again, locked] = [count("again"), count("locked")];
  if (reads.at.length < (thresholds["cache-candidate.calls"] ?? LEAST_READS)) {
    return refuse(
      locked > reads.at.length
        ? "it is read within transactions, where the database has to be asked"
        : again > reads.at.length
          ? "it repeats within a request: there the code is to be mended"
          : `${formatCount(reads.at.length, "read")} ${reads.at.length === 1 ? "says" : "say"} no rate`,
    );
  }
  const share = played.totalMs === 0 ? 0 : databaseMs / played.totalMs;
  if (share < (thresholds["cache-candidate.share"] ?? LEAST_SHARE)) return refuse("less than a hundredth of the database's time");
  if ((played.perRow.get(statement.folded) ?? 0) >= reads.at.length * IN_LOOPS) return refuse("it is asked once a row, which is to be mended first");
  if (!played.replay.isKeyed && statement.sql.includes("%s")) return refuse(OLD_RECORDING);
  const production = database === null ? null : inProduction(database, shape);
  // A recording's time has the way to the server and back in it, which a cache has as well: what the server itself counts is saved, and no more.
  const answerMs = Math.min(meanMs, production?.meanMs ?? meanMs);
  const why = refusal({ shape, meanMs: answerMs, rowsPerCall: rows.length === 0 ? null : sum(rows) / rows.length }, source, database, thresholds);
  if (why !== null) return refuse(why);
  const changed = tables.flatMap((name) => played.changes.get(name) ?? []).toSorted((a, b) => a.at - b.at);
  const changes = changed.map(({ at }) => at);
  if (reads.at.length < changes.length * (thresholds["cache-candidate"] ?? READS_PER_CHANGE))
    return refuse(`${changes.length} changes for ${reads.at.length} reads`);
  const seconds = played.replay.microseconds / MICROSECONDS;
  const outcome = best(reads, changes, seconds);
  const keys = new Set(reads.keys).size;
  const candidate: Candidate = {
    sql: statement.sql,
    shape,
    tables,
    site,
    from: "recording",
    seconds,
    reads: reads.at.length,
    again,
    locked,
    keys,
    meanMs,
    databaseMs,
    share,
    changes: changes.length,
    ...outcome,
    breakEven: breakEven(costOf(thresholds), answerMs, changes.length / reads.at.length),
    formula: formulaFor(reads, changes.length, seconds, outcome.ttl),
    scopes: statement.scopes.map(({ label }) => label),
    production,
    played: { reads, changes: changed },
  };
  return candidate.hits > candidate.breakEven ? candidate : refuse(evenWords(candidate));
}

function openReads({ at, micros, keys, kinds }: ReplayStatement): Reads {
  const open = at.flatMap((_, index) => (kinds[index] === "open" ? [index] : []));
  return {
    at: open.map((index) => (at[index] ?? 0) / MICROSECONDS),
    keys: open.map((index) => keys[index] ?? 0),
    ms: open.map((index) => (micros[index] ?? 0) / 1000),
  };
}

type Outcome = Pick<Candidate, "curve" | "ttl" | "hits" | "stale" | "oldest" | "savedMs">;

/** The shortest life that brings nearly as much as the best one. */
function best(reads: Reads, changes: readonly number[], seconds: number): Outcome {
  const lives = LIVES.filter((life, index) => index === 0 || life <= seconds);
  const tried = lives.map((life) => ({
    life,
    removed: simulate(reads, changes, { seconds: life, removals: changes }),
    left: simulate(reads, changes, { seconds: life, removals: [] }),
  }));
  const most = Math.max(...tried.map(({ removed }) => removed.savedMs));
  const chosen = tried.find(({ removed }) => removed.savedMs >= most * ENOUGH) ?? tried[0];
  const curve = tried.map(({ life, removed, left }) => ({ seconds: life, hits: hitShare(removed), stale: staleShareOf(left) }));
  if (chosen === undefined) return { curve, ttl: 1, hits: 0, stale: 0, oldest: 0, savedMs: 0 };
  const { life, removed, left } = chosen;
  return { curve, ttl: life, hits: hitShare(removed), stale: left.stale, oldest: left.oldest, savedMs: removed.savedMs };
}

/** Each key has its own rate; all are removed by every change. */
function formulaFor({ keys }: Reads, changes: number, seconds: number, ttl: number): number {
  const counts = new Map<number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  if (seconds === 0 || keys.length === 0) return 0;
  return sum([...counts.values()].map((count) => count * hitRateRemoved(count / seconds, changes / seconds, ttl))) / keys.length;
}

function siteOf(source: RuleInput, shape: QueryShape, { stack }: ReplayStatement): CandidateSite | null {
  const sent = recordedSite(source, shape, stack);
  if (sent === null) return null;
  const { what, origin, span, symbol } = sent;
  return {
    origin,
    sent: span,
    symbol: holderOf(source, origin) ?? symbol,
    model: what.kind === "query" ? what.recipe.model : what.model,
    recipe: what.kind === "query" ? what.recipe : null,
  };
}

/** The function that writes the queryset; what sends it is often a template. */
function holderOf(source: RuleInput, origin: Span): string | null {
  const names = pathTo(source.program, origin).flatMap((node) => (node.kind === "function" || node.kind === "class" ? [node.name] : []));
  const module = moduleOf(source.program, origin.file);
  return module === null || names.length === 0 ? null : [module.name, ...names].join(".");
}

function inProduction({ workload }: Database, shape: QueryShape): Statement | null {
  const key = shapeKey(shape, { constants: "erased" });
  return workload.statements.find((one) => one.shape !== null && shapeKey(one.shape, { constants: "erased" }) === key) ?? null;
}

// ---------------------------------------------------------------------------------------------- counters

function fromCounters(input: EvidenceInput, database: Database, played: ReadonlySet<string>): Found[] {
  return database.workload.statements.flatMap((statement) => {
    const { shape } = statement;
    if (shape === null || shape.kind !== "select" || shape.base === null || !isApplication(statement)) return [];
    const key = shapeKey(shape, { constants: "erased" });
    return played.has(key) ? [] : [{ key, result: countedResult(input, database, statement, shape) }];
  });
}

function countedResult(input: EvidenceInput, database: Database, statement: Statement, shape: QueryShape): Candidate | Refused {
  const { source, thresholds } = input;
  const { sql, calls, meanMs, totalMs, share, rows, written } = statement;
  const tables = tableNames(shape);
  const [only, ...others] = written.sites;
  const site = written.certainty === "unique" || written.certainty === "one-of" ? (only ?? null) : null;
  const refuse = (why: string): Refused => ({ sql, tables, symbol: site?.symbol ?? null, reads: calls, databaseMs: totalMs, why });
  if (calls < (thresholds["cache-candidate.calls"] ?? LEAST_READS)) return refuse(`${formatCount(calls, "call")} ${calls === 1 ? "says" : "say"} no rate`);
  if (share < (thresholds["cache-candidate.share"] ?? LEAST_SHARE)) return refuse("less than a hundredth of the database's time");
  if (site?.how.startsWith("lazy load") === true) return refuse("it is asked once a row, which is to be mended first");
  const why = refusal({ shape, meanMs, rowsPerCall: rows === null || calls === 0 ? null : rows / calls }, source, database, thresholds);
  if (why !== null) return refuse(why);
  const changes = changesIn(database, tables);
  if (changes === null) return refuse("needs the counters of its tables");
  const days = { statement: statementDays(database) ?? 1, tables: database.age.days ?? statementDays(database) ?? 1 };
  const perSecond = { reads: calls / (days.statement * DAY), changes: changes / (days.tables * DAY) };
  if (perSecond.reads < perSecond.changes * (thresholds["cache-candidate"] ?? READS_PER_CHANGE)) return refuse(`${changes} changes for ${calls} reads`);
  if (!isOneQuestion(shape)) return refuse("needs a recording: how often the same parameters come again is in no counter");
  const cost = costOf(thresholds);
  const curve = LIVES.map((life) => ({
    seconds: life,
    hits: hitRateRemoved(perSecond.reads, perSecond.changes, life),
    stale: staleShare(perSecond.changes, life),
  }));
  const most = Math.max(...curve.map(({ hits }) => hits));
  const chosen = curve.find(({ hits }) => hits >= most * ENOUGH) ?? { seconds: 1, hits: 0, stale: 0 };
  const candidate: Candidate = {
    sql,
    shape,
    tables,
    site:
      site === null || others.length > 0
        ? null
        : { origin: site.span, sent: site.sent?.[0] ?? site.span, symbol: site.symbol, model: site.model, recipe: recipeAt(source, site.span) },
    from: "snapshot",
    seconds: days.statement * DAY,
    reads: calls,
    again: 0,
    locked: 0,
    keys: 1,
    meanMs,
    databaseMs: totalMs,
    share,
    changes,
    curve,
    ttl: chosen.seconds,
    hits: chosen.hits,
    stale: Math.round(calls * chosen.hits * chosen.stale),
    oldest: chosen.seconds,
    savedMs: totalMs * chosen.hits,
    breakEven: breakEven(cost, meanMs, perSecond.changes / perSecond.reads),
    formula: chosen.hits,
    scopes: [],
    production: statement,
    played: null,
  };
  return candidate.hits > candidate.breakEven ? candidate : refuse(evenWords(candidate));
}

/** It asks the same each time: nothing in its conditions is a parameter. */
function isOneQuestion({ predicates, limit, offset, subqueries }: QueryShape): boolean {
  const isFixed = predicates.every(({ right }) => right === null || (right.kind === "value" && right.value.kind === "constant") || right.kind === "column");
  return isFixed && limit !== "parameter" && offset !== "parameter" && subqueries.every(({ shape }) => isOneQuestion(shape));
}

function changesIn(database: Database, tables: readonly string[]): number | null {
  let changes = 0;
  for (const name of tables) {
    const table = database.tableNamed(name);
    const counters = table === null ? null : database.tableCounters(table);
    if (counters === null) return null;
    changes += counters.inserted + counters.updated + counters.deleted;
  }
  return changes;
}

function recipeAt(source: RuleInput | null, origin: Span): QueryRecipe | null {
  const found = (source?.facts.sent ?? []).find((one) => one.what.kind === "query" && one.origin.file === origin.file && one.origin.start === origin.start);
  return found?.what.kind === "query" ? found.what.recipe : null;
}

const evenWords = ({ hits, breakEven: least }: Candidate): string =>
  least >= 1
    ? "the cache's answer costs as much as the database's"
    : `a hit rate of ${formatPercent(hits)} is below the ${formatPercent(least)} from which on it saves time`;

export const costWords = ({ get, set, remove }: CacheCost): string => `get ${get} ms, set ${set} ms, remove ${remove} ms`;

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
