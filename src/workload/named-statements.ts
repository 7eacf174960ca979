/** Statements that a person names in place of those that were seen. */
import { createHash } from "node:crypto";
import type { QueryShape, Statement, Workload } from "../model/index.ts";

const UNSAID = {
  deviationMs: null,
  rows: null,
  sharedHit: null,
  sharedRead: null,
  tempWritten: null,
  walBytes: null,
  plans: null,
  planMs: null,
  jitMs: null,
  workersPlanned: null,
  workersLaunched: null,
};

/** Each counts as one call. */
export function statementsOfFile(texts: readonly string[], shapeOf: (sql: string) => QueryShape | null): Workload {
  const statements = texts.map((sql): Statement => ({
    id: createHash("sha256").update(sql).digest("hex").slice(0, 16),
    sql,
    shape: shapeOf(sql),
    seenIn: [],
    calls: 1,
    totalMs: 0,
    meanMs: 0,
    share: 0,
    samples: [],
    written: { certainty: "unknown", sites: [] },
    ...UNSAID,
  }));
  return { statements, totalMs: 0, days: null, plans: [] };
}
