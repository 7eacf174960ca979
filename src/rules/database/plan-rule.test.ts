import { describe, expect, test } from "vitest";
import type { DatabaseInput, Plan, Statement } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "./plan-rule.ts";

const plan = (statement: string, executionMs: number): Plan =>
  ({
    statement,
    fingerprint: null,
    isAnalyzed: true,
    executionMs,
    source: { file: "server.log", line: 1 },
    root: { type: "Seq Scan", relation: "shop_order", alias: null, index: null, actualMs: executionMs, loops: 1, actualRows: 1, children: [] },
  }) as unknown as Plan;

const statement = (id: string): Statement =>
  ({ id, calls: 2, meanMs: 50, totalMs: 100, share: 0.1, rows: 2, written: { certainty: "unknown", sites: [] } }) as unknown as Statement;

const input = (...plans: Plan[]): DatabaseInput =>
  ({
    thresholds: {},
    database: {
      age: { days: 3, since: "2026-10-29T00:00:00Z" },
      snapshot: { takenAt: "2026-11-01T00:00:00Z", servers: [{}] },
      catalog: { database: { name: "shop" }, indexes: [] },
      tableNamed: () => null,
      workload: { plans, statements: plans.map((one) => statement(one.statement ?? "")) },
    },
  }) as unknown as DatabaseInput;

const flaw = (more: Partial<PlanFlaw>): PlanFlaw => ({
  step: null,
  claim: "claim",
  reason: "The reason.",
  remedy: "",
  doubt: "",
  weight: 1,
  figures: {},
  ...more,
});

const judge = (plans: readonly Plan[], flawOf: (plan: Plan) => Partial<PlanFlaw>) =>
  judgePlans(input(...plans), { needsRun: true, flaws: (_steps, one) => [flaw(flawOf(one))] }).drafts;

describe("plans of several statements", () => {
  test("with one cause are one finding: the worst speaks, and the part of each run that can go stands at its statement", () => {
    const drafts = judge([plan("1", 40), plan("2", 80)], ({ statement: id }) => ({
      cause: "one",
      claim: `claim of ${id}`,
      weight: Number(id),
      mostMs: id === "1" ? 10 : 60,
    }));
    expect(drafts.map(({ key, claim, reason }) => [key, claim, reason])).toEqual([
      [["one"], "claim of 2", "The reason. The same holds for 1 other statement."],
    ]);
    expect(drafts[0]?.places).toEqual([
      { role: "statement", object: "2", mostPart: 0.75 },
      { role: "statement", object: "1", mostPart: 0.25 },
    ]);
    expect(drafts[0]?.evidence.map(({ mostRemovedMs }) => mostRemovedMs).filter((ms) => ms !== undefined)).toEqual([60, 10]);
  });

  test("without one are findings of their own, and a part that nobody measured is not said", () => {
    const drafts = judge([plan("1", 40), plan("2", 80)], () => ({ mostMs: null }));
    expect(drafts.map(({ key, places }) => [key, places])).toEqual([
      [["1"], [{ role: "statement", object: "1" }]],
      [["2"], [{ role: "statement", object: "2" }]],
    ]);
  });
});
