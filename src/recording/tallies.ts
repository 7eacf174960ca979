/** The sums that a recording is read into. What is here is bounded by the size of the code that ran, not by how often. */
import type { CauseKind, ScopeKind } from "../model/recording.ts";
import { ReplayTally } from "./replay-tally.ts";
import { SpreadCounter } from "./spread.ts";
import { Symbols } from "./symbols.ts";

export interface ScopeTally {
  readonly kind: ScopeKind;
  readonly label: string;
  view: string | null;
  scopes: number;
  inTests: number;
  errors: number;
  readonly statements: SpreadCounter;
  readonly databaseTime: SpreadCounter;
  readonly duration: SpreadCounter;
  /** Of the scope that sent most. */
  places: ReadonlyMap<number, number>;
  most: number;
  readonly samples: Sample[];
  offered: number;
}

export interface Sample {
  readonly duration: number;
  readonly statements: readonly SampleEvent[];
  readonly more: number;
}

export interface SampleEvent {
  readonly at: number;
  readonly duration: number;
  readonly sql: number;
  readonly stack: number;
  readonly rows: number;
  readonly group: string;
}

export interface StatementTally {
  count: number;
  time: number;
  rows: number;
  slowest: number;
  readonly stacks: Map<number, number>;
  /** Microseconds by the route of the requests that it was sent in; a few routes, since a statement of many is nobody's. */
  readonly routes: Map<string, number>;
}

export interface OccurrenceTally {
  readonly kind: ScopeKind;
  label: string;
  readonly scopeKey: string;
  scopes: number;
  inTests: number;
  worst: number;
  time: number;
  readonly statements: SpreadCounter;
  readonly rows: SpreadCounter;
}

export interface RowTally {
  readonly cause: CauseKind;
  readonly model: number;
  readonly path: number;
  readonly owner: number;
  readonly field: number;
  readonly fetch: number;
  readonly access: number;
  readonly sql: number;
  readonly occurrences: Map<string, OccurrenceTally>;
}

export interface LoopTally {
  readonly sql: number;
  readonly stack: number;
  readonly cause: CauseKind | null;
  readonly occurrences: Map<string, OccurrenceTally>;
}

export interface DuplicateTally {
  readonly sql: number;
  readonly stack: number;
  repeats: number;
  time: number;
  label: string;
}

export interface UseTally {
  readonly model: number;
  readonly fetch: number;
  readonly prefetch: string | null;
  fetches: number;
  rows: number;
  sql: number;
  /** Instances by model and field, numbers of texts. */
  readonly fields: Map<string, number>;
  /** Of a prefetch: whose rows it is handed out with, and the field there that hands it out. */
  readonly parents: Map<UseTally, string>;
}

export interface TransactionTally {
  readonly kind: ScopeKind;
  readonly label: string;
  readonly held: SpreadCounter;
  readonly statements: SpreadCounter;
  readonly idle: SpreadCounter;
  longest: number;
  before: number;
  after: number;
}

export interface CallTally {
  readonly kind: string;
  readonly target: string;
  readonly stack: number;
  calls: number;
  time: number;
  slowest: number;
  readonly labels: Set<string>;
}

export interface ConnectionTally {
  readonly alias: string;
  vendor: string;
  opened: number;
  reused: number;
  closed: number;
  peak: number;
  server: string | null;
}

export class Tallies {
  readonly symbols = new Symbols();
  readonly replay = new ReplayTally(this.symbols);
  readonly scopes = new Map<string, ScopeTally>();
  readonly statements = new Map<number, StatementTally>();
  readonly stacks = new Map<number, { count: number; time: number }>();
  readonly rowClusters = new Map<string, RowTally>();
  readonly loops = new Map<string, LoopTally>();
  readonly duplicates = new Map<string, DuplicateTally>();
  readonly uses = new Map<string, UseTally>();
  readonly transactions = new Map<string, TransactionTally>();
  readonly calls = new Map<string, CallTally>();
  readonly connections = new Map<string, ConnectionTally>();
  readonly dropped = new Map<string, number>();
  count = 0;
  time = 0;
  setupCount = 0;
  lines = 0;
  broken = 0;
  unknown = 0;

  scope(kind: ScopeKind, label: string): ScopeTally {
    const key = scopeKey(kind, label);
    return into(this.scopes, key, () => ({
      kind,
      label,
      view: null,
      scopes: 0,
      inTests: 0,
      errors: 0,
      statements: new SpreadCounter(),
      databaseTime: new SpreadCounter(),
      duration: new SpreadCounter(),
      places: new Map(),
      most: -1,
      samples: [],
      offered: 0,
    }));
  }
}

export function scopeKey(kind: ScopeKind, label: string): string {
  return `${kind}\n${label}`;
}

/** The value of a key, made when it is not there. */
export function into<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** One scope in which something repeated. Tests are one line together, named by the one that repeated it most. */
export function addOccurrence(
  occurrences: Map<string, OccurrenceTally>,
  seen: { readonly kind: ScopeKind; readonly label: string; readonly inTest: boolean; readonly count: number; readonly time: number; readonly rows: number },
): void {
  const { kind, label, count } = seen;
  const tally = into(occurrences, kind === "test" ? kind : scopeKey(kind, label), () => ({
    kind,
    label,
    scopeKey: scopeKey(kind, label),
    scopes: 0,
    inTests: 0,
    worst: 0,
    time: 0,
    statements: new SpreadCounter(),
    rows: new SpreadCounter(),
  }));
  tally.scopes += 1;
  tally.inTests += Number(seen.inTest);
  tally.time += seen.time;
  tally.statements.add(count);
  if (seen.rows >= 0) tally.rows.add(seen.rows);
  if (count <= tally.worst) return;
  tally.worst = count;
  tally.label = label;
}
