import { expect, test } from "vitest";
import { progressLine } from "./progress.ts";

function record() {
  const written: string[] = [];
  let time = 0;
  const output = { write: (text: string) => written.push(text), isTTY: true, columns: 80 };
  const line = progressLine(output, () => time);
  return { written, line, wait: (milliseconds: number) => (time += milliseconds) };
}

test("at most ten times a second", () => {
  const { written, line, wait } = record();
  for (let done = 0; done < 100; done += 1) {
    line.step({ phase: "parsing", done, total: 100, unit: "files" });
    wait(10);
  }
  expect(written).toHaveLength(10);
});

test("the time left is told after three seconds, phase by phase", () => {
  const { written, line, wait } = record();
  line.step({ phase: "linking", done: 0, total: 100, unit: "modules" });
  wait(4000);
  line.step({ phase: "linking", done: 50, total: 100, unit: "modules" });
  line.step({ phase: "judging", done: 0, total: 0, unit: "rules" });
  wait(200);
  line.step({ phase: "judging", done: 3, total: 9, unit: "rules" });
  expect(written.map((text) => text.slice(4).replaceAll(/[━─]/g, "").trim())).toEqual([
    "linking   0 of 100 modules",
    "linking   50 of 100 modules, 0:04 left",
    "judging   3 of 9 rules",
  ]);
});

test("without a unit, the time left stands right after the count", () => {
  const { written, line, wait } = record();
  line.step({ phase: "trying variants", done: 0, total: 100, unit: "" });
  wait(4000);
  line.step({ phase: "trying variants", done: 50, total: 100, unit: "" });
  expect(written.at(-1)).toMatch(/ 50 of 100, 0:04 left$/);
});

test("never passes the terminal's width, and is erased at the end", () => {
  const { written, line } = record();
  line.step({ phase: "x".repeat(100), done: 1, total: 2, unit: "files" });
  line.end();
  expect(written[0]?.length).toBe(4 + 79);
  expect(written[1]).toBe("\r\u001B[K");
});
