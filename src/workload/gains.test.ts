import { describe, expect, test } from "vitest";
import type { Finding } from "../model/finding.ts";
import type { Plan } from "../model/plan.ts";
import { effectOf, gainsOf, sendingShares } from "./gains.ts";
import type { RecordedPart } from "./join-recordings.ts";
import type { PieceInput } from "./pieces.ts";
import { textKey, type TimedStatement } from "./time-base.ts";

const place = (role: Finding["places"][number]["role"], file: string, line: number): Finding["places"][number] => ({
  role,
  file,
  line,
  column: 1,
  endLine: line,
  endColumn: 9,
});

const finding = (id: string, over: Partial<Finding> = {}): Finding => ({
  id,
  rule: "n-plus-one",
  chapter: "2.4",
  severity: "warning",
  confidence: "certain",
  message: "",
  claim: `claim of ${id}`,
  doubt: "",
  places: [],
  evidence: [{ kind: "recorded" }],
  impact: { statements: { before: 50, after: 1, per: "request" } },
  fixes: [],
  ...over,
});

const statement = (id: string, sql: string, time: number): TimedStatement => ({
  id,
  key: textKey(sql),
  sql,
  calls: 1000,
  meanMs: 1,
  time,
  share: time / 10,
  statement: null,
});

const BY_ID = 'SELECT "shop_book"."id" FROM "shop_book" WHERE "shop_book"."id" = %s LIMIT 21';
const LISTED = 'SELECT "shop_order"."id" FROM "shop_order" ORDER BY "shop_order"."placed_at" DESC LIMIT 20';

const input = (over: Partial<PieceInput>): PieceInput => ({
  statements: [statement("a", BY_ID.replace("%s", "$1").replace("21", "$2"), 8), statement("b", LISTED, 2)],
  findings: [],
  parts: new Map(),
  recorded: new Map(),
  sentFrom: () => [],
  ...over,
});

const part = (sql: string, microseconds: number): RecordedPart => ({ sql, statements: 100, microseconds });

describe("an N+1", () => {
  test("takes its recorded share of the statement's time, less what one statement for all rows costs", () => {
    const parts = new Map([["x", [part(BY_ID, 3_000_000)]]]);
    const { ranked } = gainsOf(input({ findings: [finding("x")], parts, recorded: new Map([[textKey(BY_ID), 4_000_000]]) }));
    expect(ranked).toHaveLength(1);
    expect(ranked[0]?.gain.today).toBeCloseTo(6);
    expect(ranked[0]?.gain.high).toBeCloseTo(6 * 0.98);
    expect(ranked[0]?.gain.low).toBeCloseTo(6 * 0.98 * 0.2);
    expect(ranked[0]?.gain.basis).toContain("50 → 1 statements");
  });

  test("joined leaves no statement of its own", () => {
    const joined = finding("x", { impact: { statements: { before: 50, after: 0 } } });
    const effect = effectOf(joined, { pieces: [], link: "recorded" });
    expect(effect?.low).toBeCloseTo(0.2);
    expect(effect?.high).toBe(1);
  });

  test("that was sent once removes nothing", () => {
    expect(effectOf(finding("x", { impact: { statements: { before: 1, after: 1 } } }), { pieces: [], link: "recorded" })).toBeNull();
  });

  test("of which no request was seen has a wide range, where its line alone sends the statement", () => {
    const lazy = finding("x", { relation: "book", places: [place("queryset", "v.py", 1), place("access", "v.py", 3)], impact: {} });
    const sentFrom: PieceInput["sentFrom"] = ({ id }) =>
      id === "a" ? [{ file: "v.py", line: 3, how: "lazy load of book" }] : [{ file: "v.py", line: 1, how: "iterate" }];
    const { ranked } = gainsOf(input({ findings: [lazy], sentFrom }));
    expect(ranked[0]?.gain).toMatchObject({ today: 8, high: 8 });
    expect(ranked[0]?.gain.low).toBeCloseTo(0.8);
  });

  test("leaves the statement that fetches the rows alone, and what was counted once", () => {
    const loop = finding("x", { rule: "aggregate-in-loop", places: [place("queryset", "v.py", 1), place("access", "v.py", 3)], impact: {} });
    const sentFrom: PieceInput["sentFrom"] = ({ id }) => [{ file: "v.py", line: id === "a" ? 3 : 1, how: "iterate" }];
    expect(gainsOf(input({ findings: [loop], sentFrom })).ranked[0]?.gain.today).toBe(8);
    const once = input({ findings: [loop], sentFrom }).statements.map((one) => ({ ...one, calls: 1 }));
    expect(gainsOf(input({ findings: [loop], sentFrom, statements: once })).ranked).toEqual([]);
  });

  test("has no statement that was recorded in a file which none of its places is in, whatever its shape", () => {
    const loop = finding("x", { rule: "query-in-loop", places: [place("queryset", "v.py", 1)], impact: {} });
    const sentFrom: PieceInput["sentFrom"] = ({ id }) => (id === "a" ? [{ file: "v.py", line: 1, how: "get" }] : []);
    const at = (file: string): PieceInput["statements"] => input({}).statements.map((one) => ({ ...one, recordedAt: { file, line: 7, isOnly: true } }));
    expect(gainsOf(input({ findings: [loop], sentFrom, statements: at("w.py") })).ranked).toEqual([]);
    expect(gainsOf(input({ findings: [loop], sentFrom, statements: at("v.py") })).ranked).toHaveLength(1);
  });

  test("has no figure where other lines send the statement too", () => {
    const lazy = finding("x", { relation: "book", places: [place("access", "v.py", 3)], impact: {} });
    const sentFrom: PieceInput["sentFrom"] = () => [
      { file: "v.py", line: 3, how: "lazy load of book" },
      { file: "w.py", line: 9, how: "lazy load of book" },
    ];
    expect(gainsOf(input({ findings: [lazy], sentFrom })).ranked).toEqual([]);
  });
});

