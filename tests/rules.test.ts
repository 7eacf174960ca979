/** Every rule's fixtures and the examples of its page, in the shop project; fixes are applied and judged again. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { applyEdits } from "../src/fixes/apply.ts";
import type { Finding, Fix, Report } from "../src/model/index.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { analyseShop } from "./support/fixture-project.ts";
import { ANYWHERE, DOC_SECTIONS, docCases, fixtureCases, section, type RuleCase } from "./support/rule-cases.ts";

const home = fileURLToPath(new URL("../src/rules", import.meta.url));
/** Rules that look at a database alone have fixtures of their own: database-rules.heavy.test.ts. */
const ids = (await loadRules()).filter((rule) => rule.check !== undefined).map((rule) => rule.meta.id);
const cases = ids.flatMap((id) => [...fixtureCases(path.join(home, id)), ...docCases(path.join(home, id))]);

/** Modules that stand alone share one project, which is read once. */
const isAlone = (one: RuleCase): boolean => Object.keys(one.files).length === 1 && one.files[ANYWHERE] !== undefined;
const placeOf = (one: RuleCase): string => `shop/cases/case_${cases.indexOf(one)}.py`;
const reports = new Map<RuleCase, readonly Finding[]>();

beforeAll(async () => {
  const shared = await analyseShop(sharedFiles((one) => one.files[ANYWHERE] ?? ""));
  for (const one of cases) reports.set(one, isAlone(one) ? within(shared, placeOf(one)) : (await analyseShop(one.files)).findings);
});

function sharedFiles(textOf: (one: RuleCase) => string): Record<string, string> {
  const files = cases.filter(isAlone).map((one) => [placeOf(one), textOf(one)]);
  return { "shop/cases/__init__.py": "", ...(Object.fromEntries(files) as Record<string, string>) };
}

function within(report: Report, file: string): Finding[] {
  return report.findings.filter((finding) => finding.places.some((place) => place.file === file));
}

describe.each(ids)("%s", (id) => {
  const doc = readFileSync(path.join(home, id, "doc.md"), "utf8");
  const own = cases.filter((one) => one.rule === id);

  test("has a whole page", () => {
    expect(DOC_SECTIONS.filter((title) => section(doc, title).trim() === "")).toEqual([]);
  });

  test("has fixtures of both kinds", () => {
    expect(own.filter((one) => one.isMarked && one.isBad).length).toBeGreaterThanOrEqual(1);
    expect(own.filter((one) => one.isMarked && !one.isBad).length).toBeGreaterThanOrEqual(2);
  });

  test.each(own.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    const found = (reports.get(one) ?? []).filter((finding) => finding.rule === id);
    if (!one.isMarked) expect(found.length > 0, describeFindings(found)).toBe(one.isBad);
    else if (one.isBad) expect(one.expected.some((mark) => mark.rule === id)).toBe(true);
    else expect(describeFindings(found)).toBe("");
    if (one.isMarked) expectMarks(one, found);
  });

  test("each fix silences its finding and raises no other", async () => {
    const fixable = own.flatMap((one) => editsOf(one).map((applied) => ({ one, ...applied })));
    if (fixable.length === 0) return;
    const files = Object.fromEntries(fixable.map((each, index) => [`shop/cases/fixed_${index}.py`, each.text]));
    const report = await analyseShop({ "shop/cases/__init__.py": "", ...files });
    expect(report.notices.filter((notice) => notice.file.includes("fixed_"))).toEqual([]);
    for (const [index, { one, finding }] of fixable.entries()) {
      const before = countByRule(reports.get(one) ?? []);
      const after = countByRule(within(report, `shop/cases/fixed_${index}.py`));
      expect(after.get(id) ?? 0, `${one.name}: ${finding.claim}`).toBeLessThan(before.get(id) ?? 0);
      for (const [rule, count] of after) expect(count, `${one.name}: the fix raises ${rule}`).toBeLessThanOrEqual(before.get(rule) ?? 0);
    }
  });

  /** Texts after each edit that a finding of this rule offers. */
  function editsOf(one: RuleCase): { readonly finding: Finding; readonly text: string }[] {
    if (!isAlone(one)) return [];
    const findings = (reports.get(one) ?? []).filter((finding) => finding.rule === id);
    return findings.flatMap((finding) => finding.fixes.filter((fix) => fix.edits.length > 0).map((fix) => ({ finding, text: edited(one, fix) })));
  }
});

function edited(one: RuleCase, fix: Fix): string {
  const outcome = applyEdits(one.files[ANYWHERE] ?? "", fix.edits);
  expect(outcome).toMatchObject({ ok: true });
  return outcome.ok ? outcome.text : "";
}

function expectMarks(one: RuleCase, found: readonly Finding[]): void {
  const fileOf = (file: string): string => (isAlone(one) ? placeOf(one) : file);
  const all = reports.get(one) ?? [];
  for (const mark of one.expected) {
    const hit = all.some(
      (finding) => finding.rule === mark.rule && isAt(finding, fileOf(mark.file), mark.line) && (mark.relation === null || finding.relation === mark.relation),
    );
    expect(hit, `line ${mark.line} has ${mark.rule}; found ${describeFindings(found)}`).toBe(true);
  }
  const unmarked = found.filter((finding) => !one.expected.some((mark) => mark.rule === finding.rule && isAt(finding, fileOf(mark.file), mark.line)));
  expect(describeFindings(unmarked), "findings without a mark").toBe("");
}

function isAt(finding: Finding, file: string, line: number): boolean {
  return finding.places.some((place) => place.file === file && place.line === line && place.role !== "loop");
}

function describeFindings(findings: readonly Finding[]): string {
  return findings.map((one) => `${one.rule} at ${one.places.map((place) => `${place.role}:${place.line}`).join(" ")}`).join("; ");
}

function countByRule(findings: readonly Finding[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return counts;
}
