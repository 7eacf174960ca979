import { expect, test } from "vitest";
import type { Deployment } from "../../model/index.ts";
import { otherEngineWords } from "./entries.ts";

const named = (...engines: string[]): Deployment =>
  ({
    packages: new Map(),
    services: [],
    settings: [{ module: "shop.settings", databases: engines.map((value) => ({ alias: "default", engine: { value }, mirrorOf: null })) }],
  }) as unknown as Deployment;

test("another engine is named where no entry is PostgreSQL's", () => {
  expect(otherEngineWords(named("django.db.backends.mysql"))).toBe("`default` of `shop.settings` is MySQL");
  expect(otherEngineWords(named("django.db.backends.mysql", "django.db.backends.postgresql"))).toBe("");
  expect(otherEngineWords(named("shop.backends.own"))).toBe("");
});
