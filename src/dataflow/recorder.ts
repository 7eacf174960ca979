/** Collects what the engine sees, once per place, and hands it over as facts. */
import type {
  CacheCall,
  ChainCall,
  Discarded,
  EagerLoad,
  Expr,
  LazyLoad,
  LoopFact,
  Model,
  OutsideCallFact,
  Origin,
  QueryRun,
  RowPrefetch,
  SentStatement,
  SentWhat,
  SourceFacts,
  Span,
  Validation,
  Write,
} from "../model/index.ts";
import { rarity } from "../model/otherwise.ts";
import type { Loop } from "./frame.ts";
import type { EagerUse } from "./load-tree.ts";
import { argsKey } from "./recipes.ts";

/** An origin while the analysis runs. */
export interface LiveOrigin {
  readonly id: number;
  /** An implicit one becomes `manager` where its class's own `get_queryset` chains on it. */
  kind: Origin["kind"];
  readonly model: Model;
  span: Span;
  readonly calls: ChainCall[];
  readonly symbol: string;
  escapes: boolean;
  iterated: boolean;
  asValues: boolean;
  /** More than columns was asked of its rows. */
  asInstances: boolean;
  /** Some of its eager loads were computed from a class. */
  computed?: boolean;
  /** A delete() fetches its rows. */
  readonly collected?: boolean;
  /** Django fetches them for a form. */
  readonly forForm?: NonNullable<Origin["forForm"]>;
  readonly offeredFor?: NonNullable<Origin["offeredFor"]>;
  /** The rows of a changelist that an action is given. */
  readonly forAction?: true;
  /** Paths to the rows that were copied or of which `__dict__` was read, "" for its own. */
  asDict?: Set<string>;
  /** Paths of relations to one row that code has set. */
  assigned?: Set<string>;
  /** Paths of relations of which code has set the key. */
  keysSet?: Set<string>;
  /** Relations that were read from the list that a prefetch makes, and that list's name. */
  lists?: Map<string, string>;
  combinedBy?: string;
  /** Paths to what rows of a class below have that come as the classes that they are of, with that class. */
  ofSubclasses?: Map<string, string>;
  readonly columns: Set<string>;
  readonly followed: Set<string>;
  /** Columns of its rows that code has set, of those that the model keeps a copy of. */
  columnsSet?: Set<string>;
  /** The class whose attribute it is, for implicit origins. */
  readonly owner: string | null;
  /** The relation of one row whose manager it is. */
  readonly relation: string | null;
}

/** What an origin begins with; nothing was chained on it or read of it yet, where it does not say so. */
type NewOrigin = Pick<LiveOrigin, "kind" | "model" | "span" | "symbol" | "escapes"> & Partial<Omit<LiveOrigin, "id">>;

interface LiveEagerLoad extends EagerUse {
  readonly origin: LiveOrigin;
  readonly method: EagerLoad["method"];
  readonly path: string;
  readonly span: Span;
}

type Loaded = Omit<LazyLoad, "origin" | "loop"> & { readonly origin: LiveOrigin; readonly loop: Loop | null };
type Ran = Omit<QueryRun, "origin" | "loop"> & { readonly origin: LiveOrigin; readonly loop: Loop | null };
type Dropped = Omit<Discarded, "origin"> & { readonly origin: LiveOrigin };
type Validated = Omit<Validation, "loop"> & { readonly loop: Loop | null };
type PrefetchedRow = Omit<RowPrefetch, "origin" | "loop"> & { readonly origin: LiveOrigin; readonly loop: Loop | null };
type Cached = Omit<CacheCall, "lazy"> & { readonly lazy: LiveOrigin | null };
type Wrote = Omit<Write, "loop"> & { readonly loop: Loop | null };

export type CapturedEvent =
  | { readonly kind: "run"; readonly fact: Omit<Ran, "order"> }
  | { readonly kind: "write"; readonly fact: Wrote }
  | { readonly kind: "cache"; readonly fact: Cached }
  | { readonly kind: "schema"; readonly loop: Loop | null };

