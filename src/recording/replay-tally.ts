import type { Replay, ReplayKind, ReplayStatement } from "../model/replay.ts";
import type { ScopeKind } from "../model/recording.ts";
import type { Symbols } from "./symbols.ts";
import { blamedFrame } from "./user-code.ts";

/** What one process says of one statement; times are the process's own. */
export interface ReplayEvent {
  readonly at: number;
  readonly duration: number;
  readonly sql: number;
  readonly stack: number;
  readonly scope: number;
  readonly scopeKind: ScopeKind;
  readonly inTest: boolean;
  readonly connection: number;
  /** 0 autocommit, 1 in a transaction of the code's, 2 in one that ATOMIC_REQUESTS or a test opened. */
  readonly state: number;
  readonly rows: number;
  readonly key: number;
}

interface Track {
  readonly at: number[];
  readonly micros: number[];
  readonly keys: number[];
  readonly rows: number[];
  readonly kinds: ReplayKind[];
  readonly stacks: Map<number, number>;
  readonly labels: Map<string, number>;
}

interface OpenScope {
  readonly asked: Set<string>;
  readonly sent: Map<number, number>;
  hasWritten: boolean;
}

/** Events that are kept of a whole recording: 48 bytes each, so that the memory for them stays below 100 MB. Ours. */
const MOST_EVENTS = 2_000_000;
/** Questions of one scope that are remembered; a worker's scope never ends. */
const MOST_ASKED = 20_000;
const MOST_LABELS = 50;

const WRITES = /^\s*(?:insert|update|delete|truncate|copy|merge)\b|^\s*with\b[^]*\b(?:insert\s+into|update|delete\s+from)\b/i;
const READS = /^\s*(?:select|with|values)\b/i;

/** Keeps what ran in the order of time, up to a bound: the one part of a recording that grows with how often the code ran. */
export class ReplayTally {
  private readonly symbols: Symbols;
  private readonly texts = new Map<number, { readonly sql: string; readonly kind: "read" | "write" | "other"; readonly hasParameters: boolean }>();
  private readonly tracks = new Map<number, Track>();
  private readonly blamable = new Map<number, boolean>();
  private scopes = new Map<number, OpenScope>();
  private pending = new Map<number, ReplayEvent[]>();
  private epoch = 0;
  private hasKeys = false;
  private keyed = true;
  private events = 0;
  private cutAt: number | null = null;

  constructor(symbols: Symbols) {
    this.symbols = symbols;
  }

  /** Another process's file begins. */
  begin(epoch: number, isKeyed: boolean): void {
    this.epoch = epoch;
    this.hasKeys = isKeyed;
    this.keyed &&= isKeyed;
    this.scopes = new Map();
    this.pending = new Map();
  }

  /** `sql` as it was sent, under the number of its folded text. */
  text(id: number, sql: string): void {
    if (this.texts.has(id)) return;
    this.texts.set(id, { sql, kind: WRITES.test(sql) ? "write" : READS.test(sql) ? "read" : "other", hasParameters: sql.includes("%s") });
  }

  statement(event: ReplayEvent): void {
    const { kind = "other" } = this.texts.get(event.sql) ?? {};
    if (kind === "other") return;
    const scope = this.scopeOf(event.scope);
    if (kind === "read") this.read(event, scope);
    else this.write(event, scope);
  }

  private read(event: ReplayEvent, scope: OpenScope): void {
    const question = `${event.sql}|${event.key}`;
    const isKnown = this.hasKeys || this.texts.get(event.sql)?.hasParameters === false;
    const isAgain = isKnown && event.scope > 0 && scope.asked.has(question);
    if (scope.asked.size < MOST_ASKED) scope.asked.add(question);
    const isLocked = event.state === 1 || (event.state === 2 && scope.hasWritten);
    this.keep(event, scope, this.isTests(event) ? "test" : isLocked ? "locked" : isAgain ? "again" : "open");
  }

  /** Others see a change when it is committed. A test commits nothing: there it counts when it is made. */
  private write(event: ReplayEvent, scope: OpenScope): void {
    scope.hasWritten = true;
    if (event.state === 0 || event.inTest || event.scopeKind === "test") this.keep(event, scope, this.isTests(event) ? "test" : "write");
    else this.pending.set(event.connection, [...(this.pending.get(event.connection) ?? []), event]);
  }

