import { describe, expect, test } from "vitest";
import { isSameState, sinceLast, type HistoryEntry } from "./since.ts";

const run = (at: string, findings: HistoryEntry["findings"], unit: HistoryEntry["unit"] = "s/min"): HistoryEntry => ({
  schema: "luthier-history/1",
  at,
  commit: "4f1c2ab",
  unit,
  total: 10,
  findings,
});
const one = (id: string, time: number | null = 1): HistoryEntry["findings"][number] => ({ id, rule: "n-plus-one", claim: `claim of ${id}`, time });

describe("what changed since the last run", () => {
  test("is nothing on the first", () => expect(sinceLast(run("2026-01-02", [one("a")]), [])).toBeNull());

  test("names what was fixed, what is new and what costs more", () => {
    const since = sinceLast(run("2026-01-02", [one("a", 1.5), one("c")]), [run("2026-01-01", [one("a"), one("b")])]);
    expect(since).toEqual({
      at: "2026-01-01",
      commit: "4f1c2ab",
      fixed: [{ id: "b", rule: "n-plus-one", claim: "claim of b" }],
      added: ["c"],
      worse: [{ finding: "a", before: 1, now: 1.5 }],
      better: [],
    });
  });

  test("takes a little more for noise, and no seconds for other seconds", () => {
    expect(sinceLast(run("2026-01-02", [one("a", 1.1)]), [run("2026-01-01", [one("a")])])?.worse).toEqual([]);
    expect(sinceLast(run("2026-01-02", [one("a", 9)], "s"), [run("2026-01-01", [one("a"), one("b")])])).toBeNull();
  });

  test("of a search that ended early says neither what it found before nor what it finds now is news", () => {
    const searched = (id: string, time = 1): HistoryEntry["findings"][number] => ({ ...one(id, time), rule: "missing-index", isSearched: true });
    const since = sinceLast(run("2026-01-02", [one("a"), searched("c"), searched("d", 9)]), [run("2026-01-01", [one("a"), searched("b"), searched("d")])]);
    expect(since).toMatchObject({ fixed: [], added: [], worse: [], better: [], notCompared: 2 });
  });

  test("says when another version of luthier looked", () => {
    const of = (tool: string, at: string, id: string): HistoryEntry => ({ ...run(at, [one(id)]), tool });
    const since = sinceLast(of("0.2.0", "2026-01-02", "b"), [of("0.1.0", "2026-01-01", "a")]);
    expect(since?.otherTool).toBe("0.1.0");
    expect(sinceLast(of("0.2.0", "2026-01-02", "b"), [of("0.2.0", "2026-01-01", "a")])?.otherTool).toBeUndefined();
  });

  test("compares with a run that had the same evidence: what a recording told is not mended by leaving it away", () => {
    const [both, alone] = [
      ["source", "database", "recording"],
      ["database", "source"],
    ];
    const history = [
      { ...run("2026-01-01", [one("a")]), evidence: alone },
      { ...run("2026-01-02", [one("a"), one("b")]), evidence: both },
    ];
    expect(sinceLast({ ...run("2026-01-03", [one("a"), one("c")]), evidence: alone }, history)).toMatchObject({ at: "2026-01-01", fixed: [], added: ["c"] });
  });

  test("does not call fixed what only traffic told of, where the traffic is another", () => {
    const told = (id: string, seenIn: readonly string[]): HistoryEntry["findings"][number] => ({ ...one(id), seenIn });
    const before = {
      ...run("2026-01-01", [told("gone", ["s1"]), told("answered", ["s2"]), told("in part", ["s1", "s2"]), one("source")]),
      statements: ["s1", "s2"],
    };
    const since = sinceLast({ ...run("2026-01-02", []), statements: ["s2", "s3"] }, [before]);
    expect(since?.fixed.map(({ id }) => id)).toEqual(["answered", "source"]);
    expect(since?.unseen?.map(({ id }) => id)).toEqual(["gone", "in part"]);
  });

  test("of a search that chose otherwise says neither what it chose before nor what it chooses now is news, while the tables have the indexes that they had", () => {
    const chosen = (id: string, indexes: string, seenIn: readonly string[] = ["s1"]): HistoryEntry["findings"][number] => ({ ...one(id), seenIn, indexes });
    const before = {
      ...run("2026-01-01", [chosen("other", "t1"), chosen("made", "t2"), chosen("gone", "t1", ["s9"])]),
      statements: ["s1", "s9"],
      indexes: ["t1", "t2"],
    };
    const now = {
      ...run("2026-01-02", [chosen("this time", "t1"), chosen("for what is new", "t1", ["s2"])]),
      statements: ["s1", "s2"],
      indexes: ["t1", "t2+"],
    };
    const since = sinceLast(now, [before]);
    expect(since?.fixed.map(({ id }) => id)).toEqual(["made"]);
    expect(since?.unseen?.map(({ id }) => id)).toEqual(["gone"]);
    expect(since?.added).toEqual(["for what is new"]);
    expect(since?.chosenOtherwise).toBe(2);
  });

  const many = (times: readonly number[]): HistoryEntry["findings"] => times.map((time, index) => one(`f${index}`, time));
  const TIMES = [1, 2, 3, 0.5, 0.8, 1.5, 2.5];

  test("does not call twice the traffic twice as bad", () => {
    expect(sinceLast(run("2026-01-02", many(TIMES.map((time) => time * 2))), [run("2026-01-01", many(TIMES))])).toMatchObject({ worse: [], better: [] });
  });

  test("finds the one that went its own way, to either side, in traffic that grew and times that scatter", () => {
    const scattered = TIMES.map((time, index) => time * 2 * (1 + (index - 3) / 40));
    const since = sinceLast(run("2026-01-02", many(scattered.with(2, 18).with(1, 0.9))), [run("2026-01-01", many(TIMES))]);
    expect(since?.worse.map(({ finding }) => finding)).toEqual(["f2"]);
    expect(since?.better?.map(({ finding }) => finding)).toEqual(["f1"]);
  });

  test("calls nothing better that costs more, though all others grew by more still, and nothing worse that costs less", () => {
    const [grown, fallen] = [TIMES.map((time) => time * 10), TIMES.map((time) => time / 10)];
    expect(sinceLast(run("2026-01-02", many(grown.with(1, 3))), [run("2026-01-01", many(TIMES))])).toMatchObject({ worse: [], better: [] });
    expect(sinceLast(run("2026-01-02", many(fallen.with(1, 1.5))), [run("2026-01-01", many(TIMES))])).toMatchObject({ worse: [], better: [] });
  });

  test("leaves out what is next to nothing of the run's time", () => {
    expect(sinceLast(run("2026-01-02", [one("a", 0.04)]), [run("2026-01-01", [one("a", 0.01)])])?.worse).toEqual([]);
  });

  test("stays what it was when the same state is looked at again", () => {
    const history = [run("2026-01-01", [one("b")]), run("2026-01-02", [one("a")])];
    expect(isSameState(run("2026-01-03", [one("a")]), run("2026-01-02", [one("a")]))).toBe(true);
    expect(sinceLast(run("2026-01-03", [one("a")]), history)).toMatchObject({ at: "2026-01-01", added: ["a"] });
  });
});