/** A function with more statements of its own than this is a batch job, not a helper. */
const MAX_REPLAYED = 24;

/** Load trees are shared by all analyses of a process, and tell eager loads and the origins of rows apart by their numbers. */
let lastUse = 0;
let lastOrigin = 0;

/** Executions kept of one place; rules look at the first that prove their point. */
const MAX_RUNS_PER_SITE = 60;

/** Statements kept of one place: a helper that runs more different ones belongs to its callers. */
const MAX_SENT_PER_SITE = 200;
/** A package's function sends a handful of statements; one that sends more is a framework's loop over everything. */
const MAX_RESENT = 60;

export class Recorder {
  readonly origins = new Map<string, LiveOrigin>();
  readonly loads = new Map<string, Loaded>();
  readonly covered = new Set<string>();
  readonly loadedEagerly = new Set<string>();
  private readonly keyReads = new Set<string>();
  readonly runs = new Map<string, Ran>();
  readonly writes = new Map<string, Wrote>();
  readonly discarded = new Map<string, Dropped>();
  readonly validations = new Map<string, Validated>();
  readonly rowPrefetches = new Map<string, PrefetchedRow>();
  readonly eager = new Map<string, LiveEagerLoad>();
  readonly sent = new Map<string, SentStatement>();
  readonly cacheCalls = new Map<string, Cached>();
  private readonly runsBySite = new Map<string, number>();
  private readonly sentBySite = new Map<string, number>();
  private readonly cachedBySite = new Map<string, number>();
  private readonly loopsSeen = new Map<string, Set<Loop["over"]>>();
  private readonly overSchemas = new Set<string>();
  private order = 0;
  private readonly captures: CapturedEvent[][] = [];
  private readonly outside = new Map<string, OutsideCallFact>();
  private readonly outsideBySite = new Map<string, number>();
  private readonly outsideCaptures: OutsideCallFact[][] = [];
  private readonly sentCaptures: { readonly depth: number; readonly sent: Set<SentStatement> }[] = [];

  /** Runs `work` and returns the runs and writes it recorded, so that a summary can be replayed under another loop. */
  capture(work: () => void): readonly CapturedEvent[] {
    const events: CapturedEvent[] = [];
    this.captures.push(events);
    work();
    this.captures.pop();
    for (const event of events) this.note(event);
    return events;
  }

  /** Runs `work`, which happens once: what it records is not for the summaries of those who asked for it. */
  apart<T>(work: () => T): T {
    this.captures.push([]);
    const result = work();
    this.captures.pop();
    return result;
  }

  /** Runs `work` and returns the statements it sent that belong to a place at `depth` or farther out. */
  captureSent(depth: number, work: () => void): readonly SentStatement[] {
    const sent = new Set<SentStatement>();
    this.sentCaptures.push({ depth, sent });
    work();
    this.sentCaptures.pop();
    return [...sent].slice(0, MAX_RESENT);
  }

  /** Runs `work` and returns the calls out of the process that it made. */
  captureOutside(work: () => void): readonly OutsideCallFact[] {
    const calls: OutsideCallFact[] = [];
    this.outsideCaptures.push(calls);
    work();
    this.outsideCaptures.pop();
    for (const call of calls) this.noteOutside(call);
    return calls;
  }

  outsideCall(call: OutsideCallFact): void {
    this.noteOutside(call);
    const site = `${call.span.file}:${call.span.start}`;
    const key = `${site}:${call.trail.map(({ file, start }) => `${file}:${start}`).join(">")}`;
    if (this.outside.has(key)) return;
    const seen = (this.outsideBySite.get(site) ?? 0) + 1;
    this.outsideBySite.set(site, seen);
    if (seen <= MAX_RUNS_PER_SITE) this.outside.set(key, call);
  }

  private noteOutside(call: OutsideCallFact): void {
    const calls = this.outsideCaptures.at(-1);
    if (calls !== undefined && calls.length < MAX_REPLAYED) calls.push(call);
  }

