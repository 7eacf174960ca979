/** The bookshop's planted N+1, from found to proven: its own tests, on PostgreSQL, before the safe fixes and after. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planFixes, type ChosenFix } from "../src/fixes/plan-fixes.ts";
import { verifyFixes } from "../src/fixes/verify-fixes.ts";
import { analyse, type Finding } from "../src/index.ts";
import type { Proof } from "../src/proof/proof.ts";
import { statementCount, type RunFigures } from "../src/proof/run-figures.ts";
import { proveInCopy } from "../src/sources/prove-in-copy.ts";
import { recordForProof } from "../src/sources/record-for-proof.ts";
import { readRun } from "../src/sources/run-recording.ts";
import { writeEdits } from "../src/sources/write-files.ts";
import { bookshop, isNear, planted } from "./support/bookshop.ts";
import { djangoPython, withPostgres } from "./support/scripts.ts";
import { commitAll } from "./support/temporary-folder.ts";

const root = realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-bookshop-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let proof: Proof;
let after: RunFigures;
let safe: readonly Finding[] = [];
let others: readonly Finding[] = [];

beforeAll(async () => {
  cpSync(bookshop, root, { recursive: true });
  commitAll(root);
  const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
  const found = await analyse({ root });
  const chosen = found.findings.flatMap((finding): ChosenFix[] => {
    const [fix] = finding.fixes;
    return finding.rule === "n-plus-one" && fix?.safety === "safe" ? [{ finding, fix }] : [];
  });
  const plan = await verifyFixes(chosen, { before: found, read, analyse: (texts) => analyse({ root, texts }) });
  safe = plan.applied.map(({ finding }) => finding);
  others = found.findings.filter((finding) => finding.rule === "n-plus-one" && !safe.includes(finding));
  const python = await djangoPython();
  const command = (suite: string): readonly string[] => [python, "manage.py", "test", `tests.${suite}`, "--keepdb", "--settings", "bookshop.settings.test"];
  await withPostgres(async (cluster) => {
    const env = { ...process.env, ...cluster.env };
    proof = await proveInCopy({
      chosen: plan.applied,
      root,
      command: command("test_works.DefectTest"),
      cwd: root,
      env,
      repeat: 1,
      read,
      record: recordForProof,
    });
    writeEdits(root, planFixes(proof.kept, read).edits);
    const folder = path.join(root, ".luthier/after");
    mkdirSync(folder, { recursive: true });
    const status = await recordForProof({ command: command("test_works"), cwd: root, env, root, folder, output: path.join(root, ".luthier/output.txt") });
    after = readRun(folder, status, (_, line) => line).figures;
  });
}, 900_000);

describe("the bookshop", () => {
  test("has every safe fix proven, and no test with another outcome", () => {
    const kept = new Set(proof.kept.map(({ finding }) => finding.id));
    expect(safe.filter(({ id }) => !kept.has(id)).map(({ claim }) => claim)).toEqual([]);
    expect(proof.withdrawn).toEqual([]);
    expect([...proof.after.outcomes]).toEqual([...proof.before.outcomes]);
    // The first run with --keepdb makes the database that the others find.
    expect(proof.unjudged.filter((scope) => !scope.startsWith("command "))).toEqual([]);
  });

  test("sends fewer statements for each of them", () => {
    const idle = proof.kept.filter(({ figures, isShared }) => !isShared && figures.statements.after >= figures.statements.before);
    expect(idle.map(({ finding }) => finding.claim)).toEqual([]);
    const saved = proof.kept.reduce((sum, { figures: { statements } }) => sum + statements.before - statements.after, 0);
    expect(proof.before.statements - proof.after.statements).toBe(saved);
  });

  test("then sends as many statements as the twin that was written right", () => {
    const rowsNear = (findings: readonly Finding[]): ReadonlySet<string> =>
      new Set(planted.filter((row) => row.rule === "n-plus-one" && findings.some((finding) => isNear(finding, row))).map(({ id }) => id));
    // A page with a second defect whose fix is no safe edit keeps that one's statements.
    const halfMended = rowsNear(others);
    const cases = [...rowsNear(safe)].filter((id) => !halfMended.has(id) && sent("DefectTest", id) > 0);
    expect(cases.length).toBeGreaterThan(40);
    expect(cases.filter((id) => sent("DefectTest", id) > sent("TwinTest", id))).toEqual([]);
    expect(after.status).toBe(0);
  });
});

/** Statements of a case's test after the fixes; 0 where no test is of that name. */
function sent(suite: "DefectTest" | "TwinTest", id: string): number {
  const scope = after.scopes.get(`test tests.test_works.${suite}.test_${id.replaceAll("-", "_")}`);
  return scope === undefined ? 0 : statementCount(scope);
}
