import type { Catalog, Column, Constraint, Index, Server, Snapshot, Table, TableCounters, IndexCounters } from "./database.ts";
import type { IndexStudy } from "./index-study.ts";
import type { Plan } from "./plan.ts";
import type { Field, MetaEntry, Model } from "./project.ts";
import type { QueryShape } from "./shape.ts";
import type { RuleInput } from "./rule.ts";
import type { Span } from "./span.ts";

/** One statement of the workload, wherever it was seen. */
export interface Statement {
  /** `queryid` of pg_stat_statements, or a hash of the shape. */
  readonly id: string;
  readonly sql: string;
  /** Null where PostgreSQL's parser does not read it, or it is no query (SET, COMMIT, DDL). */
  readonly shape: QueryShape | null;
  readonly seenIn: readonly ("pg_stat_statements" | "log" | "recording")[];
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly deviationMs: number | null;
  readonly rows: number | null;
  readonly sharedHit: number | null;
  readonly sharedRead: number | null;
  readonly tempWritten: number | null;
  readonly walBytes: number | null;
  readonly plans: number | null;
  readonly planMs: number | null;
  readonly jitMs: number | null;
  readonly workersPlanned: number | null;
  readonly workersLaunched: number | null;
  /** Share of the time of all statements seen, 0 to 1. */
  readonly share: number;
  /** Parameters as they were sent, from logs and recordings with literals; a few of them. */
  readonly samples: readonly (readonly string[])[];
  /** Where in the source it is written, as far as its shape tells. */
  readonly written: StatementOrigin;
}

/** A line of PostgreSQL's log that says how long a statement took. */
export interface LoggedStatement {
  readonly sql: string;
  readonly ms: number;
  readonly parameters: readonly string[];
  readonly at: string | null;
  readonly database: string | null;
  readonly application: string | null;
  readonly source: { readonly file: string; readonly line: number };
}

/** A message of `log_lock_waits`: a process waits for a lock, or has it at last. */
export interface LoggedWait {
  readonly pid: number;
  readonly isOver: boolean;
  /** `ShareLock`, `AccessExclusiveLock`. */
  readonly mode: string;
  /** `transaction 815`, `relation 16390 of database 5`, `tuple (0,1) of relation 16390 of database 5`. */
  readonly on: string;
  /** Of the row that is waited for, as the message's context names it. */
  readonly relation: string | null;
  readonly holders: readonly number[];
  readonly ms: number;
  readonly sql: string | null;
  readonly at: string | null;
  readonly source: { readonly file: string; readonly line: number };
}

/** Waits for locks of one statement, and of what it waits for, added up over a log. */
export interface LockWaits {
  /** Key of the statement's shape; its text where that is not read. */
  readonly key: string;
  readonly sql: string;
  readonly mode: string;
  /** `row`: of a transaction that changed it. `relation`: of a whole table. `other`: advisory locks and the like. */
  readonly kind: "row" | "relation" | "other";
  /** Name of a table, or its OID where the log has no name. */
  readonly relation: string | null;
  readonly waits: number;
  readonly totalMs: number;
  readonly longestMs: number;
  /** Waits that no message ends: cancelled, or the log ends before them. */
  readonly open: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly source: { readonly file: string; readonly line: number };
}

/** All calls of one shape that logs tell of; its share of all time and its place in the source are found with the other statements. */
export interface LoggedSum extends Omit<Statement, "share" | "written"> {
  /** Times of the first and the last call, as the log has them; null where it has none. */
  readonly first: string | null;
  readonly last: string | null;
}

export interface StatementOrigin {
  /** `unique`: one line writes this shape. `one-of`: several do. `framework`: Django or a package sends it of itself. `unknown`: none was found. */
  readonly certainty: "unique" | "one-of" | "framework" | "unknown";
  readonly sites: readonly StatementSite[];
  /** With `one-of`: Django sends it of itself as well, for whoever reads the signed-in user first. */
  readonly isAlsoFramework?: true;
}

export interface StatementSite {
  readonly span: Span;
  /** Dotted name of the function or class. */
  readonly symbol: string;
  readonly model: string;
  /** `iterate`, `count`, `get`, `lazy load of customer`, `save`, … */
  readonly how: string;
  /** A recording saw it sent from here; with `how` "recorded", from this line alone, whose query was not made out. */
  readonly isRecorded?: true;
  /** `GET /orders/`: the requests in which the recording saw it most. */
  readonly route?: string;
  /** Where it is sent: the loop, the template's tag, the method that fetches. */
  readonly sent?: readonly Span[];
}

