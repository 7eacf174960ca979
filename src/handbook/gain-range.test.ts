import { describe, expect, test } from "vitest";
import type { Change, Gain } from "../model/handbook.ts";
import { gainRange, gainRung, rangeOfAll } from "./gain-range.ts";

const gain = (low: number, high: number, marginal = (low + high) / 2): Gain => ({ today: 10, removed: (low + high) / 2, low, high, marginal, basis: "" });
const change = (own: Gain | null): Change => ({ gain: own }) as Change;

describe("a gain's range", () => {
  test("shrinks with what is left of the gain after the changes above it", () => expect(gainRange(gain(1, 3, 1))).toEqual({ low: 0.5, high: 1.5 }));
  test("is none where both ends are written alike", () => expect(gainRange(gain(2, 2.001))).toBeNull());
  test("of all changes counts the sure ones at both ends, and no more than there is", () => {
    expect(rangeOfAll([change(gain(2, 2)), change(gain(0, 4)), change(null)], 10)).toEqual({ low: 2, high: 6 });
    expect(rangeOfAll([change(gain(2, 2)), change(gain(0, 4))], 5)).toEqual({ low: 2, high: 5 });
    expect(rangeOfAll([change(gain(2, 2))], 10)).toBeNull();
  });
  test("is not measured where only the time before was", () => {
    expect(gainRung({ rung: "measured", gain: gain(0, 4) })).toBe("recorded");
    expect(gainRung({ rung: "measured", gain: gain(2, 2) })).toBe("measured");
    expect(gainRung({ rung: "planned", gain: gain(0, 4) })).toBe("planned");
  });
});