test("a prefetch that is asked again is there already: its statements go, and none takes their place", () => {
  const again = finding("d", { rule: "defeated-prefetch", impact: { statements: { before: 16, after: 1, per: "request" } } });
  const { ranked } = gainsOf(input({ findings: [again], parts: new Map([["d", [part(BY_ID, 4000)]]]), recorded: new Map([[textKey(BY_ID), 4000]]) }));
  expect(ranked[0]?.gain).toMatchObject({ today: 8, removed: 8, low: 8, high: 8 });
  expect(ranked[0]?.gain.basis).toBe("16 → 0 statements: the rows are prefetched today");
});

describe("other changes", () => {
  const named = (evidence: Finding["evidence"], impact: Finding["impact"] = {}): Finding =>
    finding("i", { rule: "missing-index", chapter: "1.2", places: [{ ...place("statement", "snapshot", 0), object: "b" }], evidence, impact });

  test("an index removes what the planner's cost says, and says so", () => {
    const { ranked } = gainsOf(input({ findings: [named([{ kind: "planned", costBefore: 400, costAfter: 100 }])] }));
    expect(ranked[0]?.gain).toMatchObject({ today: 2, removed: 1.5, low: 1.5, high: 1.5 });
    expect(ranked[0]?.gain.basis).toBe("statement time × (1 − planner cost 100 / 400)");
  });

  test("each statement goes by its own plan, and what was planned for any values may gain nothing", () => {
    const costed = (object: string, before: number, after: number, isSure: boolean): Finding["places"][number] => ({
      ...place("statement", "snapshot", 0),
      object,
      cost: { before, after, isSure },
    });
    const index = finding("i", {
      rule: "missing-index",
      chapter: "1.2",
      places: [costed("a", 100, 75, true), costed("b", 900, 90, false)],
      evidence: [{ kind: "planned", costBefore: 500, costAfter: 82 }],
      impact: {},
    });
    const { ranked } = gainsOf(input({ findings: [index] }));
    expect(ranked[0]?.gain).toMatchObject({ today: 10, low: 2, high: 3.8, removed: 2.9 });
    expect(ranked[0]?.gain.basis).toContain("nothing of 1 of them at least");
  });

  test("what each call takes at least stays, whatever the plan", () => {
    const quick = { ...statement("q", 'SELECT "shop_tag"."id" FROM "shop_tag" WHERE "shop_tag"."id" = $1', 1), meanMs: 0.02 };
    const near = { ...statement("b", LISTED, 2), meanMs: 0.025 };
    const { ranked } = gainsOf(input({ statements: [quick, near], findings: [named([{ kind: "planned", costBefore: 8, costAfter: 4 }])] }));
    expect(ranked[0]?.gain.removed).toBeCloseTo(2 * 0.2 * 0.5);
    expect(ranked[0]?.gain.basis).toBe("statement time less the 0.020 ms a call of the quickest statement here × (1 − planner cost 4 / 8)");
  });

  test("of what several new indexes save at once, each removes its part", () => {
    const { ranked } = gainsOf(input({ findings: [named([{ kind: "planned", costBefore: 400, costAfter: 100, costSaved: 150 }])] }));
    expect(ranked[0]?.gain).toMatchObject({ today: 2, removed: 0.75 });
    expect(ranked[0]?.gain.basis).toContain("planner cost 150 of 400, its part");
  });

  test("what the server counted for it is what goes, of the statements that are named", () => {
    const { ranked } = gainsOf(input({ findings: [named([{ kind: "recorded", removedMs: 500, ofMs: 2000 }])] }));
    expect(ranked[0]?.gain).toMatchObject({ today: 2, removed: 0.5, low: 0.5, high: 0.5 });
  });

  test("what a plan's part took goes at most, of each statement by itself, and may stay", () => {
    const places = [
      { ...place("statement", "snapshot.json", 0), object: "a", mostPart: 0.5 },
      { ...place("statement", "snapshot.json", 0), object: "b", mostPart: 0.75 },
    ];
    const { ranked } = gainsOf(input({ findings: [finding("i", { rule: "plan-rows-removed", places, impact: {}, evidence: [{ kind: "measured" }] })] }));
    expect(ranked[0]?.gain).toMatchObject({ today: 10, removed: 2.75, low: 0, high: 5.5 });
    expect(ranked[0]?.gain.basis).toBe("at most what the plans of its statements spend on it: 75 % of a run");
  });

  test("what was measured is taken as it was", () => {
    const { ranked } = gainsOf(input({ findings: [named([{ kind: "measured" }], { milliseconds: { before: 10, after: 1 } })] }));
    expect(ranked[0]?.gain.removed).toBeCloseTo(1.8);
    expect(ranked[0]?.gain.basis).toContain("as measured");
  });

  test("without a figure they have none, but their statements are known", () => {
    const { ranked, touched } = gainsOf(input({ findings: [named([{ kind: "recorded" }])] }));
    expect(ranked).toEqual([]);
    expect(touched.get("i")?.pieces.map(({ time }) => time)).toEqual([2]);
  });

  test("a plan that gets dearer removes nothing", () => {
    expect(gainsOf(input({ findings: [named([{ kind: "planned", costBefore: 100, costAfter: 400 }])] })).ranked).toEqual([]);
  });
});