  /** `depth`: of the frame of the place. */
  send(statement: SentStatement, depth: number): void {
    for (const capture of this.sentCaptures) if (depth <= capture.depth) capture.sent.add(statement);
    const { what, span, origin } = statement;
    const key = `${span.file}:${span.start}:${span.end}:${origin.file}:${origin.start}:${whatKey(what)}`;
    if (this.sent.has(key)) return;
    const place = `${span.file}:${span.start}`;
    const seen = (this.sentBySite.get(place) ?? 0) + 1;
    this.sentBySite.set(place, seen);
    if (seen <= MAX_SENT_PER_SITE) this.sent.set(key, statement);
  }

  private note(event: CapturedEvent): void {
    const events = this.captures.at(-1);
    if (events !== undefined && events.length < MAX_REPLAYED) events.push(event);
  }

  origin(key: string, make: () => NewOrigin): LiveOrigin {
    const existing = this.origins.get(key);
    if (existing !== undefined) return existing;
    const unused = {
      calls: [],
      iterated: false,
      asValues: false,
      asInstances: false,
      columns: new Set<string>(),
      followed: new Set<string>(),
      owner: null,
      relation: null,
    };
    const made: LiveOrigin = { id: ++lastOrigin, ...unused, ...make() };
    this.origins.set(key, made);
    return made;
  }

  chain(origin: LiveOrigin, call: ChainCall): void {
    const same = (one: ChainCall): boolean => one.file === call.file && one.start === call.start && one.end === call.end;
    if (!origin.calls.some(same)) origin.calls.push(call);
  }

  eagerLoad(origin: LiveOrigin, method: EagerLoad["method"], path: string, span: Span): EagerUse {
    const key = `${origin.id}:${method}:${path}:${span.file}:${span.start}`;
    const existing = this.eager.get(key);
    if (existing !== undefined) return existing;
    const made: LiveEagerLoad = { id: ++lastUse, used: false, origin, method, path, span };
    this.eager.set(key, made);
    return made;
  }

  load(load: Loaded): void {
    const key = keyOfLoad(load);
    if (this.isDeeperRecursion(load)) return;
    const existing = this.loads.get(key);
    const isSurer = rarity(load.otherwise) < rarity(existing?.otherwise) || (load.doubts.length === 0 && (existing?.doubts.length ?? 0) > 0);
    if (existing !== undefined && existing.withoutCaller <= load.withoutCaller && !isSurer) return;
    this.loads.set(key, load);
  }

  /** A recursion along a relation reads it at one place with ever longer paths: the first one says it. */
  private isDeeperRecursion(load: Loaded): boolean {
    const steps = load.path.split("__");
    const last = steps.at(-1);
    if (last === undefined || steps.at(-2) !== last) return false;
    for (let length = 1; length < steps.length; length += 1) {
      const shorter = { ...load, path: steps.slice(0, length).join("__") };
      if (this.loads.has(keyOfLoad(shorter))) return true;
    }
    return false;
  }

  /** A relation read that an eager load had covered. */
  cover(access: Span, relation: string): void {
    this.covered.add(`${access.file}:${access.start}:${relation}`);
  }

  /** The key alone was read of what is written there: `author` of `book.author.id`. */
  keyRead(span: Span): void {
    this.keyReads.add(`${span.file}:${span.start}:${span.end}`);
  }

  run(run: Omit<Ran, "order">): void {
    this.note({ kind: "run", fact: run });
    const key = `${run.origin.id}:${run.queryset}:${run.span.file}:${run.span.start}:${run.how}:${run.loop?.span.start ?? -1}`;
    const known = this.runs.get(key);
    const isSurer = known?.otherwise === "settings" && run.otherwise !== "settings";
    if ((known !== undefined && !isSurer) || !this.isNews(run)) return;
    this.runs.set(key, { ...run, order: this.order++ });
  }

