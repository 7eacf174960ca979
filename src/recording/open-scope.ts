import type { CauseKind, ScopeKind } from "../model/recording.ts";
import { SpreadCounter } from "./spread.ts";
import { isBlamable } from "./user-code.ts";
import { addOccurrence, into, type SampleEvent, scopeKey, type ScopeTally, type Tallies } from "./tallies.ts";

/** Statements of a scope that are kept for a sample; the rest is counted. */
const MOST_EVENTS = 600;
const MOST_SAMPLES = 5;
/** A scope that never ends, such as a worker's process, is added up whenever it holds this much. */
const MOST_GROUPS = 50_000;
const MOST_PARAMETERS = 5_000;

/** Lazy loads of one path from the rows of one fetch, from one stack. */
export interface RowGroup {
  readonly cause: CauseKind;
  readonly owner: number;
  readonly field: number;
  readonly model: number;
  readonly path: number;
  readonly fetchStack: number;
  readonly fetchRows: number;
  readonly access: number;
  readonly sql: number;
  count: number;
  time: number;
  /** The parent instance of the first, and whether any other was seen. */
  readonly first: string;
  isMany: boolean;
}

interface LoopGroup {
  readonly sql: number;
  readonly stack: number;
  readonly cause: CauseKind | null;
  count: number;
  time: number;
}

export interface StatementSeen {
  readonly at: number;
  readonly duration: number;
  readonly sql: number;
  readonly stack: number;
  readonly rows: number;
  /** Null where the recorder kept no parameters. */
  readonly parameters: string | null;
  readonly cause: CauseKind | null;
  /** Tells the group of lazy loads; 0 for an explicit statement. */
  readonly group: number;
  /** The same for lazy loads of one path and stack, whatever fetch their rows came from. */
  readonly family: string;
}

/** A scope that has begun and not ended. */
export class OpenScope {
  readonly isSetup: boolean;
  readonly inTest: boolean;
  /** The command that runs the tests: what it sends is theirs. */
  runsTests = false;
  private statements = 0;
  private time = 0;
  private errors = 0;
  private readonly places = new Map<number, number>();
  private readonly rowGroups = new Map<number, RowGroup>();
  private readonly loops = new Map<number, LoopGroup>();
  private readonly repeated = new Map<string, { readonly sql: number; readonly stack: number; count: number; time: number }>();
  private events: SampleEvent[] = [];
  private more = 0;
  /** What waits for the scope's label: a request tells its route at its end alone. */
  private readonly waiting: ((label: string) => void)[] = [];
  private label: string | null = null;

  readonly kind: ScopeKind;
  readonly name: string;
  readonly began: number;
  readonly parent: OpenScope | null;

  constructor(kind: ScopeKind, name: string, began: number, parent: OpenScope | null) {
    this.kind = kind;
    this.name = name;
    this.began = began;
    this.parent = parent;
    // A request that a fixture makes runs the project's code all the same.
    this.isSetup = kind === "setup" || (parent?.isSetup === true && kind !== "request" && kind !== "task");
    this.inTest = parent !== null && (parent.kind === "test" || parent.kind === "setup" || parent.inTest);
    // `setUp` runs within its test, which is no runner of tests for that.
    if (kind === "test" || (kind === "setup" && parent?.kind !== "test")) for (let outer = parent; outer !== null; outer = outer.parent) outer.runsTests = true;
  }

  /** `place` is the frame that answers for it, -1 where there is none. */
  add(seen: StatementSeen, place: number): void {
    this.statements += 1;
    this.time += seen.duration;
    this.places.set(place, (this.places.get(place) ?? 0) + 1);
    const loopKey = seen.stack * 4_194_304 + seen.sql;
    if (seen.group === 0) this.addLoop(loopKey, seen);
    if (seen.parameters !== null) this.addParameters(seen);
    if (this.events.length >= MOST_EVENTS) {
      this.more += 1;
      return;
    }
    const { at, duration, sql, stack, rows, group, family } = seen;
    this.events.push({ at: at - this.began, duration, sql, stack, rows, group: group === 0 ? `l${loopKey}` : `${family}:${stack}` });
  }