describe("overlapping gains", () => {
  const both = (): PieceInput => {
    const parts = new Map([
      ["x", [part(BY_ID, 2_000_000)]],
      ["y", [part(BY_ID, 1_000_000)]],
    ]);
    const index = finding("i", {
      rule: "missing-index",
      chapter: "1.2",
      places: [{ ...place("statement", "snapshot", 0), object: "a" }],
      evidence: [{ kind: "planned", costBefore: 100, costAfter: 20 }],
      impact: {},
    });
    return input({ findings: [finding("x"), finding("y"), index], parts, recorded: new Map([[textKey(BY_ID), 4_000_000]]) });
  };

  test("are never added: what one removed the next cannot", () => {
    const { ranked } = gainsOf(both());
    const removed = ranked.reduce((sum, { gain }) => sum + gain.marginal, 0);
    expect(removed).toBeLessThan(8);
    expect(removed).toBeCloseTo(8 - (4 * 0.2 * (1 - 0.588) + 2 * 0.2 * (1 - 0.588) + 2 * 0.2));
  });

  test("are ranked by what they add, best first", () => {
    const { ranked } = gainsOf(both());
    expect(ranked.map(({ finding: id }) => id)).toEqual(["i", "x", "y"]);
    const marginals = ranked.map(({ gain }) => gain.marginal);
    expect(marginals).toEqual(marginals.toSorted((a, b) => b - a));
    expect(ranked[1]?.gain.marginal).toBeLessThan(ranked[1]?.gain.removed ?? 0);
  });

  test("that share a recorded part count it once", () => {
    const shared = part(BY_ID, 4_000_000);
    const parts = new Map([
      ["x", [shared]],
      ["y", [shared]],
    ]);
    const { ranked } = gainsOf(input({ findings: [finding("x"), finding("y")], parts, recorded: new Map([[textKey(BY_ID), 4_000_000]]) }));
    expect(ranked.reduce((sum, { gain }) => sum + gain.marginal, 0)).toBeLessThanOrEqual(8);
  });

  test("of more recorded time than the statement took are cut to it", () => {
    const parts = new Map([
      ["x", [part(BY_ID, 3_000_000)]],
      ["y", [part(BY_ID, 3_000_000)]],
    ]);
    const { touched } = gainsOf(input({ findings: [finding("x"), finding("y")], parts, recorded: new Map([[textKey(BY_ID), 4_000_000]]) }));
    expect([...touched.values()].flatMap(({ pieces }) => pieces).reduce((sum, { time }) => sum + time, 0)).toBeCloseTo(8);
  });
});

