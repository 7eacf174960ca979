import type {
  DuplicateCluster,
  LineTime,
  LoopCluster,
  Occurrence,
  OutsideCall,
  Recording,
  RowCluster,
  RowUse,
  SampleStatement,
  ScopeSample,
  ScopeTotals,
  StatementTotals,
  TransactionTotals,
} from "../model/recording.ts";
import { selectedColumns } from "./select-list.ts";
import { blamedFrame } from "./user-code.ts";
import { type OccurrenceTally, type Sample, type ScopeTally, type StatementTally, type Tallies, type UseTally } from "./tallies.ts";

type Sums = Pick<
  Recording,
  | "lines"
  | "broken"
  | "unknown"
  | "dropped"
  | "statements"
  | "microseconds"
  | "setupStatements"
  | "scopes"
  | "top"
  | "stacks"
  | "rowClusters"
  | "loopClusters"
  | "duplicates"
  | "uses"
  | "transactions"
  | "outsideCalls"
  | "connections"
  | "samples"
  | "files"
>;

/** The sums as plain data, each list with what cost most first. */
export function addUp(tallies: Tallies): Sums {
  const { symbols } = tallies;
  return {
    lines: tallies.lines,
    broken: tallies.broken,
    unknown: tallies.unknown,
    dropped: [...tallies.dropped].map(([reason, count]) => ({ reason, count })),
    statements: tallies.count,
    microseconds: tallies.time,
    setupStatements: tallies.setupCount,
    scopes: [...tallies.scopes.values()]
      .map((tally) => scopeTotals(tallies, tally))
      .toSorted((a, b) => b.databaseTime.sum - a.databaseTime.sum || order(a.label, b.label)),
    top: [...tallies.statements]
      .map(([sql, tally]) => statementTotals(tallies, sql, tally))
      .toSorted((a, b) => b.microseconds - a.microseconds || order(a.sql, b.sql)),
    stacks: [...tallies.stacks].map(([id, { count, time }]) => ({ stack: symbols.stackOf(id), statements: count, microseconds: time })),
    rowClusters: byCost(
      [...tallies.rowClusters.values()]
        .filter(({ field }) => field > 0)
        .map((one): RowCluster => ({
          cause: one.cause,
          model: symbols.textOf(one.model),
          path: symbols.textOf(one.path),
          owner: symbols.textOf(one.owner),
          field: symbols.textOf(one.field),
          fetch: symbols.stackOf(one.fetch),
          access: symbols.stackOf(one.access),
          sql: symbols.textOf(one.sql),
          occurrences: occurrences(tallies, one.occurrences),
        })),
    ),
    loopClusters: byCost(
      [...tallies.loops.values()].map((one): LoopCluster => ({
        sql: symbols.textOf(one.sql),
        stack: symbols.stackOf(one.stack),
        cause: one.cause,
        occurrences: occurrences(tallies, one.occurrences),
      })),
    ),
    duplicates: duplicates(tallies),
    uses: [...tallies.uses.values()].map((tally) => rowUse(tallies, tally)).toSorted((a, b) => b.rows - a.rows || order(a.model, b.model)),
    transactions: transactions(tallies),
    outsideCalls: outsideCalls(tallies),
    connections: [...tallies.connections.values()].toSorted((a, b) => order(a.alias, b.alias)),
    samples: [...tallies.scopes.values()].flatMap((tally) => sampleOf(tallies, tally)),
    files: [...new Set(symbols.frames.filter(({ owner }) => owner === "project").map(({ file }) => file))].toSorted(order),
  };
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function byCost<T extends { readonly sql: string; readonly occurrences: readonly Occurrence[] }>(clusters: readonly T[]): T[] {
  const cost = ({ occurrences: all }: T): number => all.reduce((sum, one) => sum + one.microseconds, 0);
  return clusters.toSorted((a, b) => cost(b) - cost(a) || order(a.sql, b.sql));
}

function occurrences(tallies: Tallies, all: ReadonlyMap<string, OccurrenceTally>): Occurrence[] {
  return [...all.values()]
    .map(({ kind, label, scopeKey: key, scopes, inTests, statements, time, rows }) => ({
      kind,
      label,
      scopes,
      // A scope that went on while its sums were taken is counted at each.
      of: Math.max(scopes, kind === "test" ? scopesOf(tallies, "test") : (tallies.scopes.get(key)?.scopes ?? scopes)),
      inTests,
      statements: statements.result(),
      microseconds: time,
      rows: rows.result(),
    }))
    .toSorted((a, b) => b.microseconds - a.microseconds || order(a.label, b.label));
}

function scopesOf(tallies: Tallies, kind: string): number {
  return [...tallies.scopes.values()].reduce((sum, one) => sum + (one.kind === kind ? one.scopes : 0), 0);
}

function scopeTotals({ symbols }: Tallies, tally: ScopeTally): ScopeTotals {
  const { kind, label, view, scopes, inTests, errors } = tally;
  const places = [...tally.places].map(([frame, statements]) => ({ frame: symbols.frames[frame] ?? null, statements }));
  return {
    kind,
    label,
    view,
    scopes,
    inTests,
    errors,
    statements: tally.statements.result(),
    databaseTime: tally.databaseTime.result(),
    duration: tally.duration.result(),
    places: places.toSorted(
      (a, b) => b.statements - a.statements || order(a.frame?.file ?? "", b.frame?.file ?? "") || (a.frame?.line ?? 0) - (b.frame?.line ?? 0),
    ),
  };
}

function statementTotals({ symbols }: Tallies, sql: number, tally: StatementTally): StatementTotals {
  const [most = [0, 0]] = [...tally.stacks].toSorted(([, a], [, b]) => b - a);
  const [route] = [...tally.routes].toSorted(([one, a], [other, b]) => b - a || order(one, other));
  return {
    sql: symbols.textOf(sql),
    statements: tally.count,
    microseconds: tally.time,
    rows: tally.rows,
    slowest: tally.slowest,
    stack: symbols.stackOf(most[0]),
    stacks: tally.stacks.size,
    ...linesOf(tally.stacks, symbols),
    ...(route === undefined ? {} : { route: route[0] }),
  };
}

function linesOf(stacks: ReadonlyMap<number, number>, symbols: Tallies["symbols"]): Pick<StatementTotals, "lines"> {
  const lines = new Map<string, LineTime>();
  for (const [stack, time] of stacks) {
    const frame = blamedFrame(symbols.stackOf(stack));
    if (frame === null) continue;
    const { file, line } = frame;
    const key = `${file}:${line}`;
    lines.set(key, { file, line, microseconds: (lines.get(key)?.microseconds ?? 0) + time });
  }
  return lines.size === 0 ? {} : { lines: [...lines.values()].toSorted((a, b) => b.microseconds - a.microseconds || order(a.file, b.file) || a.line - b.line) };
}

function duplicates({ duplicates: all, symbols }: Tallies): DuplicateCluster[] {
  return [...all.values()]
    .map(({ sql, stack, repeats, time, label }) => ({ sql: symbols.textOf(sql), stack: symbols.stackOf(stack), repeats, microseconds: time, label }))
    .toSorted((a, b) => b.microseconds - a.microseconds || order(a.sql, b.sql));
}

function rowUse({ symbols }: Tallies, tally: UseTally): RowUse {
  const fields = [...tally.fields].map(([key, instances]) => {
    const [model = "0", field = "0"] = key.split("|");
    return { model: symbols.textOf(Number(model)), field: symbols.textOf(Number(field)), instances };
  });
  return {
    model: symbols.textOf(tally.model),
    fetch: symbols.stackOf(tally.fetch),
    prefetch: tally.prefetch,
    fetches: tally.fetches,
    rows: tally.rows,
    isHandedOut: tally.prefetch === null || [...tally.parents].some(([parent, field]) => parent.fields.has(field)),
    fields: fields.toSorted((a, b) => order(a.model, b.model) || order(a.field, b.field)),
    columns: selectedColumns(symbols.textOf(tally.sql)),
  };
}

function transactions({ transactions: all, symbols }: Tallies): TransactionTotals[] {
  return [...all.values()]
    .map(({ kind, label, held, statements, idle, before, after }) => {
      const times = held.result();
      return {
        kind,
        label,
        transactions: times.count,
        held: times,
        statements: statements.result(),
        idle: idle.result(),
        before: symbols.stackOf(before),
        after: symbols.stackOf(after),
      };
    })
    .toSorted((a, b) => b.idle.max - a.idle.max || order(a.label, b.label));
}

function outsideCalls({ calls, symbols }: Tallies): OutsideCall[] {
  return [...calls.values()]
    .map(({ kind, target, stack, calls: count, time, slowest, labels }) => ({
      kind,
      target,
      stack: symbols.stackOf(stack),
      calls: count,
      microseconds: time,
      slowest,
      labels: [...labels].toSorted(order),
    }))
    .toSorted((a, b) => b.microseconds - a.microseconds || order(a.target, b.target));
}

/** Of the scopes that were kept, the one in the middle by duration. */
function sampleOf({ symbols }: Tallies, { kind, label, samples }: ScopeTally): ScopeSample[] {
  const sample: Sample | undefined = samples.toSorted((a, b) => a.duration - b.duration)[Math.floor((samples.length - 1) / 2)];
  if (sample === undefined || sample.statements.length === 0) return [];
  const sizes = new Map<string, number>();
  for (const { group } of sample.statements) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const statements = sample.statements.map(({ at, duration, sql, stack, rows, group }): SampleStatement => ({
    at,
    duration,
    sql: symbols.textOf(sql),
    stack: symbols.stackOf(stack),
    rows,
    group: (sizes.get(group) ?? 0) > 1 ? group : null,
  }));
  return [{ kind, label, duration: sample.duration, statements, more: sample.more }];
}