  /** A place that runs for many querysets says no more after the first few dozen. */
  private isNews({ span, how, cached }: Omit<Ran, "order">): boolean {
    const site = `${span.file}:${span.start}:${how}:${cached}`;
    const seen = (this.runsBySite.get(site) ?? 0) + 1;
    this.runsBySite.set(site, seen);
    return seen <= MAX_RUNS_PER_SITE;
  }

  write(write: Wrote): void {
    this.note({ kind: "write", fact: write });
    const made = write.isOfNewRow === true ? "new" : "";
    const key = `${write.span.file}:${write.span.start}:${write.how}:${write.loop === null ? "" : write.loop.span.start}:${made}`;
    if (!this.writes.has(key)) this.writes.set(key, write);
  }

  discard(dropped: Dropped): void {
    this.discarded.set(`${dropped.span.file}:${dropped.span.start}`, dropped);
  }

  validation(fact: Validated): void {
    const key = `${fact.span.file}:${fact.span.start}:${fact.loop?.span.start ?? -1}`;
    if (!this.validations.has(key)) this.validations.set(key, fact);
  }

  rowPrefetch(fact: PrefetchedRow): void {
    this.rowPrefetches.set(`${fact.span.file}:${fact.span.start}:${fact.perRow}`, fact);
  }

  /** Once for each key and caller. */
  cacheCall(call: Cached): void {
    this.note({ kind: "cache", fact: call });
    const place = `${call.span.file}:${call.span.start}`;
    const caller = call.trail.at(-1);
    const key = `${place}:${call.how}:${JSON.stringify(call.key)}:${call.lazy?.id ?? ""}:${caller?.file}:${caller?.start}`;
    const seen = this.cachedBySite.get(place) ?? 0;
    if (this.cacheCalls.has(key) || seen >= MAX_RUNS_PER_SITE) return;
    this.cachedBySite.set(place, seen + 1);
    this.cacheCalls.set(key, call);
  }

  /** The connection goes to another schema: no statement answers for two rounds of a loop that has it do so. */
  changeSchema(loop: Loop | null): void {
    this.note({ kind: "schema", loop });
    if (loop !== null) this.overSchemas.add(`${loop.span.file}:${loop.span.start}`);
  }

  private isOverSchemas(loop: Loop | null): boolean {
    return loop !== null && this.overSchemas.has(`${loop.span.file}:${loop.span.start}`);
  }

  loopSeen(span: Span, over: Loop["over"]): void {
    const key = `${span.file}:${span.start}`;
    const seen = this.loopsSeen.get(key);
    if (seen === undefined) this.loopsSeen.set(key, new Set([over]));
    else seen.add(over);
  }

  /** A loop over a parameter, for which all callers that were found wrote a list of known length. */
  private isShort({ span, over }: Loop): boolean {
    const seen = this.loopsSeen.get(`${span.file}:${span.start}`);
    return over === "unknown" && seen?.has("literal") === true && !seen.has("rows");
  }

  private isKeyRead({ file, start, end }: Span): boolean {
    return this.keyReads.has(`${file}:${start}:${end}`);
  }

  /** Statements so far, those of guessed parameters among them. */
  sentStatements(): readonly SentStatement[] {
    return [...this.sent.values()];
  }

