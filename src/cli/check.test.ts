import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runCli, type CliResult, type CliWorld } from "../../tests/support/run-cli.ts";
import { SAMPLE_FILES, SAMPLE_FINDINGS, SAMPLE_REPORT } from "../../tests/support/sample-report.ts";
import { commitAll, temporaryFolder, writeFiles } from "../../tests/support/temporary-folder.ts";
import type { Report } from "../model/report.ts";
import { UsageError } from "../model/usage-error.ts";

const project = (): string => temporaryFolder({ ...SAMPLE_FILES, ".git/HEAD": "" });

async function check(args: readonly string[] = [], world: Partial<CliWorld> = {}): Promise<CliResult> {
  return runCli(["check", ...args], { cwd: world.cwd ?? project(), ...world });
}

const foundBy = ({ stdout }: CliResult): string[] => (JSON.parse(stdout) as Report).findings.map(({ id }) => id.slice(0, 4));

describe("check", () => {
  test("prints what the terminal sample shows", async () => {
    const { stdout, stderr, status } = await check();
    expect(stdout).toMatch(/^error {2}multi-aggregate-join {2}2\.2 {2}certain {2}c0aa {16}━──── inferred\n/);
    expect(stdout).toContain("10 findings: 1 error, 5 warnings, 4 info. 1 has a safe fix: luthier fix\n");
    expect([stderr, status]).toEqual(["", 1]);
  });

  test.each([
    ["error", 1],
    ["never", 0],
  ])("--fail-on %s exits with %i", async (severity, status) => {
    expect((await check(["--fail-on", severity])).status).toBe(status);
  });

  test("exits with 0 when only info is left", async () => {
    expect((await check(["--select", "only-without-foreign-key"])).status).toBe(0);
  });

  test("--format json is one document and nothing else", async () => {
    const { stdout, stderr } = await check(["--format", "json"]);
    const report = JSON.parse(stdout) as Report;
    expect(report.schema).toBe("luthier-report/1");
    expect(report.findings).toHaveLength(SAMPLE_FINDINGS.length);
    expect(report.findings[0]).toEqual(SAMPLE_FINDINGS[0]);
    expect(stderr).toBe("");
  });

  test.each(["sarif", "github", "markdown"])("--format %s", async (format) => {
    expect((await check(["--format", format])).stdout.length).toBeGreaterThan(100);
  });

  test("--select and --ignore take several words, in one option or in two", async () => {
    expect(foundBy(await check(["--format=json", "--select", "2.4,c0aa", "--ignore", "k3f9", "--ignore", "b41e"]))).toEqual(["c0aa", "k90a"]);
  });

  test("--output writes to a file, plain even from a terminal", async () => {
    const cwd = project();
    const { stdout } = await check(["--output", "out.txt"], { cwd, isTerminal: true });
    expect(stdout).toBe("");
    expect(readFileSync(path.join(cwd, "out.txt"), "utf8")).toMatch(/^error {2}multi-aggregate-join/);
  });

  test("hands the analysis its options", async () => {
    const cwd = temporaryFolder({ "app/manage.py": "" });
    const { options } = await check(["app", "--exclude", "legacy", "--exclude", "x/**", "--jobs", "3", "--no-cache"], {
      cwd,
    });
    expect(options).toMatchObject({ root: path.join(cwd, "app"), exclude: ["legacy", "x/**"], jobs: 3, cache: false });
  });

  test("the command line beats the file, and the file the defaults", async () => {
    const cwd = temporaryFolder({
      "luthier.toml": 'format = "json"\nselect = ["2.4"]\nno-cache = true\njobs = 7',
      ...SAMPLE_FILES,
    });
    const result = await check(["--select", "2.2", "--jobs", "2"], { cwd });
    expect(foundBy(result)).toEqual(["c0aa", "m2d7", "t7c2"]);
    expect(result.options).toMatchObject({ jobs: 2, cache: false });
  });

  test("paths are shown from where the command was run", async () => {
    const cwd = temporaryFolder({ ".git/HEAD": "" });
    writeFiles(path.join(cwd, "backend"), SAMPLE_FILES);
    const { stdout } = await check(["backend"], { cwd });
    expect(stdout).toContain("  queryset  backend/shop/views/orders.py:31:16\n         31 │ return Order");
  });
});

describe("on a terminal", () => {
  test("in colour and at most 100 columns wide", async () => {
    const { stdout } = await check([], { isTerminal: true, columns: 200 });
    const [blank, first] = stdout.split("\n");
    expect(blank).toBe("");
    expect(first).toBe(`\u001B[31merror\u001B[39m  multi-aggregate-join  2.2  certain  c0aa${" ".repeat(36)}\u001B[2m━──── inferred\u001B[22m`);
  });
  test.each([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["TERM=dumb", { TERM: "dumb" }],
  ])("plain with %s", async (_, env) => {
    expect((await check([], { isTerminal: true, env })).stdout).not.toContain("\u001B");
  });
  test("links where the terminal takes them", async () => {
    const { stdout } = await check([], { isTerminal: true, env: { TERM_PROGRAM: "WezTerm" } });
    expect(stdout).toContain("\u001B]8;;file://");
    expect(stdout).toContain("/shop/reports.py\u001B\\shop/reports.py:58:19\u001B]8;;\u001B\\");
    const inTmux = await check([], { isTerminal: true, env: { TERM_PROGRAM: "WezTerm", TMUX: "x" } });
    expect(inTmux.stdout).not.toContain("\u001B]8");
  });
  test("in ASCII where the locale is not UTF-8", async () => {
    expect((await check([], { env: { LANG: "C" } })).stdout).toContain("c0aa                =---- inferred\n");
  });
  test("progress is drawn on standard error and erased", async () => {
    const analyse: CliWorld["analyse"] = (_, progress) => {
      progress({ phase: "parsing", done: 884, total: 1204, unit: "files" });
      return Promise.resolve(SAMPLE_REPORT);
    };
    const { stderr } = await check([], { isTerminal: true, analyse });
    expect(stderr).toBe("\r\u001B[K  parsing  ━━━━━━━━━━━━━━━━━━━━━━━───────── 884 of 1,204 files\r\u001B[K");
    expect((await check([], { analyse })).stderr).toBe("");
  });
});

