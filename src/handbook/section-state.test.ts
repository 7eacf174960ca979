import { expect, test } from "vitest";
import type { Advice } from "../model/advice.ts";
import type { HandbookInput } from "./input.ts";
import { commandFor, examinedOf } from "./section-state.ts";

const weighed = (known: string, ...advised: string[]): string =>
  examinedOf(
    "7.2",
    advised.map((examined) => ({ examined })) as unknown as Advice[],
    {
      report: { coverage: { sections: [{ section: "7.2", examined: known }] } },
    } as unknown as HandbookInput,
  );

test("of what rules and advisors weighed, each kind is said once", () => {
  expect(weighed("383 settings", "9 settings, 459 statements")).toBe("383 settings, 459 statements");
  expect(weighed("51 tables, 51 tables and their TOAST tables, 5 sessions")).toBe("51 tables and their TOAST tables, 5 sessions");
});

test("one of a kind is in the singular, and what only begins like a plural is left", () => {
  expect(weighed("1 columns of JSON")).toBe("1 column of JSON");
  expect(weighed("1 settings module")).toBe("1 settings module");
});

test("what was not there was not weighed beside what was", () => {
  expect(weighed("1 PostgreSQL database in 1 settings module", "no services, no server")).toBe("1 PostgreSQL database in 1 settings module");
  expect(weighed("", "no services")).toBe("no services");
});

test("an earlier snapshot is named, not taken", () => {
  expect(commandFor("needs an earlier snapshot of this database: name it with --since-snapshot")).toBe("luthier tune --since-snapshot FILE");
});
