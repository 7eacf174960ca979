/** Every rule of the database's chapters has a planted case with a twin in the example project, or says why not, and a fixture for not knowing. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadRules } from "../src/rules/load-rules.ts";
import { planted } from "./support/bookshop.ts";

const CHAPTERS = ["1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "5.1", "5.2"];
const root = path.resolve(import.meta.dirname, "..");
const all = await loadRules();
const rules = all.filter(({ meta }) => CHAPTERS.includes(meta.chapter));

/** Rules without a planted case, and why. */
const UNPLANTED: Readonly<Record<string, string>> = {
  "text-or-varchar":
    "reports nothing, ever: its page answers a piece of common advice; that it stays silent on the shop's columns is held in bookshop-database.heavy.test.ts",
};

const looksAtDatabase = rules.filter(({ judge, audit }) => judge !== undefined || audit !== undefined).map(({ meta }) => meta.id);
const hasUnknown = (id: string): boolean => readdirSync(path.join(root, "src/rules", id, "fixtures")).some((name) => name.startsWith("unknown-"));

describe.each(rules.map(({ meta }) => meta.id))("%s", (id) => {
  test("is planted, with a twin", () => {
    const cases = planted.filter(({ rule }) => rule === id);
    expect(cases.length > 0).toBe(!Object.hasOwn(UNPLANTED, id));
    expect(cases.filter(({ twin }) => twin.marker === "")).toEqual([]);
  });

  test("says what it does not know", () => {
    expect(!looksAtDatabase.includes(id) || hasUnknown(id)).toBe(true);
  });
});

test("what judges by a database alone is looked for in one", () => {
  const alone = rules.filter(({ judge, check }) => judge !== undefined && check === undefined).map(({ meta }) => meta.id);
  expect(planted.filter(({ rule, evidence }) => alone.includes(rule) && !evidence.includes("D")).map(({ rule, id }) => `${rule} ${id}`)).toEqual([]);
});

describe("docs/coverage.md", () => {
  const ids = new Set(all.map(({ meta }) => meta.id));
  const rows = readFileSync(path.join(root, "docs/coverage.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
    .filter(([first]) => first !== "check");
  /** Words in code that begin a row's answer, or follow in its list. */
  const named = (answer: string): string[] => [...answer.matchAll(/`([^`]+)`/g)].flatMap(([, name = ""]) => (ids.has(name) ? [name] : []));

  test("has rows of all six tools", () => {
    expect(rows.length).toBeGreaterThan(40);
    for (const tool of ["pghero", "extras", "splinter", "pg-index-health", "pgdoctor", "postgres_ai"])
      expect(rows.some(([, who = ""]) => who.includes(tool) || who === "all six")).toBe(true);
  });

  test.each(rows.map(([check = "", who = "", answer = ""]) => [check, who, answer] as const))("%s is answered", (_, who, answer) => {
    expect(who).not.toBe("");
    if (!/^deliberately not[:,] \S/.test(answer)) expect(named(answer), answer).not.toEqual([]);
  });

  test("names no rule that there is not", () => {
    const words = rows.flatMap(([, , answer = ""]) => [...answer.matchAll(/`([a-z]+(?:-[a-z]+)+|[A-Z]+-[A-Z]\d+)`/g)].map(([, name = ""]) => name));
    expect(words.filter((name) => !ids.has(name))).toEqual([]);
  });
});