export interface Workload {
  readonly statements: readonly Statement[];
  /** Of all statements together. */
  readonly totalMs: number;
  /** Days that the figures cover; null when the start is not known. */
  readonly days: number | null;
  readonly plans: readonly Plan[];
  /** Longest in all first; absent where no log was named. */
  readonly lockWaits?: readonly LockWaits[];
}

/** How long the counters behind a verdict have been counting. */
export interface CounterAge {
  readonly since: string | null;
  readonly days: number | null;
}

/** Where in the project an index, a column or a constraint is declared. */
export interface Declaration {
  /** `meta-index`: an entry of Meta.indexes. `meta-constraint`. `field-index`: db_index. `field-unique`. `foreign-key`: the index that Django gives every one.
   *  `like`: the second index of a unique or indexed text. `unique-together`, `index-together`. `many-to-many`: of an automatic table. `primary-key`.
   *  `migration`: written as SQL or as an operation in a migration alone. `inherited`: on an abstract model. */
  readonly kind:
    | "meta-index"
    | "meta-constraint"
    | "field-index"
    | "field-unique"
    | "foreign-key"
    | "like"
    | "unique-together"
    | "index-together"
    | "many-to-many"
    | "primary-key"
    | "migration"
    | "field";
  readonly model: Model | null;
  readonly field: Field | null;
  /** The code that declares it: the entry of Meta.indexes, the field's call, the migration's operation. */
  readonly span: Span;
  /** For `meta-index` and `meta-constraint`: what is written there. */
  readonly entry?: MetaEntry;
  /** The migration's operation that made it, where one was found. */
  readonly migration?: { readonly app: string; readonly name: string; readonly span: Span };
}

/** A snapshot that was taken before, with its statements. */
export interface EarlierLook {
  readonly snapshot: Snapshot;
  readonly statements: readonly Statement[];
}

/** A snapshot with what can be looked up in it, and its join with the source. */
export interface Database {
  readonly snapshot: Snapshot;
  readonly catalog: Catalog;
  /** The server of the catalog. */
  readonly server: Server;
  readonly workload: Workload;
  /** Path of the snapshot's file relative to the project's root, for places without source. */
  readonly file: string;
  /** The project that uses it, for fixes that change its models; null or absent without. */
  readonly source?: RuleInput | null;
  /** An earlier look at the same database, where one was named. */
  readonly earlier?: EarlierLook;
  /** What planning the workload with and without indexes gave; absent where nobody planned. */
  readonly study?: IndexStudy;
  /** Why nobody could, as a clause. */
  readonly studyMissing?: string;
  /** Tables of the application: ordinary, partitioned and foreign ones, without those of extensions. */
  readonly tables: readonly Table[];
  table(oid: number): Table | null;
  /** `orders_order` or `sales.orders_order`. */
  tableNamed(name: string): Table | null;
  column(table: Table, name: string): Column | null;
  indexesOf(table: Table): readonly Index[];
  constraintsOf(table: Table): readonly Constraint[];
  /** Foreign keys of other tables, and its own, that refer to it. */
  referencesTo(table: Table): readonly Constraint[];
  /** Summed over all servers: scans on a replica count as scans. Writes are the primary's. */
  tableCounters(table: Table): TableCounters | null;
  indexCounters(index: Index): IndexCounters | null;
  /** Of the youngest counters among the servers. */
  readonly age: CounterAge;
  setting(name: string): string | null;
  /** As a number in the setting's base unit: bytes for memory, milliseconds for time. */
  settingNumber(name: string): number | null;
  /** Statements whose shape, subqueries included, reads or writes the table. */
  statementsOn(table: Table): readonly Statement[];
  modelOf(table: Table): Model | null;
  tableOf(model: Model): Table | null;
  fieldOf(table: Table, column: string): Field | null;
  /** Null for what the project does not declare as far as was read. */
  declarationOf(index: Index): Declaration | null;
  declarationOfColumn(table: Table, column: string): Declaration | null;
  declarationOfTable(table: Table): Span | null;
  declarationOfConstraint(constraint: Constraint): Declaration | null;
}
