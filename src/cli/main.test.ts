import { execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SAMPLE_FILES, SAMPLE_REPORT, SAMPLE_RULES } from "../../tests/support/sample-report.ts";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";

const repository = path.resolve(import.meta.dirname, "../..");
/** Inside the repository, so that the built files find its packages. */
let built = "";
let main = "";
/** A program that is luthier over a canned report. */
let canned = "";

beforeAll(() => {
  mkdirSync(path.join(repository, ".cache"), { recursive: true });
  built = mkdtempSync(path.join(repository, ".cache/e2e-"));
  cpSync(path.join(repository, "package.json"), path.join(built, "package.json"));
  execFileSync(process.execPath, ["scripts/build.mjs", path.join(built, "dist")], { cwd: repository });
  main = path.join(built, "dist/cli/main.js");
  canned = path.join(built, "canned.mjs");
  writeFileSync(path.join(built, "canned.json"), JSON.stringify({ report: SAMPLE_REPORT, rules: SAMPLE_RULES }));
  writeFileSync(
    canned,
    `import { readFileSync } from "node:fs";
import { runProcess } from "./dist/cli/run-process.js";
const { report, rules } = JSON.parse(readFileSync(new URL("canned.json", import.meta.url), "utf8"));
const hang = () => new Promise((resolve) => { process.stdout.write("ready\\n"); setTimeout(resolve, 60_000); });
const many = { ...report, findings: Array.from({ length: 2000 }, (_, i) => ({ ...report.findings[1], id: "x" + i })) };
const analyse = { hang, many: () => Promise.resolve(many) }[process.env.CANNED] ?? (() => Promise.resolve(report));
await runProcess(process.argv.slice(2), { analyse, rules: () => Promise.resolve(rules) });
`,
  );
});

afterAll(() => rmSync(built, { recursive: true, force: true }));

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function node(file: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<Result> {
  const env = { PATH: process.env["PATH"], LANG: "C.UTF-8", ...options.env };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: options.cwd ?? repository, env }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe("the built command", () => {
  test("--version prints the version and loads nothing else", async () => {
    const folder = temporaryFolder();
    const { status, stdout } = await node(main, ["--version"], { env: { NODE_V8_COVERAGE: folder } });
    const { version } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as { version: string };
    expect([status, stdout]).toEqual([0, `${version}\n`]);
    const [coverage = ""] = readdirSync(folder);
    const loaded = (JSON.parse(readFileSync(path.join(folder, coverage), "utf8")) as { result: { url: string }[] }).result;
    const files = loaded.map(({ url }) => url).filter((url) => url.startsWith("file:"));
    const names = files.map((url) => path.basename(url).replace(/-[\w-]{8}\.js$/, ".js"));
    expect(new Set(names)).toEqual(new Set(["main.js", "version.js"]));
  });

  test("nothing to examine exits with 2", async () => {
    const { status, stdout, stderr } = await node(main, ["check", temporaryFolder({ "notes.md": "" })]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^luthier: nothing to examine in /);
  });

  test("bad usage exits with 2", async () => {
    expect(await node(main, ["check", "--formt"])).toMatchObject({ status: 2, stdout: "" });
  });
});

describe("over a canned report", () => {
  test("findings exit with 1, as text from a pipe without colour", async () => {
    const { status, stdout, stderr } = await node(canned, ["check"], {
      cwd: temporaryFolder({ ...SAMPLE_FILES, ".git/HEAD": "" }),
    });
    expect([status, stderr]).toEqual([1, ""]);
    const golden = readFileSync(path.join(repository, "src/report/goldens/check.txt"), "utf8");
    // This build has no `snapshot`, so its hints do not name it.
    const withoutHints = (text: string): string => text.replaceAll(/^ {2}proof .*$/gm, "").replace(/: luthier snapshot.*/, "");
    expect(withoutHints(stdout)).toBe(withoutHints(golden));
    expect(stdout).toContain("  proof     none yet: luthier fix --select k3f9 --prove -- COMMAND\n");
  });

  test("a reader that stops early is no error", async () => {
    const child = spawn(process.execPath, [canned, "check", "--verbose"], { env: { ...process.env, CANNED: "many" } });
    let errors = "";
    child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on("exit", resolve));
    expect([status, errors]).toEqual([1, ""]);
  });

  test("an interrupt exits with 130", async () => {
    const child = spawn(process.execPath, [canned, "check"], { env: { ...process.env, CANNED: "hang" } });
    child.stdout.once("data", () => child.kill("SIGINT"));
    expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(130);
  });
});