describe("could not run", () => {
  test("nothing examined is not a pass", async () => {
    const empty = { ...SAMPLE_REPORT, findings: [], evidence: ["source"] };
    const report: Report = {
      ...empty,
      project: { ...empty.project, models: 0 },
      coverage: { ...empty.coverage, queryOrigins: 0, resolvedOrigins: 0 },
    };
    const cwd = temporaryFolder({ "docs/a.md": "" });
    const { status, stdout, stderr } = await check(["docs/"], { cwd, report });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "luthier: nothing to examine in docs/: no Python file imports Django.\n" + "Give the folder that holds manage.py, or a recording or a snapshot.\n",
    );
    const bare = { ...report, coverage: { ...report.coverage, filesParsed: 0, filesFailed: 0 } };
    expect((await check(["docs/"], { cwd, report: bare })).stderr).toContain("nothing to examine in docs/: it holds no Python file.\n");
  });

  test.each([
    [["check", "nowhere"], "luthier: nowhere is not there.\n"],
    [["check", "--jobs", "0"], "It must be a whole number from 1 on.\n"],
    [["check", "--formt", "json"], "luthier: unknown option '--formt'.\nDid you mean --format?\n"],
    [["chekc"], "luthier: unknown command 'chekc'.\nDid you mean check?\n"],
    [["help", "chekc"], "luthier: unknown command 'chekc'.\nDid you mean check?\n"],
    [["check", "--update-baseline"], "luthier: --update-baseline needs a file to write.\nAdd --baseline FILE.\n"],
    [["check", "--baseline", "none.json"], "none.json is not there.\nWrite it first: --update-baseline.\n"],
    [["check", "--select", "n-plus-on"], "Did you mean n-plus-one?"],
    [["check", "a", "b"], "too many arguments"],
    [[], "Usage: luthier"],
  ])("%j", async (args, words) => {
    const { status, stdout, stderr } = await runCli(args, { cwd: project() });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(words);
  });

  test("a usage error of the analysis is said in its words", async () => {
    const analyse = (): Promise<Report> => Promise.reject(new UsageError("x", "the sentence.", "The remedy."));
    expect(await check([], { analyse })).toMatchObject({ status: 2, stderr: "luthier: the sentence.\nThe remedy.\n" });
  });

  test("a bug is told with version, stack and causes", async () => {
    const analyse = (): Promise<Report> => Promise.reject(new Error("boom", { cause: new TypeError("deep") }));
    const { status, stderr } = await check([], { analyse });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^luthier 0\.1\.0 met a bug of its own .*\nError: boom\n {4}at [\s\S]*caused by: TypeError: deep\n[\s\S]*Please report it/);
  });
});

describe("help", () => {
  test.each([["--help"], ["check", "--help"], ["help", "fix"]])("%s", async (...args) => {
    const { status, stdout } = await runCli(args, { cwd: project() });
    expect(status).toBe(0);
    expect(stdout).toContain("Usage: luthier");
  });
});

describe("baseline", () => {
  test("is written, known, and pruned", async () => {
    const cwd = project();
    const args = ["--baseline", "base.json"];
    expect(await check([...args, "--update-baseline"], { cwd })).toMatchObject({
      status: 0,
      stderr: "Baseline base.json: 10 findings.\n",
    });
    const known = await check(args, { cwd });
    expect(known.status).toBe(0);
    expect(known.stdout).toMatch(/^No findings\.\nLeft out: {3}10 in the baseline\n/);
    const fewer = { ...SAMPLE_REPORT, findings: SAMPLE_FINDINGS.slice(2) };
    const stale = await check(args, { cwd, report: fewer });
    expect(stale.stderr).toBe("luthier: 2 findings of base.json are there no more; remove them with --update-baseline.\n");
    expect((await check([...args, "--update-baseline"], { cwd, report: fewer })).stderr).toBe("Baseline base.json: 8 findings, 2 stale removed.\n");
  });

  test("is written whole, whatever was selected", async () => {
    const cwd = project();
    const { stderr } = await check(["--baseline", "base.json", "--update-baseline", "--select", "2.4"], { cwd });
    expect(stderr).toContain("10 findings");
  });
});

test("--since keeps what has a place on a changed line", async () => {
  const cwd = temporaryFolder(SAMPLE_FILES);
  commitAll(cwd);
  const row = SAMPLE_FILES["shop/templates/orders/_row.html"] ?? "";
  writeFiles(cwd, {
    "shop/templates/orders/_row.html": row.replace("<td>{{ order.customer", "<td class=a>{{ order.customer"),
  });
  expect(foundBy(await check(["--since", "main", "--format", "json"], { cwd }))).toEqual(["k3f9"]);
  const outside = await check(["--since", "main"], { cwd: temporaryFolder(SAMPLE_FILES) });
  expect(outside).toMatchObject({ status: 2, stderr: expect.stringContaining("needs a git repository") });
});
