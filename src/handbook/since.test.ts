import { describe, expect, test } from "vitest";
import { isSameState, sinceLast, type HistoryEntry } from "./since.ts";

const run = (at: string, findings: HistoryEntry["findings"], unit: HistoryEntry["unit"] = "s/min"): HistoryEntry => ({ schema: "luthier-history/1", at, commit: "4f1c2ab", unit, total: 10, findings });
const one = (id: string, time: number | null = 1): HistoryEntry["findings"][number] => ({ id, rule: "n-plus-one", claim: `claim of ${id}`, time });

describe("what changed since the last run", () => {
  test("is nothing on the first", () => expect(sinceLast(run("2026-01-02", [one("a")]), [])).toBeNull());

  test("names what was fixed, what is new and what costs more", () => {
    const since = sinceLast(run("2026-01-02", [one("a", 1.5), one("c")]), [run("2026-01-01", [one("a"), one("b")])]);
    expect(since).toEqual({ at: "2026-01-01", commit: "4f1c2ab", fixed: [{ id: "b", rule: "n-plus-one", claim: "claim of b" }], added: ["c"], worse: [{ finding: "a", before: 1, now: 1.5 }] });
  });

  test("takes a little more for noise, and no seconds for other seconds", () => {
    expect(sinceLast(run("2026-01-02", [one("a", 1.1)]), [run("2026-01-01", [one("a")])])?.worse).toEqual([]);
    expect(sinceLast(run("2026-01-02", [one("a", 9)], "s"), [run("2026-01-01", [one("a"), one("b")])])).toBeNull();
  });

  test("stays what it was when the same state is looked at again", () => {
    const history = [run("2026-01-01", [one("b")]), run("2026-01-02", [one("a")])];
    expect(isSameState(run("2026-01-03", [one("a")]), run("2026-01-02", [one("a")]))).toBe(true);
    expect(sinceLast(run("2026-01-03", [one("a")]), history)).toMatchObject({ at: "2026-01-01", added: ["a"] });
  });
});
