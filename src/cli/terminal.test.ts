import { expect, test } from "vitest";
import { textWidth } from "./terminal.ts";

const width = (columns: number | undefined, env: NodeJS.ProcessEnv = {}): number =>
  textWidth({ stdout: { write: () => undefined, ...(columns === undefined ? {} : { isTTY: true, columns }) }, env });

test("text is as wide as the terminal, between what can be drawn and what can be read", () => {
  expect([30, 40, 55, 80, 300].map((columns) => width(columns))).toEqual([40, 40, 55, 80, 100]);
  expect(width(undefined)).toBe(80);
});

test("COLUMNS says it otherwise, where it is a number", () => {
  expect(width(120, { COLUMNS: "50" })).toBe(50);
  expect(width(undefined, { COLUMNS: "60" })).toBe(60);
  expect(width(undefined, { COLUMNS: "wide" })).toBe(80);
});