  private addLoop(key: number, { sql, stack, cause, duration }: StatementSeen): void {
    const group = into(this.loops, key, () => ({ sql, stack, cause, count: 0, time: 0 }));
    group.count += 1;
    group.time += duration;
  }

  private addParameters({ sql, stack, parameters, duration }: StatementSeen): void {
    const key = `${sql}\n${parameters}`;
    const known = this.repeated.get(key);
    if (known === undefined && this.repeated.size >= MOST_PARAMETERS) return;
    const one = known ?? into(this.repeated, key, () => ({ sql, stack, count: 0, time: 0 }));
    one.count += 1;
    one.time += duration;
  }

  addRowLoad(key: number, instance: string, duration: number, make: () => RowGroup): void {
    const group = into(this.rowGroups, key, make);
    group.count += 1;
    group.time += duration;
    if (group.first !== instance) group.isMany = true;
  }

  /** Hands over the label that the scope's figures stand under, once it is known. */
  whenNamed(use: (label: string) => void): void {
    if (this.label !== null || this.kind !== "request") use(this.label ?? this.name);
    else this.waiting.push(use);
  }

  failed(): void {
    this.errors += 1;
  }

  isFull(): boolean {
    return this.rowGroups.size > MOST_GROUPS;
  }

  /** Adds what repeated so far to the sums and forgets it. */
  flush(tallies: Tallies, label: string): void {
    for (const group of withoutFetches(this.rowGroups.values())) addRowGroup(tallies, group, this, label);
    this.rowGroups.clear();
    for (const group of this.loops.values()) {
      if (this.kind === "request") addRoute(tallies, group, label);
      if (group.count > 1) addLoopGroup(tallies, group, this, label);
    }
    this.loops.clear();
    for (const one of this.repeated.values()) if (one.count > 1) addDuplicate(tallies, one, label);
    this.repeated.clear();
  }

  /** Closes the scope: its figures go to those of its name, its counts to the scope around it. */
  close(
    tallies: Tallies,
    end: { readonly t: number; readonly label: string; readonly view: string | null; readonly failed: boolean; readonly counted: number },
  ): void {
    this.label = end.label;
    for (const use of this.waiting.splice(0)) use(end.label);
    this.statements += end.counted;
    if (end.failed) this.failed();
    const { parent } = this;
    if (parent !== null && !parent.runsTests && !this.isSetup) {
      parent.statements += this.statements;
      parent.time += this.time;
      for (const [place, count] of this.places) parent.places.set(place, (parent.places.get(place) ?? 0) + count);
    }
    if (this.isSetup) return;
    this.flush(tallies, end.label);
    if (this.runsTests) return;
    const tally = tallies.scope(this.kind, end.label);
    tally.view ??= end.view;
    tally.scopes += 1;
    tally.inTests += Number(this.inTest);
    tally.errors += this.errors;
    tally.statements.add(this.statements);
    tally.databaseTime.add(this.time);
    const duration = Math.max(0, end.t - this.began);
    tally.duration.add(duration);
    if (this.statements > tally.most) {
      tally.most = this.statements;
      tally.places = this.places;
    }
    if (this.kind !== "process") offer(tally, { duration, statements: this.events, more: this.more });
  }
}

const MOST_ROUTES = 8;

function addRoute({ statements }: Tallies, { sql, time }: LoopGroup, route: string): void {
  const routes = statements.get(sql)?.routes;
  if (routes === undefined || (routes.size >= MOST_ROUTES && !routes.has(route))) return;
  routes.set(route, (routes.get(route) ?? 0) + time);
}

/** Keeps a few scopes of each name, evenly over the recording, and the same ones each time that it is read. */
function offer(tally: ScopeTally, sample: ScopeTally["samples"][number]): void {
  tally.offered += 1;
  if (tally.samples.length < (tally.kind === "test" ? 1 : MOST_SAMPLES)) {
    tally.samples.push(sample);
    return;
  }
  if (tally.kind === "test") return;
  const place = ((tally.offered * 2_654_435_761) % 4_294_967_296) % tally.offered;
  if (place < MOST_SAMPLES) tally.samples[place] = sample;
}

