/** What bounds a server: sessions that are active at once, by what they wait for, against its cores. */
import type { Database, Server, WaitSamples } from "../../model/index.ts";
import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { KnownMachine } from "../../rules/scaling/machine.ts";

export type WaitClass = "CPU" | "reading" | "writing WAL" | "other I/O" | "locks" | "lightweight locks" | "client" | "other";

export interface WaitShare {
  readonly wait: WaitClass;
  /** Average active sessions. */
  readonly sessions: number;
  readonly share: number;
}

export type Bound = "CPU" | "I/O" | "WAL" | "locks" | "connections" | "client" | "nothing" | "unknown";

export interface BoundVerdict {
  readonly bound: Bound;
  readonly shares: readonly WaitShare[];
  /** The figures that the verdict rests on, as a sentence. */
  readonly said: string;
}

/** Average active sessions on the CPU, of the cores: above it there is a queue (this project's notes on operations). */
const FULL_CPU = 0.8;
/** Of active sessions, reading: above it the disk is the matter (the same notes). */
const MUCH_READING = 0.3;
/** Of active sessions. Ours. */
const MUCH_WAITING = 0.25;
/** Fewer active sessions than this part of a core: nobody waits for the server. Ours. */
const IDLE = 0.3;
/** Ten samples tell a trend, a minute's sixty a share. Ours. */
export const LEAST_SAMPLES = 30;

export function boundOf(waits: WaitSamples | null, { cores, coresSaid }: KnownMachine): BoundVerdict {
  if (waits === null) return { bound: "unknown", shares: [], said: "" };
  if (waits.hidden > 0)
    return { bound: "unknown", shares: [], said: `in ${waits.hidden} of ${waits.samples} samples the sessions of others were hidden from the role` };
  const shares = sharesOf(waits);
  const active = shares.reduce((sum, { sessions }) => sum + sessions, 0);
  const of = (wait: WaitClass): number => shares.find((one) => one.wait === wait)?.sessions ?? 0;
  const said = `${formatNumber(round(active))} sessions active on average${cores === null ? "; its cores are not known" : ` on ${formatNumber(cores)} cores (${coresSaid})`}, ${waits.samples} samples`;
  if (waits.samples < LEAST_SAMPLES) return { bound: "unknown", shares, said: `${said}: ${LEAST_SAMPLES} are the least that carry a verdict` };
  return { bound: verdictOf(of, active, cores), shares, said };
}

function verdictOf(of: (wait: WaitClass) => number, active: number, cores: number | null): Bound {
  const share = (wait: WaitClass): number => (active === 0 ? 0 : of(wait) / active);
  if (active < IDLE) return "nothing";
  if (share("locks") >= MUCH_WAITING) return "locks";
  if (share("lightweight locks") >= MUCH_WAITING) return "connections";
  if (share("writing WAL") >= MUCH_WAITING) return "WAL";
  if (share("reading") >= MUCH_READING) return "I/O";
  if (share("client") >= MUCH_WAITING) return "client";
  if (cores === null) return of("CPU") / active > 0.5 && of("CPU") >= 1 ? "unknown" : "nothing";
  return of("CPU") / cores >= FULL_CPU ? "CPU" : "nothing";
}

function sharesOf({ waits, samples }: WaitSamples): readonly WaitShare[] {
  const sums = new Map<WaitClass, number>();
  for (const { type, event, count } of waits) {
    const wait = classOf(type, event);
    sums.set(wait, (sums.get(wait) ?? 0) + count);
  }
  const total = [...sums.values()].reduce((sum, one) => sum + one, 0);
  return [...sums].map(([wait, count]) => ({ wait, sessions: count / samples, share: count / total })).toSorted((a, b) => b.sessions - a.sessions);
}

/** Events of `pg_stat_activity`. Sleeping is nobody's load. */
function classOf(type: string, event: string): WaitClass {
  if (type === "CPU") return "CPU";
  if (/^WAL/i.test(event) || event === "SyncRep") return "writing WAL";
  if (type === "IO") return /Read|Prefetch/.test(event) ? "reading" : "other I/O";
  if (type === "Lock") return "locks";
  if (type === "LWLock" || type === "BufferPin" || type === "Buffer") return "lightweight locks";
  return type === "Client" ? "client" : "other";
}

const round = (value: number): number => Number(value.toPrecision(2));

/** What helps, in this order; the first of each is never hardware. */
export const REMEDIES: Readonly<Record<Exclude<Bound, "unknown" | "nothing">, string>> = {
  CPU: "the statements with most time first, then a cache, then replicas for reads, then cores",
  "I/O": "indexes and bloat first, then memory for shared_buffers, then faster storage",
  WAL: "fewer and larger transactions first, then max_wal_size and wal_compression, then a faster disk for pg_wal; replicas replay the same WAL and take nothing off",
  locks: "shorter transactions and other locks in the code; neither cores nor replicas shorten a wait for a lock",
  connections: "a pooler in front and fewer partitions and indexes touched by each statement; more cores make such waits longer",
  client: "the application holds the server up: shorter transactions and smaller rows",
};

export function sharesWords(shares: readonly WaitShare[]): string {
  return shares.map(({ wait, share }) => `${wait} ${formatPercent(share)}`).join(", ");
}

/** Where statements' time goes by their own counters; `rest` is CPU, and waits that no counter has. */
export interface TimeSplit {
  readonly totalMs: number;
  /** Null without track_io_timing. */
  readonly readMs: number | null;
  readonly writeMs: number | null;
  readonly jitMs: number;
  readonly planMs: number | null;
}

export function splitOf({ statements }: Server): TimeSplit | null {
  const totalMs = statements.reduce((sum, one) => sum + one.totalMs, 0);
  if (totalMs <= 0) return null;
  const known = (figure: (one: Server["statements"][number]) => number | null): number | null => {
    const values = statements.flatMap((one) => figure(one) ?? []);
    return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0);
  };
  return {
    totalMs,
    readMs: known(({ readMs }) => readMs),
    writeMs: known(({ writeMs }) => (writeMs === 0 ? null : writeMs)),
    jitMs: known(({ jitMs }) => jitMs) ?? 0,
    planMs: known(({ planMs }) => planMs),
  };
}

/** Sessions at work at once, by the counters of 14 and later: of the interval where there is one. */
export function concurrencyOf({
  server: { counters, later },
}: Database): { readonly active: number; readonly inTransaction: number; readonly seconds: number } | null {
  const [from, to] = later === null ? [null, counters] : [counters, later];
  const end = to.database;
  const start = from?.database ?? null;
  const since = from?.at ?? to.since;
  if (end === null || end.activeMs === null || end.idleInTransactionMs === null || since === null) return null;
  const ms = Date.parse(to.at) - Date.parse(since);
  if (ms <= 0 || (start !== null && (start.activeMs ?? 0) > end.activeMs)) return null;
  const delta = (now: number, before: number | null | undefined): number => (now - (before ?? 0)) / ms;
  return { active: delta(end.activeMs, start?.activeMs), inTransaction: delta(end.idleInTransactionMs, start?.idleInTransactionMs), seconds: ms / 1000 };
}
