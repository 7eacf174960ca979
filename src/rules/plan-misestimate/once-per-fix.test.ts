import { describe, expect, test } from "vitest";
import type { DatabaseDraft } from "../../model/index.ts";
import { oncePerFix } from "./once-per-fix.ts";

const CREATE = "CREATE STATISTICS orders_stat (dependencies) ON city, code FROM orders";

const draft = (statement: string, forward: string | null, more: Partial<DatabaseDraft> = {}): DatabaseDraft => ({
  key: [statement],
  claim: `claim of ${statement}`,
  reason: "The number is wrong.",
  remedy: "",
  doubt: "",
  places: [
    { role: "statement", object: statement },
    { role: "table", object: "public.orders" },
  ],
  evidence: [{ kind: "measured", note: `plan of ${statement}` }],
  fixes:
    forward === null
      ? []
      : [{ title: "Take statistics", kind: "sql", safety: "review", edits: [], sql: { forward: [forward], reverse: [], isTransactional: true } }],
  ...more,
});

const once = (...drafts: DatabaseDraft[]): readonly DatabaseDraft[] => oncePerFix({ drafts, unjudged: [], examined: "" }).drafts;

describe("plans with one wrong number", () => {
  test("that the same statistics mend are one finding: the worst speaks, the statements of all are named", () => {
    const [only, ...more] = once(draft("1", CREATE, { severity: "info" }), draft("2", CREATE, { severity: "warning" }));
    expect(more).toEqual([]);
    expect(only?.claim).toBe("claim of 2");
    expect(only?.reason).toBe("The number is wrong. 1 other statement is planned by the same wrong number.");
    expect(only?.places.map((place) => "object" in place && place.object)).toEqual(["2", "public.orders", "1"]);
    expect(only?.evidence.map(({ note }) => note)).toEqual(["plan of 2", "plan of 1"]);
  });

  test("that other SQL mends, or none, stay apart", () => {
    const all = [draft("1", CREATE), draft("2", CREATE.replace("code", "zip")), draft("3", null), draft("4", null)];
    expect(once(...all)).toEqual(all);
  });
});
