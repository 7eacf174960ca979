import { expect, test } from "vitest";
import { leavesOutNulls } from "./leaves-out-nulls.ts";

test("a condition that asks for a value, or compares it, leaves no null", () => {
  for (const predicate of [
    "(seen IS NOT NULL)",
    "((seen IS NOT NULL) AND is_active)",
    "(seen > '2025-01-01'::date)",
    "(is_active AND ((seen)::text = 'x'::text))",
    "(seen <> 3)",
  ])
    expect(leavesOutNulls(predicate, "seen"), predicate).toBe(true);
});

test("another column, or a choice, says nothing", () => {
  for (const predicate of [
    null,
    "is_active",
    "(unseen IS NOT NULL)",
    "(seen IS NULL)",
    "((seen > 3) OR is_active)",
    "(NOT (seen > 3))",
    "(seen_at > 3)",
    "(x = seen)",
  ])
    expect(leavesOutNulls(predicate, "seen"), String(predicate)).toBe(false);
});
