import type { Expr, Keyword } from "./ir.ts";
import type { Otherwise } from "./otherwise.ts";
import type { RelationKind } from "./project.ts";
import type { SentStatement } from "./recipe.ts";
import type { Span } from "./span.ts";

/**
 * What the data-flow engine found out about the source, as plain data. Rules read this and nothing else.
 */
export interface SourceFacts {
  readonly origins: readonly Origin[];
  readonly loads: readonly LazyLoad[];
  /** `file:start:relation` of reads that an eager load covers in some context. */
  readonly covered: ReadonlySet<string>;
  /** `orders>shop.Order.customer`: relations that a queryset somewhere loads eagerly, after the one before it on the path. */
  readonly loadedEagerly: ReadonlySet<string>;
  readonly runs: readonly QueryRun[];
  readonly writes: readonly Write[];
  readonly eagerLoads: readonly EagerLoad[];
  readonly discarded: readonly Discarded[];
  readonly validations: readonly Validation[];
  readonly rowPrefetches: readonly RowPrefetch[];
  /** Calls that wait for something outside the process, once for each way that leads there. */
  readonly outsideCalls?: readonly OutsideCallFact[];
  /** Every place that sends a statement, once for each recipe. */
  readonly sent?: readonly SentStatement[];
  /** Calls of Django's cache, once for each place, key and caller. */
  readonly cacheCalls?: readonly CacheCall[];
}

/** A call of one of Django's caches: `cache.set("top-houses", houses, None)`. */
export interface CacheCall {
  /** `get`, `set`, `add`, `get_or_set`, `delete`, `set_many`, `delete_pattern`, `clear`, …; asynchronous ones by the same names. */
  readonly how: string;
  /** Its text; null for each part that code puts in, `["book-", null]`. Null where nothing of it is known. */
  readonly key: readonly (string | null)[] | null;
  /** Seconds; `for ever` for None, `default` for the setting's, `unknown` for what is worked out. */
  readonly timeout: number | "for ever" | "default" | "unknown";
  /** The queryset that is stored as it is, not as rows. */
  readonly lazy: Origin | null;
  readonly span: Span;
  readonly symbol: string;
  /** Every call that led here since the analysis began, outermost first. */
  readonly trail: readonly Span[];
}

/** One method call of a queryset's chain, as written. */
export interface ChainCall {
  readonly name: string;
  readonly file: string;
  /** The call expression, receiver included. */
  readonly start: number;
  readonly end: number;
  /** Where `.name(…)` begins: the end of the receiver. */
  readonly dot: number;
  readonly args: readonly Expr[];
  readonly keywords: readonly Keyword[];
}

/** The place in the source where a queryset is born: the line that a fix changes. */
export interface Origin {
  readonly id: number;
  /** `manager`: written in code. `implicit`: a class attribute such as `model = Order` that a framework turns into a
   *  queryset. `related`: a related manager of one row. `parameter`: an annotated parameter. `instance`: one row. */
  readonly kind: "manager" | "implicit" | "related" | "parameter" | "instance" | "raw";
  /** Model label. */
  readonly model: string;
  /** The whole expression with its chain of calls; the class header for an implicit one. */
  readonly span: Span;
  /** Calls chained on it in the birth expression and later, in order of first sight. */
  readonly calls: readonly ChainCall[];
  /** Dotted name of the function or class that holds it. */
  readonly symbol: string;
  /** Its rows or itself went where the analysis could not follow. */
  readonly escapes: boolean;
  /** At least one run fetches instances in number (iteration, list). */
  readonly iterated: boolean;
  /** Own and related columns that were read, as lookup paths; complete only when it does not escape. */
  readonly columns: ReadonlySet<string>;
  /** Relations to one row whose row was asked for, not its key alone, as lookup paths. */
  readonly followed: ReadonlySet<string>;
  /** Rows were used as dictionaries or tuples. */
  readonly asValues: boolean;
  /** More than columns was asked of its rows: methods, properties, text, attributes that were set. */
  readonly asInstances: boolean;
  /** Some of its eager loads are computed from a serializer's fields, and taken to be what these read. */
  readonly computed?: boolean;
  /** A delete() fetches its rows, bare, for their receivers: no expression of the project is a queryset of them. */
  readonly collected?: boolean;
  /** Django fetches them for a form, as its field's choices or as the rows of its set: the class that shows it has another queryset. */
  readonly forForm?: "choices" | "set";
  /** The relation whose rows the form offers. */
  readonly offeredFor?: { readonly field: string; readonly isMany: boolean };
  /** Rows of a changelist that an admin's action is given: `span` is the action's header. */
  readonly forAction?: true;
  /** Paths to the rows that code copies, or of which it reads `__dict__`, where Django keeps what is prefetched; "" for its own. */
  readonly asDict?: ReadonlySet<string>;
  /** Paths of relations to one row that code sets on its rows. */
  readonly assigned?: ReadonlySet<string>;
  /** Paths of relations of which code sets the key on its rows. */
  readonly keysSet?: ReadonlySet<string>;
  /** Relations whose rows were read from the list that a `Prefetch(to_attr=…)` makes of them: the list's name. */
  readonly lists?: ReadonlyMap<string, string>;
  /** `union()` or the like put querysets together into one whose rows were fetched; one that is only asked for keys is a part of another's condition. */
  readonly combinedBy?: string;
  /** Paths to rows that come as the classes that they are of, with that class: what only it has, no lookup of the queryset's loads onto them. */
  readonly ofSubclasses?: ReadonlyMap<string, string>;
  /** The relation of one row whose manager it is; null for other kinds. */
  readonly relation: string | null;
}

