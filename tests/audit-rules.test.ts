/** Every rule that weighs all evidence: its page, and those of its fixtures that need no database. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadRules } from "../src/rules/load-rules.ts";
import { auditCases, auditDocCases } from "./support/audit-case.ts";
import { expectVerdict } from "./support/audit-world.ts";
import { DOC_SECTIONS, section } from "./support/rule-cases.ts";

const home = fileURLToPath(new URL("../src/rules", import.meta.url));
const rules = (await loadRules()).filter((rule) => rule.audit !== undefined);

test("a rule that audits has no other way of judging", () => {
  expect(rules.filter((rule) => rule.check !== undefined || rule.judge !== undefined).map((rule) => rule.meta.id)).toEqual([]);
});

describe.each(rules.map((rule) => [rule.meta.id, rule] as const))("%s", (id, rule) => {
  const folder = path.join(home, id);
  const cases = auditCases(folder);

  test("has a whole page", () => {
    const doc = readFileSync(path.join(folder, "doc.md"), "utf8");
    expect(DOC_SECTIONS.filter((title) => section(doc, title).trim() === "")).toEqual([]);
    const kinds = auditDocCases(folder).map((one) => one.kind);
    expect([kinds.includes("bad"), kinds.includes("good")], "blocks below Bad and Good").toEqual([true, true]);
  });

  test("has fixtures of both kinds", () => {
    expect(cases.filter((one) => one.kind === "bad").length).toBeGreaterThanOrEqual(1);
    expect(cases.filter((one) => one.kind === "good").length).toBeGreaterThanOrEqual(2);
  });

  const alone = [...cases, ...auditDocCases(folder)].filter((one) => one.sql === null);
  test.each(alone.map((one) => [one.name, one] as const))("%s", (_name, one) => expectVerdict(rule, one, null));
});
