import { describe, expect, test } from "vitest";
import { SAMPLE_PLOTS } from "../../../../tests/support/sample-plots.ts";
import type { IndexMapPlot, ModelsPlot, Plot } from "../../../model/plot.ts";
import { wayIn } from "./index-coverage.ts";
import { layOutModels } from "./model-layout.ts";
import { drawModels } from "./models.ts";
import { drawPlans } from "./plans.ts";
import { drawPlot, hasAnswer, tablesOfPlot } from "./plot.ts";
import { fit, fitPath, widthOfText } from "./sheet.ts";
import { drawSplit } from "./split.ts";
import { drawWaterfall } from "./waterfall.ts";

const PLOTS = Object.values(SAMPLE_PLOTS).flat();

function plotOf<K extends Plot["kind"]>(kind: K): Extract<Plot, { readonly kind: K }> {
  const found = PLOTS.find((plot): plot is Extract<Plot, { readonly kind: K }> => plot.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

test.each(PLOTS.map((plot) => [plot.kind, plot] as const))("%s: the same figures give the same drawing, and every one of them is in a table", (_, plot) => {
  expect(drawPlot(plot)).toEqual(drawPlot(plot));
  const tables = tablesOfPlot(plot);
  expect(tables.length).toBeGreaterThan(0);
  for (const { head, rows } of tables) for (const { cells } of rows) expect(cells).toHaveLength(head.length);
});

test("a plot without an answer, or without a figure, is not drawn", () => {
  const bars = plotOf("bars");
  expect(hasAnswer(bars)).toBe(true);
  expect(hasAnswer({ ...bars, answer: " " })).toBe(false);
  expect(hasAnswer({ ...bars, bars: [] })).toBe(false);
});

test("figures that are none draw nothing that a browser would complain of", () => {
  const bars = plotOf("bars");
  const drawn = drawPlot({
    ...bars,
    bars: [
      { label: "a", value: Number.NaN, tone: "found" },
      { label: "b", value: 0, tone: "other" },
    ],
  });
  expect(drawn.wide?.body.html).not.toMatch(/="(?:NaN|-?Infinity)|width="-/);
});

test("bars: shares are of the whole, which is more than the bars where only the largest of them are drawn", () => {
  const bars = [
    { label: "a.py:1", value: 3, tone: "found" },
    { label: "b.py:2", value: 1, tone: "found" },
  ] as const;
  const shares = (plot: { readonly whole?: number }): readonly string[] => {
    const drawn = drawPlot({ kind: "bars", question: "Which?", answer: "These.", source: "here", unit: "s", bars, ...plot });
    return [...(drawn.wide?.body.html ?? "").matchAll(/>(\d+ %)</g)].map(([, words = ""]) => words.replace("\u{a0}", " "));
  };
  expect(shares({})).toEqual(["75 %", "25 %"]);
  expect(shares({ whole: 10 })).toEqual(["30 %", "10 %"]);
});

test("split: the surest first, solid where rows were timed and hatched where it was computed, what remains last", () => {
  const parts = [
    { rung: "remain", value: 5 },
    { rung: "recorded", value: 2 },
    { rung: "proven", value: 3 },
    { rung: "planned", value: 0 },
  ] as const;
  const { wide, legend } = drawSplit({ kind: "split", unit: "s/min", parts, range: { low: 4, high: 6 } });
  expect([...(wide?.body.html ?? "").matchAll(/x="([^"]*)" y="0" width="([^"]*)" height="22" class="([^"]*)"/g)].map(([, ...rest]) => rest)).toEqual([
    ["0%", "30%", "r5 cut"],
    ["30%", "20%", "h2 cut"],
    ["50%", "50%", "rest"],
  ]);
  expect(legend.html).toContain("3.0 s proven");
  expect(legend.html).toContain("at least 4.0, at most 6.0");
});

test("bars: what was found first, by size; what no finding would change last", () => {
  const [{ rows } = { rows: [] }] = tablesOfPlot(plotOf("bars"));
  expect(rows.map(({ cells }) => cells[0])).toEqual([
    "Rows loaded one by one",
    "Missing or wrong index",
    "Counting and deep pages",
    "Reads a cache would serve",
    "Columns that nobody reads",
    "No remedy",
  ]);
});

test("connections: what is beyond the limit is hatched and counted", () => {
  const { wide } = drawPlot(plotOf("connections"));
  expect(wide?.body.html).toContain('class="over"');
  expect(wide?.body.html).toContain("222 in all, 22 more than allowed");
  expect(wide?.body.html).toContain("132 in all, 68 free");
});

test("connections without a known limit promise nothing", () => {
  const { wide } = drawPlot({ ...plotOf("connections"), limit: null, peak: null });
  expect(wide?.body.html).not.toContain('class="over"');
  expect(wide?.body.html).toContain("222 in all; the limit is not known");
});

describe("index map", () => {
  const map = plotOf("index-map");
  const statement = (marks: IndexMapPlot["statements"][number]["marks"]): IndexMapPlot["statements"][number] => ({ id: "x", label: "x", share: null, marks });

  test.each([
    ["an equality that an index begins with", [{ column: "reference", mark: "=" }], "by reference_uniq", false],
    [
      "an index to come that serves more",
      [
        { column: "customer_id", mark: "=" },
        { column: "placed_at", mark: "↓" },
      ],
      "1 of 2 today; new: order_customer_newest",
      true,
    ],
    ["a column that no index begins with", [{ column: "updated_at", mark: "<" }], "no index, none proposed", false],
    [
      "what follows a range is not sought",
      [
        { column: "status", mark: "<" },
        { column: "placed_at", mark: "=" },
      ],
      "1 of 2 by status",
      false,
    ],
  ] as const)("%s", (_, marks, words, isOpen) => {
    expect(wayIn(statement(marks), map.indexes)).toEqual({ words, isOpen });
  });

  test("more columns than a phone has room for are left to the table there", () => {
    const columns = Array.from({ length: 9 }, (_, index) => `column_${index}`);
    const wide = drawPlot({ ...map, columns, statements: [statement(columns.map((column) => ({ column, mark: "=" })))], indexes: [] });
    expect(wide.narrow).toBeNull();
    expect(wide.wide).not.toBeNull();
  });
});

describe("models", () => {
  const models = plotOf("models");

  test("a model stands before those that it points to, and nothing depends on the order of the input", () => {
    const size = { direction: "LR", width: 112, height: 40, between: 90 } as const;
    const placed = layOutModels(models, size);
    const x = (label: string): number => placed.models.find((one) => one.label === label)?.x ?? Number.NaN;
    for (const { child, parent } of models.edges) expect(x(child)).toBeLessThan(x(parent));
    expect(drawModels({ ...models, models: models.models.toReversed(), edges: models.edges.toReversed() })).toEqual(drawModels(models));
  });

  test("what is further than a step from a relation that is followed row by row is left out", () => {
    const { wide, legend } = drawModels(models);
    expect(wide?.body.html).not.toContain("Warehouse");
    expect(legend.html).toContain("1 model further away left out");
  });

  test("more than 25 boxes are a list", () => {
    const many: ModelsPlot = {
      kind: "models",
      models: Array.from({ length: 40 }, (_, index) => ({ label: `M${index}`, rows: null })),
      edges: Array.from({ length: 39 }, (_, index) => ({ child: `M${index}`, parent: `M${index + 1}`, field: "next", weight: null, manner: "per-row" })),
    };
    expect(drawModels({ ...models, ...many })).toMatchObject({ wide: null, narrow: null });
    expect(tablesOfPlot({ ...models, ...many })[0]?.rows).toHaveLength(39);
  });
});

test("waterfall: a loop is one row with a mark a statement, which opens to all of them", () => {
  const drawn = drawWaterfall(plotOf("waterfall")).html;
  expect(drawn.match(/<details class="fold loop">/g)).toHaveLength(1);
  const [loop = ""] = /<details class="fold loop">.*?<\/summary>/s.exec(drawn) ?? [];
  expect(loop.match(/<i /g)).toHaveLength(75);
  expect(drawn.match(/class="wrow one"/g)).toHaveLength(75);
  expect(drawn).toContain("In all, 82 statements");
});

test("waterfall: many short statements are one row", () => {
  const statements = Array.from({ length: 60 }, (_, index) => ({
    at: index,
    duration: index === 3 ? 100 : 0.1,
    label: `statement ${index}`,
    sql: "SELECT 1",
    group: null,
    place: null,
  }));
  const [{ rows } = { rows: [] }] = tablesOfPlot({ ...plotOf("waterfall"), statements });
  expect(rows.map(({ cells }) => cells[0])).toEqual(["statement 3", "59 short statements"]);
});

test("plans: the guilty step is the one that costs most by itself, and cost is not called time", () => {
  const plans = plotOf("plans");
  const drawn = drawPlans(plans).html;
  const [guilty = ""] = /<tr class="guilty">.*?<\/tr>/s.exec(drawn) ?? [];
  expect(guilty).toContain("Bitmap Heap Scan shop_order");
  expect(guilty).toContain("83 %");
  expect(drawn).toContain("share of cost");
  expect(drawn).not.toContain(" ms");
});

test("sizes, dead rows and endpoints: the worst first", () => {
  const firsts = (["sizes", "dead-rows", "endpoints"] as const).map((kind) => tablesOfPlot(plotOf(kind))[0]?.rows[0]?.cells[0]);
  expect(firsts).toEqual(["shop_orderline", "shop_orderline", "GET /orders/"]);
});

test("one look at dead rows is a dot without a trend", () => {
  const plot = plotOf("dead-rows");
  const drawn = drawPlot({ ...plot, tables: plot.tables.map((one) => ({ ...one, points: one.points.slice(-1) })) });
  expect(drawn.legend.html).toContain("One look only: no trend.");
  expect(drawn.wide?.body.html).not.toContain("<path");
});

test("words are cut where they must be: prose at its end, a path at its beginning", () => {
  expect(fit("shop_orderline", 200)).toBe("shop_orderline");
  expect(fit("a very long name of a table", 60)).toMatch(/^a very.*…$/);
  expect(fitPath("shop/templates/orders/_row.html:4", 100)).toMatch(/^….*_row\.html:4$/);
  expect(widthOfText(fit("数据库数据库数据库数据库", 60))).toBeLessThanOrEqual(60);
});