/** Loop under which something happens. */
export interface LoopFact {
  readonly span: Span;
  /** What it runs over: rows of a queryset, a literal of known length or things of different classes, a `while` condition, or something unknown. */
  readonly over: "rows" | "literal" | "while" | "unknown";
  readonly origin: Origin | null;
  /** From the origin's model to the rows that it goes over; "" for its own. */
  readonly path?: string;
  /** Label of the model whose rows a delete() collects, and tells receivers of one by one. */
  readonly collects?: string;
}

/** A read of something that was not loaded with its row and costs a query of its own. */
export interface LazyLoad {
  readonly origin: Origin;
  /** From the origin's model to what is loaded, as Django writes it: `customer__address`, `lines`. */
  readonly path: string;
  readonly kind: RelationKind | "deferred";
  /** For managers: how they were read (`all`, `filter`, `count`, `groups` for a GROUP BY, …). */
  readonly method: string | null;
  /** Only some of the related rows were asked for, by `filter()` or the like. */
  readonly narrowed?: boolean;
  /** `unloaded`; `defeated`: prefetched, but read in a way that queries again; `deferred`: a column left out; `key`: a column left out
   *  that Django itself reads to match the rows of a relation; `changed`: rows that the code changed just before, which no eager load brings. */
  readonly reason: "unloaded" | "defeated" | "deferred" | "key" | "changed";
  readonly model: string;
  readonly target: string | null;
  readonly access: Span;
  /** Calls, includes and tags between the loop and the access. */
  readonly calls: readonly Span[];
  readonly loop: LoopFact | null;
  /** Once per row of an iteration; false for a single row. */
  readonly perRow: boolean;
  readonly isAsync: boolean;
  /** Every step is single-valued, so that a join can load it. */
  readonly joinable: boolean;
  /** Path to a prefetched relation on the way: rows with one target share it, and it pays once for all of them. */
  readonly shared: string | null;
  /** Why it is less than certain, empty when nothing speaks against it. */
  readonly doubts: readonly string[];
  /** Where only some rows ask for it, why. */
  readonly otherwise?: Otherwise;
  /** The row was refreshed before it, which throws away what its queryset loads. */
  readonly refreshed?: true;
  /** The method's own analysis without a known caller: other callers may load it eagerly. */
  readonly withoutCaller: boolean;
  /** Read by an `async for` or an asynchronous method, so that it does not block the event loop. */
  readonly awaited: boolean;
  /** The access is in a comparison with another row or its key alone is read (`author.id`, `author == x`). */
  readonly keyOnly: boolean;
  /** The related manager's expression, where that stands in another file than the access: what a tag hands to its template. */
  readonly written?: Span;
}

