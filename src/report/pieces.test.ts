import { describe, expect, test } from "vitest";
import type { Place } from "../model/finding.ts";
import { excerptOf } from "./code-excerpt.ts";
import { cutEnd, cutMiddle, displayWidth, wrap } from "./display-width.ts";
import { formatBytes, formatCost, formatDuration, formatNumber } from "../model/numbers.ts";

test.each([
  [4861, "4,861"],
  [82.5, "82.5"],
  [1234.56, "1,235"],
  [0.041_666, "0.0417"],
  [0, "0"],
  [999.96, "1,000"],
  [1e-9, "0.000000001"],
])("the number %d is %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [9.8, "9.8"],
  [48, "48.0"],
  [0.042, "0.04"],
  [0, "0.0"],
  [1204.3, "1,204"],
])("the cost %d is %s", (value, text) => {
  expect(formatCost(value)).toBe(text);
});

test("bytes and durations", () => {
  expect([formatBytes(1), formatBytes(640), formatBytes(2_400_000)]).toEqual(["1 byte", "640 bytes", "2.4 MB"]);
  expect([formatDuration(1400), formatDuration(125_000), formatDuration(600_000)]).toEqual(["1.4 s", "2 min 5 s", "10 min"]);
});

describe("width", () => {
  test.each([
    ["abc", 3],
    ["数据库", 6],
    ["e\u0301", 1],
    ["🎻", 2],
    ["━─│…→", 5],
    ["\u001B[1mbold\u001B[22m", 4],
  ])("of %j is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
  test("a path is cut in its middle", () => {
    expect(cutMiddle("shop/templates/orders/list.html", 15)).toBe("shop/te…st.html");
    expect(cutMiddle("数据库数据库", 7)).toBe("数据…库");
  });
  test("cuts prose after a word", () => {
    expect(cutEnd("join the tables once", 20)).toBe("join the tables once");
    expect(cutEnd("join the tables once", 17)).toBe("join the tables …");
    expect(cutEnd("join the tables once", 16)).toBe("join the …");
    expect(cutEnd("shop/templates/orders/list.html", 15)).toBe("shop/te…st.html");
  });
  test("prose is wrapped at spaces, and a word that is too long is cut", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("no less than its 5 s", 18)).toEqual(["no less than its", "5 s"]);
    expect(wrap(`a ${"x".repeat(30)} b`, 9)).toEqual(["a", "xxxx…xxxx", "b"]);
  });
});

describe("an excerpt", () => {
  const place = (column: number, endColumn: number, lines = 0): Place => ({
    role: "access",
    file: "a.py",
    line: 1,
    column,
    endLine: 1 + lines,
    endColumn,
  });
  const style = { width: 40, mark: "^", ellipsis: "…" };

  test("loses its indentation, and marks the span", () => {
    expect(excerptOf("    a.b.c()", [place(7, 8)], style)).toEqual({ code: "a.b.c()", marks: "  ^" });
  });
  test("a span of several lines is marked to the end of the first", () => {
    expect(excerptOf("x = f(\n  1)", [place(5, 4, 1)], style)).toEqual({ code: "x = f(", marks: "    ^^" });
  });
  test("wide characters get wide marks", () => {
    expect(excerptOf('f("数据")', [place(3, 7)], style)).toEqual({ code: 'f("数据")', marks: "  ^^^^^^" });
  });
  test("a byte order mark is no column", () => {
    expect(excerptOf("\uFEFFabc", [place(2, 3)], style)?.marks).toBe(" ^");
  });
  test("a long line is cut so that the span stays in sight", () => {
    const late = excerptOf(`${"x".repeat(90)}order.customer${"y".repeat(90)}`, [place(91, 105)], style);
    expect(late?.code).toBe(`xxxxxxxx…order.customer${"y".repeat(16)}…`);
    expect(late?.marks).toBe(`${" ".repeat(9)}${"^".repeat(14)}`);
    const early = excerptOf(`order.customer${"y".repeat(90)}`, [place(1, 15)], style);
    expect(early?.code).toBe(`order.customer${"y".repeat(17)}…${"y".repeat(8)}`);
  });
  test("is not there when the line is not", () => {
    expect(excerptOf("a", [{ ...place(1, 2), line: 7 }], style)).toBeNull();
  });
});