/** A line that fetches several times in one scope is one cluster there: its groups are added up. */
function withoutFetches(groups: Iterable<RowGroup>): Iterable<RowGroup> {
  const merged = new Map<string, RowGroup>();
  for (const group of groups) {
    if (!group.isMany) continue;
    const key = clusterKey(group);
    const known = merged.get(key);
    const { count, time, fetchRows } = group;
    merged.set(key, known === undefined ? group : { ...known, count: known.count + count, time: known.time + time, fetchRows: known.fetchRows + fetchRows });
  }
  return merged.values();
}

function clusterKey({ cause, model, path, fetchStack, access }: RowGroup): string {
  return `${cause}|${model}|${path}|${fetchStack}|${access}`;
}

function addRowGroup(tallies: Tallies, group: RowGroup, scope: OpenScope, label: string): void {
  const { cause, owner, field, model, path, fetchStack: fetch, access, sql, count, time, fetchRows: rows } = group;
  const tally = into(tallies.rowClusters, clusterKey(group), () => ({ cause, owner, field, model, path, fetch, access, sql, occurrences: new Map() }));
  addOccurrence(tally.occurrences, { kind: scope.kind, label, inTest: scope.inTest, count, time, rows });
}

function addLoopGroup(tallies: Tallies, { sql, stack, cause, count, time }: LoopGroup, scope: OpenScope, label: string): void {
  const tally = into(tallies.loops, `${stack}|${sql}`, () => ({ sql, stack, cause, occurrences: new Map() }));
  addOccurrence(tally.occurrences, { kind: scope.kind, label, inTest: scope.inTest, count, time, rows: -1 });
}

function addDuplicate(tallies: Tallies, { sql, stack, count, time }: { sql: number; stack: number; count: number; time: number }, label: string): void {
  const tally = into(tallies.duplicates, `${stack}|${sql}`, () => ({ sql, stack, repeats: 0, time: 0, label }));
  tally.repeats += count - 1;
  tally.time += Math.round((time * (count - 1)) / count);
}

/** A transaction of one connection. */
export interface OpenTransaction {
  readonly began: number;
  readonly scope: OpenScope;
  statements: number;
  lastEnd: number;
  lastStack: number;
  idle: number;
  before: number;
  after: number;
}

export function closeTransaction(tallies: Tallies, open: OpenTransaction, t: number): void {
  const { scope } = open;
  if (scope.kind === "test" || scope.isSetup) return;
  noteIdle(open, t, 0);
  scope.whenNamed((label) => addTransaction(tallies, open, { label, held: Math.max(0, t - open.began) }));
}

function addTransaction(tallies: Tallies, open: OpenTransaction, { label, held }: { readonly label: string; readonly held: number }): void {
  const { scope } = open;
  const tally = into(tallies.transactions, scopeKey(scope.kind, label), () => ({
    kind: scope.kind,
    label,
    held: new SpreadCounter(),
    statements: new SpreadCounter(),
    idle: new SpreadCounter(),
    longest: 0,
    before: 0,
    after: 0,
  }));
  tally.held.add(held);
  tally.statements.add(open.statements);
  tally.idle.add(open.idle);
  if (open.idle <= tally.longest) return;
  tally.longest = open.idle;
  tally.before = open.before;
  tally.after = open.after;
}

/** The time since the last statement, when it is the longest so far. */
export function noteIdle(open: OpenTransaction, t: number, stack: number): void {
  const gap = t - open.lastEnd;
  if (gap <= open.idle) return;
  open.idle = gap;
  open.before = open.lastStack;
  open.after = stack;
}

/** Which frame answers for a stack's statements: the innermost that a finding may blame, else the innermost of the project. */
export function placeOf(tallies: Tallies, stack: number): number {
  const { symbols } = tallies;
  const frames = symbols.stackOf(stack);
  const frame = frames.find(isBlamable) ?? frames.find(({ owner }) => owner === "project");
  return frame === undefined ? -1 : symbols.frame(frame);
}