/** One execution (or use from the cache) of a queryset. */
export interface QueryRun {
  readonly origin: Origin;
  readonly model: string;
  /** Identity of the queryset object: runs of one object share its result cache. */
  readonly queryset: number;
  /** The object whose rows these are again: a copy by `all()` or a slice keeps what it was taken from. */
  readonly source: number;
  /** `iterate`, `list`, `len`, `bool`, `count`, `exists`, `first`, `last`, `get`, `index`, `slice`, `contains`,
   *  `aggregate`, `in_bulk`, `sorted`, `sum`, `text`, `log`, `in-filter`, `values`, … */
  readonly how: string;
  readonly span: Span;
  readonly loop: LoopFact | null;
  /** Does it depend on the innermost loop's rows? */
  readonly keyed: "keyed" | "invariant" | "unknown";
  /** The object's results were loaded already: no statement is sent. */
  readonly cached: boolean;
  readonly sliced: boolean;
  readonly narrowed: boolean;
  readonly ordered: "yes" | "no" | "unknown";
  /** Branch taken at each condition since the function began, `12:then/40:else`. */
  readonly branch: string;
  readonly order: number;
  readonly calls: readonly Span[];
  /** Every call that led here since the analysis began, outermost first. */
  readonly trail: readonly Span[];
  readonly symbol: string;
  readonly atImport: boolean;
  readonly isAsync: boolean;
  readonly inTemplate: boolean;
  /** Through a related manager of one row. */
  readonly related: boolean;
  /** A row that a query was seen to fetch has the relation, not one that a name alone tells. */
  readonly isOfFetchedRow?: boolean;
  /** The filter names one row. */
  readonly atMostOne?: true;
  /** An `await`, an `async for` or an asynchronous method runs it. */
  readonly awaited: boolean;
  /** Gives model instances, not dictionaries or tuples. */
  readonly givesRows: boolean;
  /** Why it is less than certain that this is a queryset that runs; empty when nothing speaks against it. */
  readonly doubts: readonly string[];
  /** Where only some rounds come to it, why. */
  readonly otherwise?: Otherwise;
  /** The queryset object itself was made inside the loop that runs it; otherwise all rounds share it and its rows. */
  readonly madeInLoop: boolean;
}

export interface Write {
  readonly how: string;
  readonly model: string | null;
  readonly relation: string | null;
  readonly span: Span;
  readonly loop: LoopFact | null;
  readonly keyed: "keyed" | "invariant" | "unknown";
  readonly branch: string;
  readonly calls: readonly Span[];
  readonly symbol: string;
  readonly isAsync: boolean;
  readonly awaited: boolean;
  /** A `save()` that inserts its row: the code has made it, and no query fetched it. */
  readonly isOfNewRow?: true;
}

/** What a call waits for: another service, a mail server, another program, a task's result, the clock. */
export type OutsideCallKind = "http" | "mail" | "cloud" | "process" | "task" | "sleep";

/** A call that waits for something outside the process. */
export interface OutsideCallFact {
  readonly kind: OutsideCallKind;
  /** As it is imported: `requests.post`, `time.sleep`. */
  readonly target: string;
  readonly span: Span;
  /** Every call that led here, outermost first; the first is the head of the function that the analysis began with. */
  readonly trail: readonly Span[];
  readonly symbol: string;
}

/** A queryset that was built and that nothing runs: dropped where it stands, or kept under a name nobody reads. */
export interface Discarded {
  readonly origin: Origin;
  readonly model: string;
  readonly span: Span;
  /** The variable that holds it; null when the expression is a statement of its own. */
  readonly name: string | null;
  readonly symbol: string;
}

/** A model's own validation, which asks the database for foreign keys and unique values. */
export interface Validation {
  readonly how: string;
  readonly model: string;
  readonly span: Span;
  readonly loop: LoopFact | null;
  readonly calls: readonly Span[];
  readonly symbol: string;
}

/** `prefetch_related_objects` on rows in memory. */
export interface RowPrefetch {
  readonly origin: Origin;
  readonly path: string;
  readonly span: Span;
  readonly loop: LoopFact | null;
  /** It was given the loop's own row, not all rows. */
  readonly perRow: boolean;
  readonly symbol: string;
}

/** A path of `select_related` or `prefetch_related` and whether anything read it. */
export interface EagerLoad {
  readonly origin: Origin;
  readonly method: "select_related" | "prefetch_related";
  readonly path: string;
  readonly span: Span;
  readonly used: boolean;
}
