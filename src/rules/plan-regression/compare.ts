/** Statements of two snapshots, by shape, with what each of both times tells alone. */
import { shapeKey } from "../../sql/compare-shapes.ts";
import type { Database, EarlierLook, PlanNode, Snapshot, Statement, Table } from "../../model/index.ts";
import { tablesRead } from "../database/statement-rule.ts";

export interface Figures {
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  /** Of one call. */
  readonly pages: number | null;
  readonly rows: number | null;
}

export interface Pair {
  /** As it is now; of several with one shape, the one that takes most time. */
  readonly statement: Statement;
  readonly now: Figures;
  readonly before: Figures;
  /** Ways of running it among the plans that were given. */
  readonly plans: number;
}

/** Counters that were not reset in between hold what the earlier ones held: that is taken off. */
export function pairsOf(database: Database, earlier: EarlierLook): Pair[] {
  const isSameCount = isCountedOn(database.snapshot, earlier.snapshot);
  const before = sumsOf(earlier.statements);
  return [...sumsOf(database.workload.statements)].flatMap(([key, { statement, sums }]) => {
    const then = before.get(key)?.sums;
    if (then === undefined) return [];
    const since = isSameCount && sums.calls >= then.calls ? difference(sums, then) : sums;
    return [{ statement, now: figuresOf(since), before: figuresOf(then), plans: waysOf(statement, database) }];
  });
}

function isCountedOn({ servers: [now] }: Snapshot, { servers: [then] }: Snapshot): boolean {
  const since = now?.counters.statementsSince ?? null;
  return since !== null && since === then?.counters.statementsSince;
}

interface Sums {
  readonly calls: number;
  readonly totalMs: number;
  readonly pages: number | null;
  readonly rows: number | null;
}

function sumsOf(statements: readonly Statement[]): ReadonlyMap<string, { readonly statement: Statement; readonly sums: Sums }> {
  const all = new Map<string, { statement: Statement; sums: Sums }>();
  for (const statement of statements) {
    if (statement.shape === null) continue;
    const key = shapeKey(statement.shape, { constants: "erased" });
    const known = all.get(key);
    const sums = known === undefined ? ownSums(statement) : added(known.sums, ownSums(statement));
    all.set(key, { statement: known === undefined || known.statement.totalMs < statement.totalMs ? statement : known.statement, sums });
  }
  return all;
}

function ownSums({ calls, totalMs, sharedHit, sharedRead, rows }: Statement): Sums {
  return { calls, totalMs, pages: sharedHit === null || sharedRead === null ? null : sharedHit + sharedRead, rows };
}

const combine = (one: number | null, other: number | null, how: (a: number, b: number) => number): number | null =>
  one === null || other === null ? null : how(one, other);

const added = (one: Sums, other: Sums): Sums => merged(one, other, (a, b) => a + b);

const difference = (one: Sums, other: Sums): Sums => merged(one, other, (a, b) => Math.max(0, a - b));

function merged(one: Sums, other: Sums, how: (a: number, b: number) => number): Sums {
  return {
    calls: how(one.calls, other.calls),
    totalMs: how(one.totalMs, other.totalMs),
    pages: combine(one.pages, other.pages, how),
    rows: combine(one.rows, other.rows, how),
  };
}

function figuresOf({ calls, totalMs, pages, rows }: Sums): Figures {
  const aCall = (figure: number | null): number | null => (figure === null || calls === 0 ? null : figure / calls);
  return { calls, totalMs, meanMs: calls === 0 ? 0 : totalMs / calls, pages: aCall(pages), rows: aCall(rows) };
}

/** The table of the statement that grew most; null when sizes are not known. */
export function growthOf(statement: Statement, database: Database): { readonly table: Table; readonly factor: number } | null {
  const before = new Map((database.earlier?.snapshot.catalog.tables ?? []).map((one) => [`${one.schema}.${one.name}`, one.bytes] as const));
  const grown = tablesRead(statement, database).flatMap((table) => {
    const then = before.get(`${table.schema}.${table.name}`) ?? null;
    return then === null || then === 0 || table.bytes === null ? [] : [{ table, factor: table.bytes / then }];
  });
  return grown.toSorted((a, b) => b.factor - a.factor)[0] ?? null;
}

function waysOf({ id }: Statement, { workload }: Database): number {
  return new Set(workload.plans.filter((plan) => plan.statement === id).map(({ root }) => wayOf(root))).size;
}

/** What tells one plan of a statement from another: its nodes and what they read. */
function wayOf({ type, relation, index, children }: PlanNode): string {
  return `${type}:${relation ?? ""}:${index ?? ""}(${children.map((one) => wayOf(one)).join(",")})`;
}
