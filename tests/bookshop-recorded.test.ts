/** The bookshop's own tests, recorded: what is planted was seen to happen, and the source had found it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
// @ts-expect-error a plain script
import { ensurePythonEnv } from "../scripts/python-env.mjs";
import type { Report } from "../src/index.ts";
import { rungOf } from "../src/select/severity.ts";
import { bookshop, isNear, knownGaps, planted, type Planted } from "./support/bookshop.ts";
import { useBuiltProgram } from "./support/built-cli.ts";

/** Rules whose findings are one lazy load for each row, which the recorder tells by its cause. */
const PER_ROW: ReadonlySet<string> = new Set(["n-plus-one", "aggregate-in-loop", "generic-foreign-key-lazy"]);

/** Cases that the tests run in their fixtures alone, which are left out, or with no more than one row. */
const NOT_RUN: ReadonlySet<string> = new Set(["admin-dotted-column", "admin-audit-actor", "command-credit-line"]);

const repository = path.resolve(import.meta.dirname, "..");
const program = useBuiltProgram();
const folder = mkdtempSync(path.join(tmpdir(), "luthier-bookshop-"));
let report: Report;
let said = "";
let status: number | null = null;

beforeAll(async () => {
  const { python } = (await ensurePythonEnv()) as { python: string };
  const suite = [python, "manage.py", "test", "--settings", "bookshop.settings.test"];
  const recorded = [process.execPath, program(), "record", "--out", path.join(folder, "run"), "--", ...suite];
  const run = spawnSync(process.execPath, [path.join(repository, "scripts/postgres.mjs"), "--", ...recorded], { cwd: bookshop, encoding: "utf8" });
  said = `${run.stdout}${run.stderr}`;
  status = run.status;
  const check = ["check", bookshop, "--no-cache", "--min-confidence", "possible", "--format", "json", "--recording", path.join(folder, "run")];
  report = JSON.parse(spawnSync(process.execPath, [program(), ...check], { encoding: "utf8", maxBuffer: 1 << 28 }).stdout) as Report;
}, 1_200_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the shop passes its own tests on PostgreSQL, recorded as they are", () => {
  expect(status, said.slice(-6000)).toBe(0);
  expect(said).toMatch(/Ran \d{3} tests/);
});

test("every planted N+1 that the tests run is found by the source and was seen", () => {
  const cases = new Map<string, Planted[]>();
  for (const row of planted) {
    const name = `${row.rule} ${row.id}`;
    if (!PER_ROW.has(row.rule) || !row.evidence.includes("R") || name in knownGaps || NOT_RUN.has(row.id)) continue;
    cases.set(name, [...(cases.get(name) ?? []), row]);
  }
  const seen = report.findings.filter((finding) => rungOf(finding) === "recorded");
  const unseen = [...cases].filter(([, rows]) => !seen.some((finding) => finding.rule === rows[0]?.rule && rows.every((row) => isNear(finding, row))));
  expect(cases.size).toBeGreaterThan(70);
  expect(unseen.map(([name]) => name)).toEqual([]);
});

test("no twin was seen to be slow", () => {
  const missed = new Set(report.coverage.recording?.missed);
  const blamed = planted.filter(({ twin }) =>
    report.findings.some((finding) => missed.has(finding.id) && PER_ROW.has(finding.rule) && isNear(finding, twin, 0)),
  );
  expect(blamed.map(({ id }) => id)).toEqual([]);
});

test("the source knows nearly every N+1 that was recorded", () => {
  const { clusters = 0, found = 0 } = report.coverage.recording ?? {};
  expect(clusters).toBeGreaterThan(80);
  expect(found / clusters).toBeGreaterThan(0.95);
});
