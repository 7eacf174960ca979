/** A line of the project that a statement came through, by its number before any fix. */
export interface FrameLine {
  readonly file: string;
  readonly line: number;
}

/** What a lazy load read: the relation or column, and the class of the row that it was read of. */
export interface ReadField {
  readonly model: string;
  readonly field: string;
}

/** Statements of one text that one piece of code issued in one scope. */
export interface StatementGroup {
  readonly sql: string;
  readonly frames: readonly FrameLine[];
  readonly read: ReadField | null;
  readonly count: number;
  readonly milliseconds: number;
  readonly rows: number;
}

/** Querysets of one model that one piece of code evaluated in one scope. */
export interface FetchGroup {
  readonly model: string;
  readonly frames: readonly FrameLine[];
  readonly count: number;
  readonly rows: number;
}

/** What a test, a request, a task or a command did, all its runs together. */
export interface ScopeFigures {
  /** `test shop.tests.OrdersTest.test_list`, `request orders/`: the same before and after. */
  readonly key: string;
  /** `test`, `request`, `task`, `command`, `setup` or `process`. */
  readonly kind: string;
  /** How often it ran. */
  readonly runs: number;
  /** Of a test: `passed`, `failed`; null for what has none. */
  readonly outcome: string | null;
  /** How long it ran on the clock. */
  readonly milliseconds: number;
  readonly groups: ReadonlyMap<string, StatementGroup>;
  readonly fetches: ReadonlyMap<string, FetchGroup>;
  /** Each answer to a request in order: what was asked, the status, and a hash of the body where it was seen. */
  readonly responses: readonly ResponseFigures[];
}

export interface ResponseFigures {
  readonly request: string;
  readonly status: number | null;
  readonly body: string | null;
}

/** One run of the user's command, as the recording shows it. */
export interface RunFigures {
  readonly status: number;
  readonly scopes: ReadonlyMap<string, ScopeFigures>;
}

export function statementCount(scope: ScopeFigures): number {
  return sum(scope.groups.values(), ({ count }) => count);
}

export function databaseTime(scope: ScopeFigures): number {
  return sum(scope.groups.values(), ({ milliseconds }) => milliseconds);
}

/** Statements of the scopes that count. */
export function totalStatements(run: RunFigures): number {
  return sum(countedScopes(run), statementCount);
}

/** Milliseconds that the database took for them. */
export function totalDatabaseTime(run: RunFigures): number {
  return sum(countedScopes(run), databaseTime);
}

/** What the command is run for: not the fixtures of tests, nor the migrations that a test runner makes before them. */
function countedScopes({ scopes }: RunFigures): readonly ScopeFigures[] {
  const all = [...scopes.values()].filter(({ kind }) => kind !== "setup");
  const hasTests = all.some(({ kind }) => kind === "test");
  return hasTests ? all.filter(({ kind }) => kind !== "command" && kind !== "process") : all;
}

export function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
