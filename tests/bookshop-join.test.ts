/** The bookshop's own tests, recorded: the statements that its code sends are joined to its lines by their shape alone. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
// @ts-expect-error a plain script
import { ensurePythonEnv } from "../scripts/python-env.mjs";
import { bookshop } from "./support/bookshop.ts";
import { useBuiltProgram } from "./support/built-cli.ts";

interface Totals {
  readonly statements: number;
  readonly calls: number;
  readonly rows: readonly { readonly verdict: string; readonly statements: number; readonly calls: number }[];
}

const repository = path.resolve(import.meta.dirname, "..");
const program = useBuiltProgram();
const folder = mkdtempSync(path.join(tmpdir(), "luthier-bookshop-join-"));
let totals: Totals;
let said = "";

beforeAll(async () => {
  const { python } = (await ensurePythonEnv()) as { python: string };
  const recording = path.join(folder, "run");
  const suite = [python, "manage.py", "test", "--settings", "bookshop.settings.test"];
  const recorded = [process.execPath, program(), "record", "--out", recording, "--", ...suite];
  spawnSync(process.execPath, [path.join(repository, "scripts/postgres.mjs"), "--", ...recorded], { cwd: bookshop });
  const out = path.join(folder, "score.json");
  const modules = path.resolve(path.dirname(program()), "../../build");
  const score = ["bench/join/score.mjs", "--project", bookshop, "--recording", recording, "--misses", "40", "--out", out, "--build", modules];
  const run = spawnSync(process.execPath, score, { cwd: repository, encoding: "utf8", maxBuffer: 1 << 26 });
  said = `${run.stdout}${run.stderr}`;
  totals = (JSON.parse(readFileSync(out, "utf8")) as { readonly totals: Totals }).totals;
}, 1_200_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function share(verdicts: readonly string[], of: "statements" | "calls"): number {
  return totals.rows.filter(({ verdict }) => verdicts.includes(verdict)).reduce((sum, row) => sum + row[of], 0) / totals[of];
}

test("the shop's own code sends hundreds of statements", () => {
  expect(totals.statements).toBeGreaterThan(500);
});

test("nearly all are joined to the line that sends them, or to lines of which it is one", () => {
  expect(share(["right", "one of"], "statements"), said).toBeGreaterThan(0.93);
  expect(share(["right", "one of"], "calls"), said).toBeGreaterThan(0.95);
  expect(share(["right"], "statements"), said).toBeGreaterThan(0.38);
});

test("hardly any is joined to other lines", () => {
  expect(share(["wrong", "one of wrong"], "statements"), said).toBeLessThan(0.02);
  expect(share(["wrong", "one of wrong"], "calls"), said).toBeLessThan(0.02);
});