describe("the key of a statement's text", () => {
  test.each([
    [BY_ID, 'SELECT "shop_book"."id" FROM "shop_book" WHERE "shop_book"."id" = $1 LIMIT $2'],
    ['SELECT "a"."b" FROM "a" WHERE "a"."c" IN (%s, %s, %s)', 'SELECT "a"."b" FROM "a" WHERE "a"."c" IN ($1)'],
    ['SELECT (1) AS "a" FROM "t" WHERE "t"."s" = \'x\'', 'SELECT ($1) AS "a" FROM "t" WHERE "t"."s" = $2'],
  ])("%s", (sent, kept) => expect(textKey(sent)).toBe(textKey(kept)));

  test("keeps names in quotes, numbers in them too", () => {
    expect(textKey('SELECT "t1"."c2" FROM "t1"')).not.toBe(textKey('SELECT "t2"."c2" FROM "t2"'));
  });
});

test("a loop of the source takes no time of a statement that was recorded outside of any loop", () => {
  const looped = finding("x", { rule: "query-in-loop", evidence: [{ kind: "inferred" }], impact: {}, places: [place("queryset", "shop/models.py", 7)] });
  const sentFrom = (one: TimedStatement): PieceInput["sentFrom"] extends (_: TimedStatement) => infer S ? S : never =>
    one.id === "b" ? [{ file: "shop/models.py", line: 7, how: "queryset" }] : [];
  expect(gainsOf(input({ findings: [looped], sentFrom })).ranked).toHaveLength(1);
  expect(gainsOf(input({ findings: [looped], sentFrom, recorded: new Map([[textKey(LISTED), 1_000_000]]) }))).toEqual({ ranked: [], touched: new Map() });
});

test("a recorded loop that two findings tell of is made one statement once", () => {
  const own = part(BY_ID, 4000);
  const { ranked } = gainsOf(
    input({
      findings: [finding("x"), finding("y")],
      parts: new Map([
        ["x", [own]],
        ["y", [own]],
      ]),
      recorded: new Map([[textKey(BY_ID), 4000]]),
    }),
  );
  expect(ranked.map(({ gain }) => gain.marginal > 0)).toEqual([true, false]);
});