  /** `commit` or `rollback` of a connection. */
  ends(connection: number, what: string, at: number): void {
    const pending = this.pending.get(connection) ?? [];
    this.pending.delete(connection);
    if (what !== "commit") return;
    for (const event of pending) this.keep({ ...event, at, duration: 0 }, this.scopeOf(event.scope), this.isTests(event) ? "test" : "write");
  }

  /** What is pending at the end of a file was never committed. */
  close(id: number, label: string): void {
    const scope = this.scopes.get(id);
    this.scopes.delete(id);
    if (scope === undefined) return;
    for (const [sql, count] of scope.sent) {
      const labels = this.tracks.get(sql)?.labels;
      if (labels !== undefined && (labels.has(label) || labels.size < MOST_LABELS)) labels.set(label, (labels.get(label) ?? 0) + count);
    }
  }

  private isTests({ scopeKind, stack }: ReplayEvent): boolean {
    return scopeKind === "setup" || (scopeKind === "test" && !this.isBlamable(stack));
  }

  private isBlamable(stack: number): boolean {
    const known = this.blamable.get(stack);
    if (known !== undefined) return known;
    const is = blamedFrame(this.symbols.stackOf(stack)) !== null;
    this.blamable.set(stack, is);
    return is;
  }

  private scopeOf(id: number): OpenScope {
    const known = this.scopes.get(id);
    if (known !== undefined) return known;
    const made = { asked: new Set<string>(), sent: new Map<number, number>(), hasWritten: false };
    this.scopes.set(id, made);
    return made;
  }

  private keep({ at, duration, sql, stack, rows, key }: ReplayEvent, scope: OpenScope, kind: ReplayKind): void {
    const time = this.epoch + at + (kind === "write" ? duration : 0);
    if (this.events >= MOST_EVENTS) {
      this.cutAt = Math.min(this.cutAt ?? time, time);
      return;
    }
    this.events += 1;
    const track = this.trackOf(sql);
    track.at.push(time);
    track.micros.push(duration);
    track.keys.push(key);
    track.rows.push(rows);
    track.kinds.push(kind);
    track.stacks.set(stack, (track.stacks.get(stack) ?? 0) + duration);
    scope.sent.set(sql, (scope.sent.get(sql) ?? 0) + 1);
  }

  private trackOf(sql: number): Track {
    const known = this.tracks.get(sql);
    if (known !== undefined) return known;
    const made: Track = { at: [], micros: [], keys: [], rows: [], kinds: [], stacks: new Map(), labels: new Map() };
    this.tracks.set(sql, made);
    return made;
  }

  result(): Replay {
    const statements = [...this.tracks].map(([sql, track]) => this.statementOf(sql, track));
    const first = Math.min(...statements.map(({ at }) => at[0] ?? Infinity));
    const start = Number.isFinite(first) ? first : 0;
    const last = statements.reduce((latest, { at }) => Math.max(latest, at.at(-1) ?? 0), start);
    const shifted = statements.map((one) => ({ ...one, at: one.at.map((time) => time - start) }));
    return { microseconds: last - start, isKeyed: this.keyed, cutAt: this.cutAt === null ? null : this.cutAt - start, statements: shifted };
  }

  private statementOf(sql: number, track: Track): ReplayStatement {
    const order = track.at.map((_, index) => index).toSorted((a, b) => (track.at[a] ?? 0) - (track.at[b] ?? 0));
    const sorted = <Value>(list: readonly Value[]): Value[] => order.flatMap((index) => list[index] ?? []);
    const [most = [0, 0]] = [...track.stacks].toSorted(([, a], [, b]) => b - a);
    const scopes = [...track.labels].map(([label, count]) => ({ label, count })).toSorted((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
    return {
      sql: this.texts.get(sql)?.sql ?? "",
      folded: this.symbols.textOf(sql),
      shape: null,
      stack: this.symbols.stackOf(most[0]),
      scopes,
      at: sorted(track.at),
      micros: sorted(track.micros),
      keys: sorted(track.keys),
      rows: sorted(track.rows),
      kinds: sorted(track.kinds),
    };
  }
}
