/** Every rule that looks at a database: its fixtures and the SQL of its page, on a real PostgreSQL; SQL of its fixes is run, forth and back. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding, Rule } from "../src/model/index.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { databaseCases, databaseDocCases, type DatabaseCase } from "./support/database-case.ts";
import { judgeCase, startDatabaseWorld, type BuiltDatabase, type DatabaseWorld } from "./support/database-world.ts";
import { DOC_SECTIONS, section } from "./support/rule-cases.ts";
import { countWords } from "./support/count-words.ts";

const home = fileURLToPath(new URL("../src/rules", import.meta.url));
const rules = (await loadRules()).filter((rule) => rule.judge !== undefined);
let world: DatabaseWorld;

beforeAll(async () => {
  world = await startDatabaseWorld();
});
afterAll(() => world.stop());

/** A rule that answers a common advice by never giving it: nothing is bad. */
const NEVER_REPORTS: ReadonlySet<string> = new Set(["text-or-varchar"]);

/** Said in a message of the rule; a figure without its source is worth nothing. */
const EVIDENCE_NOTE = /\S/;

describe.each(rules.map((rule) => [rule.meta.id, rule] as const))("%s", (id, rule) => {
  const folder = path.join(home, id);
  const cases = databaseCases(folder);
  const documented = databaseDocCases(folder);

  test("has a whole page", () => {
    const doc = readFileSync(path.join(folder, "doc.md"), "utf8");
    expect(DOC_SECTIONS.filter((title) => section(doc, title).trim() === "")).toEqual([]);
  });

  test("has fixtures of both kinds", () => {
    expect(cases.filter((one) => one.kind === "bad").length).toBeGreaterThanOrEqual(NEVER_REPORTS.has(id) ? 0 : 1);
    expect(cases.filter((one) => one.kind === "good").length).toBeGreaterThanOrEqual(2);
  });

  test.each([...cases, ...documented].map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const built = await world.build(one.sql);
    const { findings, unknown } = await judgeCase(rule, one, built.snapshot, built.plans);
    if (one.kind !== "bad") expect(describeFindings(findings)).toBe("");
    else if (!one.isMarked) expect(findings.length).toBeGreaterThan(0);
    if (one.kind === "bad" && one.isMarked) expectMarks(one, findings);
    if (one.kind === "unknown")
      expect(
        missing(
          one.expected,
          unknown.map(({ object = "", why }) => `${object} ${why}`),
        ),
      ).toEqual([]);
    if (one.kind === "good" && one.isMarked) expect(unknown.map(({ object = "", why }) => `${object}: ${why}`)).toEqual([]);
    for (const finding of findings) expectWhole(finding);
    runFixes(findings, built);
  });
});

/** Each mark is met by a finding, and each finding by a mark. */
function expectMarks(one: DatabaseCase, findings: readonly Finding[]): void {
  expect(one.expected.length + one.expectedLines.length, "a bad fixture says what it expects").toBeGreaterThan(0);
  expect(missing(one.expected, findings.map(objectsOf)), describeFindings(findings)).toEqual([]);
  const lines = findings.flatMap(({ places }) => places.map(({ file, line }) => `${file}:${line}`));
  expect(
    one.expectedLines.map(({ file, line }) => `${file}:${line}`).filter((mark) => !lines.includes(mark)),
    describeFindings(findings),
  ).toEqual([]);
  const unexpected = findings.filter(
    (finding) =>
      !one.expected.some((object) => objectsOf(finding).includes(object)) &&
      !one.expectedLines.some((mark) => finding.places.some(({ file, line }) => file === mark.file && line === mark.line)),
  );
  expect(describeFindings(unexpected)).toBe("");
}

function missing(expected: readonly string[], said: readonly string[]): string[] {
  return expected.filter((object) => !said.some((text) => text.includes(object)));
}

const objectsOf = ({ places, claim, doubt }: Finding): string => [...places.map(({ role, object = "" }) => `${role} ${object}`), claim, doubt].join("\n");

function expectWhole(finding: Finding): void {
  expect(countWords(finding.claim), finding.claim).toBeLessThanOrEqual(25);
  expect(finding.doubt).toMatch(EVIDENCE_NOTE);
  expect(finding.places.length).toBeGreaterThan(0);
  expect(finding.evidence.length).toBeGreaterThan(0);
  for (const { note } of finding.evidence) expect(note ?? "").toMatch(EVIDENCE_NOTE);
}

/** SQL that is offered must run, and its undo must run after it. */
function runFixes(findings: readonly Finding[], built: BuiltDatabase): void {
  for (const { sql } of findings.flatMap(({ fixes }) => fixes)) {
    if (sql === undefined) continue;
    for (const statements of [sql.forward, sql.reverse]) {
      const text = `${statements.map((one) => one.replace(/;?\s*$/, ";")).join("\n")}\n`;
      built.run(sql.isTransactional ? `BEGIN;\n${text}COMMIT;` : text);
    }
    // The undo brings back what a fixture gave, which was never this server's setting.
    if (sql.reverse.some((one) => one.startsWith("ALTER SYSTEM"))) built.run("ALTER SYSTEM RESET ALL;\nSELECT pg_reload_conf();");
  }
}

function describeFindings(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ claim, places }) =>
        `${claim} ${places.map(({ role, object, file, line }) => (object === undefined ? `${file}:${line}` : `${role} ${object}`)).join(", ")}`,
    )
    .join("\n");
}

test("every folder that holds SQL is one of a rule that is run, here or with all evidence (audit-rules)", async () => {
  const withSql = readdirSync(home).filter(
    (name) => existsSync(path.join(home, name, "fixtures")) && readdirSync(path.join(home, name, "fixtures")).some((file) => file.endsWith(".sql")),
  );
  const run = new Set((await loadRules()).filter((rule: Rule) => rule.judge !== undefined || rule.audit !== undefined).map(({ meta }) => meta.id));
  expect(withSql.filter((name) => !run.has(name))).toEqual([]);
});