test("two indexes for one statement remove together what the planner saw with both, not twice that", () => {
  const statementPlace = { ...place("statement", "", 0), object: "b" };
  const indexes = ["x", "y"].map((id) =>
    finding(id, { rule: "missing-index", impact: {}, places: [statementPlace], evidence: [{ kind: "planned", costBefore: 100, costAfter: 25 }] }),
  );
  const { ranked } = gainsOf(input({ findings: indexes }));
  expect(ranked.reduce((sum, { gain }) => sum + gain.marginal, 0)).toBeCloseTo(2 * 0.75);
});

describe("a statement that several lines send", () => {
  const lines = [
    { file: "shop/views.py", line: 4, microseconds: 3_000_000 },
    { file: "shop/tasks.py", line: 9, microseconds: 1_000_000 },
  ];
  const statements = [{ ...statement("b", LISTED, 8), lines }];
  const at = (id: string, rule: string, file: string, line: number): Finding =>
    finding(id, { rule, relation: undefined, places: [place("queryset", file, line)] });
  const sentFrom: PieceInput["sentFrom"] = () => lines.map((one) => ({ ...one, how: "recorded" }));
  const touched = (findings: readonly Finding[], over: Partial<PieceInput> = {}): Record<string, number> =>
    Object.fromEntries(
      [...gainsOf(input({ statements, findings, sentFrom, recorded: new Map([[textKey(LISTED), 5_000_000]]), ...over })).touched].map(([id, { pieces }]) => [
        id,
        pieces.reduce((sum, { time }) => sum + time, 0),
      ]),
    );

  test("is shared out by what was recorded of each", () =>
    expect(
      touched([at("x", "evaluated-twice", "shop/views.py", 4), at("y", "only-columns", "shop/tasks.py", 9), at("z", "only-columns", "shop/api.py", 1)]),
    ).toEqual({
      x: expect.closeTo(4.8) as number,
      y: expect.closeTo(1.6) as number,
    }));

  test("is the first question's alone, where the rows are loaded all the same", () => {
    const both = finding("x", {
      rule: "count-then-iterate",
      places: [place("queryset", "shop/views.py", 3), place("access", "shop/views.py", 4), place("access", "shop/tasks.py", 9)],
    });
    expect(touched([both])).toEqual({ x: expect.closeTo(4.8) as number });
    expect(gainsOf(input({ statements, findings: [both], sentFrom, recorded: new Map([[textKey(LISTED), 5_000_000]]) })).ranked[0]?.gain).toMatchObject({
      removed: expect.closeTo(4.8) as number,
      basis: "the statement is not sent any more",
    });
  });

  test("is no loop's at a line where no loop was recorded", () => expect(touched([at("x", "n-plus-one", "shop/views.py", 4)])).toEqual({}));

  test("keeps the parts of recorded loops, which have lines of their own", () => {
    const findings = [finding("x"), at("y", "only-columns", "shop/tasks.py", 9)];
    expect(touched(findings, { parts: new Map([["x", [part(LISTED, 2_500_000)]]]) })).toEqual({ x: expect.closeTo(4) as number });
  });
});

test("columns that nobody reads take at most what a logged run spent on sending rows", () => {
  const plan = { statement: "b", executionMs: 445, sendingMs: 424 } as unknown as Plan;
  const sending = sendingShares([plan, { ...plan, sendingMs: 400 }, { ...plan, statement: "a", sendingMs: null }]);
  expect([...sending]).toEqual([["b", expect.closeTo(0.953, 3)]]);
  const unread = finding("x", { rule: "unused-columns", places: [place("queryset", "shop/views.py", 4)] });
  const sentFrom: PieceInput["sentFrom"] = ({ id }) => (id === "b" ? [{ file: "shop/views.py", line: 4, how: "iterate" }] : []);
  const [gain] = gainsOf(input({ findings: [unread], sentFrom, sending })).ranked;
  expect(gain?.gain).toMatchObject({
    low: 0,
    high: expect.closeTo(1.906, 3) as number,
    basis: expect.stringMatching(/sending their rows: 95\.3 %$/) as string,
  });
  expect(gainsOf(input({ findings: [unread], sentFrom })).ranked).toEqual([]);
});
