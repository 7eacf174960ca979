import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { readConfiguration } from "./configuration.ts";

const withPyproject = (table: string): string => temporaryFolder({ "pyproject.toml": `[tool.luthier]\n${table}`, ".git/HEAD": "" });

test("every setting", async () => {
  const folder = withPyproject(`
select = ["2.4"]
ignore = ["save-in-loop"]
min-confidence = "certain"
fail-on = "error"
format = "json"
baseline = "luthier-baseline.json"
exclude = ["legacy/**"]
jobs = 2
no-cache = true
verbose = true
quiet = false
settings = "shop.settings"
source-roots = ["src"]
conventions = ["conventions.pyi"]
per-file-ignores = { "tests/**" = ["n-plus-one"] }
[tool.luthier.thresholds]
wide-row = 30
`);
  expect((await readConfiguration(folder))?.values).toEqual({
    select: ["2.4"],
    ignore: ["save-in-loop"],
    minConfidence: "certain",
    failOn: "error",
    format: "json",
    baseline: path.join(folder, "luthier-baseline.json"),
    exclude: ["legacy/**"],
    jobs: 2,
    cache: false,
    verbose: true,
    quiet: false,
    settings: ["shop.settings"],
    sourceRoots: ["src"],
    conventions: [path.join(folder, "conventions.pyi")],
    perFileIgnores: { "tests/**": ["n-plus-one"] },
    thresholds: { "wide-row": 30 },
  });
});

describe("where it is found", () => {
  test("nowhere", async () => {
    expect(await readConfiguration(temporaryFolder({ ".git/HEAD": "" }))).toBeNull();
  });
  test("not in a pyproject.toml without our table, but above it", async () => {
    const top = temporaryFolder({ "luthier.toml": "jobs = 3", "app/pyproject.toml": "[tool.ruff]", ".git/HEAD": "" });
    expect(await readConfiguration(path.join(top, "app"))).toEqual({
      path: path.join(top, "luthier.toml"),
      values: { jobs: 3 },
    });
  });
  test("luthier.toml before pyproject.toml", async () => {
    const folder = temporaryFolder({
      "luthier.toml": "jobs = 3",
      "pyproject.toml": "[tool.luthier]\njobs = 4",
      ".git/HEAD": "",
    });
    expect((await readConfiguration(folder))?.values).toEqual({ jobs: 3 });
  });
  test("not above the repository", async () => {
    const top = temporaryFolder({ "luthier.toml": "jobs = 3", "repository/.git/HEAD": "" });
    expect(await readConfiguration(path.join(top, "repository"))).toBeNull();
  });
});

test("paths of a file above the root are seen from the root", async () => {
  const top = temporaryFolder({
    ".git/HEAD": "",
    "luthier.toml": `
exclude = ["backend/legacy/**", "frontend/**", "**/vendor", "node_modules"]
source-roots = ["backend/src", "other"]
baseline = "base.json"
per-file-ignores = { "backend/tests/**" = ["2.4"] }`,
    "backend/manage.py": "",
  });
  expect((await readConfiguration(path.join(top, "backend")))?.values).toEqual({
    exclude: ["legacy/**", "**/vendor", "node_modules"],
    sourceRoots: ["src"],
    baseline: path.join(top, "base.json"),
    perFileIgnores: { "tests/**": ["2.4"] },
  });
});

describe("refuses with the file, the key and what would be right", () => {
  test.each([
    ["fail_on = 'error'", "unknown-key", "there is no setting tool.luthier.fail_on", "Did you mean fail-on?"],
    ["colour = 1", "unknown-key", "tool.luthier.colour", "Valid keys: select, ignore"],
    ["fail-on = 'high'", "wrong-value", "tool.luthier.fail-on", '"error", "warning", "info", "never"'],
    ["jobs = 0", "wrong-value", "tool.luthier.jobs", "a whole number from 1 on"],
    ["select = '2.4'", "wrong-value", "tool.luthier.select", "a list of rules"],
    ["select = ['2.4', 3]", "wrong-value", "tool.luthier.select.1", "a list of rules"],
    ["thresholds = { a = 'b' }", "wrong-value", "tool.luthier.thresholds.a", "a table of numbers"],
    ["= 3", "unreadable-configuration", "pyproject.toml:2:", "Mend the file's TOML."],
  ])("%s", async (table, code, sentence, remedy) => {
    await expect(readConfiguration(withPyproject(table))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(sentence),
      remedy: expect.stringContaining(remedy),
    });
  });
  test("a table that is none", async () => {
    const folder = temporaryFolder({ "pyproject.toml": "[tool]\nluthier = 3", ".git/HEAD": "" });
    await expect(readConfiguration(folder)).rejects.toMatchObject({ code: "wrong-value" });
  });
});