  facts(): SourceFacts {
    const origins = new Map([...this.origins.values()].map((live) => [live.id, frozenOrigin(live)]));
    const of = (live: LiveOrigin): Origin => origins.get(live.id) ?? frozenOrigin(live);
    const loopOf = (loop: Loop | null): LoopFact | null =>
      loop === null
        ? null
        : {
            span: loop.span,
            over: this.isShort(loop) ? "literal" : loop.over,
            origin: loop.origin === null ? null : of(loop.origin),
            ...(loop.path === undefined ? {} : { path: loop.path }),
            ...(loop.collects === undefined ? {} : { collects: loop.collects }),
          };
    const roundsOf = (loop: Loop | null): LoopFact | null => (this.isOverSchemas(loop) ? null : loopOf(loop));
    // Rows of a round can be joined with others of its schema alone.
    const loads = [...this.loads.values()].filter(({ joinable, origin, loop }) => joinable || origin === loop?.origin || !this.isOverSchemas(loop));
    const runs = [...this.runs.values()].map((run) => ({ ...run, origin: of(run.origin), loop: roundsOf(run.loop) }));
    return {
      origins: [...origins.values()],
      loads: loads.map((load) => ({ ...load, keyOnly: this.isKeyRead(load.access), origin: of(load.origin), loop: loopOf(load.loop) })),
      covered: new Set(this.covered),
      loadedEagerly: new Set(this.loadedEagerly),
      runs,
      writes: [...this.writes.values()].map((write) => ({ ...write, loop: roundsOf(write.loop) })),
      eagerLoads: [...this.eager.values()].map((one) => ({
        origin: of(one.origin),
        method: one.method,
        path: one.path,
        span: one.span,
        used: one.used,
      })),
      sent: this.sentStatements(),
      outsideCalls: [...this.outside.values()],
      cacheCalls: [...this.cacheCalls.values()].map((call) => ({ ...call, lazy: call.lazy === null ? null : of(call.lazy) })),
      discarded: [...this.discarded.values()].map((one) => ({ ...one, origin: of(one.origin) })),
      validations: [...this.validations.values()].map((one) => ({ ...one, loop: roundsOf(one.loop) })),
      rowPrefetches: [...this.rowPrefetches.values()].map((one) => ({ ...one, origin: of(one.origin), loop: roundsOf(one.loop) })),
    };
  }
}

function frozenOrigin(live: LiveOrigin): Origin {
  return {
    id: live.id,
    kind: live.kind,
    model: live.model.label,
    span: live.span,
    calls: [...live.calls],
    symbol: live.symbol,
    escapes: live.escapes,
    iterated: live.iterated,
    columns: new Set(live.columns),
    followed: new Set(live.followed),
    asValues: live.asValues,
    asInstances: live.asInstances,
    relation: live.relation,
    ...(live.computed === true ? { computed: true } : {}),
    ...(live.collected === true ? { collected: true } : {}),
    ...(live.forForm === undefined ? {} : { forForm: live.forForm }),
    ...(live.offeredFor === undefined ? {} : { offeredFor: live.offeredFor }),
    ...(live.forAction === true ? { forAction: true } : {}),
    ...(live.asDict === undefined ? {} : { asDict: new Set(live.asDict) }),
    ...(live.assigned === undefined ? {} : { assigned: new Set(live.assigned) }),
    ...(live.keysSet === undefined ? {} : { keysSet: new Set(live.keysSet) }),
    ...(live.combinedBy === undefined ? {} : { combinedBy: live.combinedBy }),
    ...(live.ofSubclasses === undefined ? {} : { ofSubclasses: new Map(live.ofSubclasses) }),
    ...(live.lists === undefined ? {} : { lists: new Map(live.lists) }),
  };
}

function whatKey(what: SentWhat): string {
  switch (what.kind) {
    case "query":
      return `${what.how}:${what.recipe.id}:${argsKey(what.args)}`;
    case "relation":
    case "column":
      return `${what.kind}:${what.model}.${what.field}`;
    case "row":
      return `${what.how}:${what.model}:${what.isNew}:${argsKey(what.args)}`;
    case "related":
      return `${what.how}:${what.model}.${what.field}:${argsKey(what.args)}`;
    case "sql":
      return `sql:${JSON.stringify(what.parts)}`;
    case "permissions":
      return "permissions";
    case "session":
      return `session:${what.how}`;
    case "signed in":
      return `signed in:${what.model}`;
    case "prefetch":
      return `prefetch:${what.model}:${argsKey(what.args)}`;
  }
}

function keyOfLoad(load: Loaded): string {
  return `${load.origin.id}:${load.path}:${load.access.file}:${load.access.start}:${load.reason}:${load.perRow}:${load.isAsync}`;
}

/** The text span of an expression in a file. */
export function spanOf(file: string, at: Pick<Expr, "start" | "end">): Span {
  return { file, start: at.start, end: at.end };
}
