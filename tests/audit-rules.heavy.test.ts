/** Every rule that weighs all evidence: its fixtures with a database, on a real PostgreSQL. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadRules } from "../src/rules/load-rules.ts";
import { auditCases, auditDocCases, type AuditCase } from "./support/audit-case.ts";
import { expectVerdict } from "./support/audit-world.ts";
import { startDatabaseWorld, type DatabaseWorld } from "./support/database-world.ts";

const home = fileURLToPath(new URL("../src/rules", import.meta.url));
const rules = (await loadRules()).filter((rule) => rule.audit !== undefined);
let world: DatabaseWorld;

beforeAll(async () => {
  world = await startDatabaseWorld();
});
afterAll(() => world.stop());

const withDatabase = (folder: string): AuditCase[] => [...auditCases(folder), ...auditDocCases(folder)].filter((one) => one.sql !== null);
const suites = rules.map((rule) => [rule.meta.id, rule, withDatabase(path.join(home, rule.meta.id))] as const).filter(([, , cases]) => cases.length > 0);

test("no case has an empty database", () => {
  expect(suites.flatMap(([, , cases]) => cases).filter((one) => (one.sql ?? "").trim() === "")).toEqual([]);
});

describe.each(suites)("%s", (_id, rule, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => expectVerdict(rule, one, await world.build(one.sql ?? "")));
});
