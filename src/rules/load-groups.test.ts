import { expect, test } from "vitest";
import type { LazyLoad } from "../model/index.ts";
import { oncePerReceiver, type LoadGroup } from "./load-groups.ts";

const collected = (model: string, doubts: readonly string[]): LoadGroup => {
  const load = {
    origin: { id: 1, model, collected: true },
    path: "user__cache",
    access: { file: "shop/signals.py", start: 9, end: 20 },
    doubts,
  } as unknown as LazyLoad;
  return { load, loads: [load] };
};

test("of rows of several models that receivers read at one place, the surest are told", () => {
  const told = oncePerReceiver([collected("shop.Log", ["its receiver may not run"]), collected("shop.Session", [])]);
  expect(told.map(({ load, others }) => [load.origin.model, others])).toEqual([["shop.Session", 1]]);
});
