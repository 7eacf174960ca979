import { beforeAll, describe, expect, it } from "vitest";
import type { LoggedStatement, QueryShape, Snapshot, StatementCounters, StatementOrigin } from "../model/index.ts";
import { openSqlParser, type SqlParser } from "../sql/open-parser.ts";
import { tallyLogged } from "./logged-statements.ts";
import { keyStatements } from "./statement-keys.ts";
import { buildWorkload } from "./statements.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await openSqlParser();
});

const ORIGIN: StatementOrigin = { certainty: "unique", sites: [] };
const originOf = (_sql: string, shape: QueryShape | null): StatementOrigin => (shape === null ? { certainty: "unknown", sites: [] } : ORIGIN);

function row(id: string, sql: string, figures: Partial<StatementCounters>): StatementCounters {
  const none = { minMs: 0, maxMs: 0, deviationMs: 0, rows: 0, sharedHit: 0, sharedRead: 0, sharedDirtied: 0, sharedWritten: 0, tempRead: 0, tempWritten: 0 };
  const unsaid = {
    readMs: null,
    writeMs: null,
    plans: null,
    planMs: null,
    walBytes: null,
    jitMs: null,
    workersPlanned: null,
    workersLaunched: null,
    since: null,
  };
  const { calls = 1, totalMs = 0 } = figures;
  return { id, sql, topLevel: true, calls, totalMs, meanMs: totalMs / calls, ...none, ...unsaid, ...figures };
}

/** As much of a snapshot as the workload reads. */
function snapshotOf(...servers: readonly (readonly StatementCounters[])[]): Snapshot {
  const counters = { at: "2026-11-20T00:00:00Z", statementsSince: "2026-11-13T00:00:00Z" };
  return { servers: servers.map((statements) => ({ statements, counters })) } as unknown as Snapshot;
}

function workloadOf(snapshot: Snapshot, logged: readonly LoggedStatement[] = []) {
  const tally = tallyLogged(keyStatements(parser));
  for (const one of logged) tally.add(one);
  return buildWorkload({ snapshot, logged: tally.sums(), recording: null, plans: [], shapeOf: (sql) => parser.shapeOf(sql), originOf });
}

const logged = (sql: string, ms: number): LoggedStatement => ({
  sql,
  ms,
  parameters: [],
  at: "2026-11-19T10:00:00Z",
  database: null,
  application: null,
  source: { file: "pg.log", line: 1 },
});

describe("the workload", () => {
  it("gives each statement its share of all time, the most first", () => {
    const { statements, totalMs, days } = workloadOf(
      snapshotOf([row("1", "SELECT a FROM b WHERE c = $1", { totalMs: 25 }), row("2", "SELECT a FROM d WHERE c = $1", { totalMs: 75 })]),
    );
    expect(totalMs).toBe(100);
    expect(days).toBe(7);
    expect(statements.map(({ id, share }) => [id, share])).toEqual([
      ["2", 0.75],
      ["1", 0.25],
    ]);
  });

  it("takes lists of other lengths, and the same statement on a replica, for one", () => {
    const primary = [
      row("1", "SELECT a FROM b WHERE c IN ($1)", { calls: 1, totalMs: 2, rows: 1 }),
      row("2", "SELECT a FROM b WHERE c IN ($1, $2)", { calls: 3, totalMs: 18, rows: 5 }),
    ];
    const { statements } = workloadOf(snapshotOf(primary, [row("9", "SELECT a FROM b WHERE c IN ($1)", { calls: 2, totalMs: 4, rows: 2 })]));
    expect(statements).toMatchObject([{ id: "2", calls: 6, totalMs: 24, meanMs: 4, rows: 8 }]);
    // Means of 2, 6 and 2 over 1, 3 and 2 calls.
    expect(statements[0]?.deviationMs).toBeCloseTo(2);
  });

  it("adds a log's samples to a counted statement, and what the log alone has", () => {
    const { statements } = workloadOf(snapshotOf([row("1", "SELECT a FROM b WHERE c = $1", { totalMs: 5 })]), [
      logged("SELECT a FROM b WHERE c = 'x'", 900),
      logged("SELECT z FROM y", 5),
    ]);
    expect(statements.map(({ sql, seenIn, totalMs, samples }) => ({ sql, seenIn, totalMs, samples }))).toEqual([
      { sql: "SELECT a FROM b WHERE c = $1", seenIn: ["pg_stat_statements", "log"], totalMs: 5, samples: [["x"]] },
      { sql: "SELECT z FROM y", seenIn: ["log"], totalMs: 5, samples: [] },
    ]);
  });

  it("leaves out what functions ran inside of a statement that is counted", () => {
    const { statements } = workloadOf(snapshotOf([row("1", "SELECT f()", { totalMs: 5 }), row("2", "SELECT 1 FROM g", { totalMs: 4, topLevel: false })]));
    expect(statements.map(({ id }) => id)).toEqual(["1"]);
  });

  it("says of what cannot be read that its line is not known", () => {
    const { statements } = workloadOf(snapshotOf([row("1", "SELECT a FROM b", { totalMs: 5 }), row("2", "COMMIT", { totalMs: 4 })]));
    expect(statements.map(({ written }) => written.certainty)).toEqual(["unique", "unknown"]);
  });

  it("has no days where the counters' start is not known", () => {
    const nothing = { servers: [{ statements: [], counters: { at: "2026-11-20T00:00:00Z", statementsSince: null } }] } as unknown as Snapshot;
    expect(workloadOf(nothing).days).toBeNull();
  });
});
