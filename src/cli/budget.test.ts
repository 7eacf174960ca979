import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { runCli, type CliResult } from "../../tests/support/run-cli.ts";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { RecordedProcess, writeRecording } from "../../tests/support/write-recording.ts";

const VIEW = "shop/views.py:12 order_list";
const LINE = "shop/models.py:30 Order.total";

/** Tests by name, each with its statements by frame. */
type Suite = Readonly<Record<string, readonly string[]>>;

function processOf(suite: Suite): RecordedProcess {
  const process = new RecordedProcess();
  for (const [name, frames] of Object.entries(suite)) {
    process.scope("test", name, { outcome: "passed" }, (scope) => {
      const request = process.begin("request", "GET", scope);
      for (const frame of frames) process.query(request, "SELECT 1", [frame, "shop/tests.py:9 test"]);
      process.end(request, { route: "orders/" });
    });
  }
  return process;
}

function run(root: string, ...args: string[]): Promise<CliResult> {
  return runCli(["budget", ...args], { cwd: root });
}

async function locked(suite: Suite): Promise<string> {
  const root = temporaryFolder();
  writeRecording(root, [processOf(suite)]);
  expect(await run(root, "--update")).toMatchObject({ status: 0, stderr: expect.stringMatching(/^Budget luthier\.lock: /) as string });
  return root;
}

const SUITE: Suite = { "shop.tests.B.test_list": [VIEW, LINE], "shop.tests.A.test_total": [VIEW] };

test("the lock file is sorted, one line a test, and names functions rather than lines", async () => {
  const root = await locked(SUITE);
  expect(readFileSync(path.join(root, "luthier.lock"), "utf8")).toBe(
    `# Statements of each test and route. Written by luthier budget --update; luthier budget --check fails when one grows.
version = 1

[tests]
"shop.tests.A.test_total" = { statements = 1, at = ["1 shop/views.py order_list"] }
"shop.tests.B.test_list" = { statements = 2, at = ["1 shop/models.py Order.total", "1 shop/views.py order_list"] }
`,
  );
});

test("what grew fails the check, with how much and from which line", async () => {
  const root = await locked(SUITE);
  writeRecording(root, [processOf({ ...SUITE, "shop.tests.B.test_list": [VIEW, LINE, LINE, LINE, "shop/models.py:31 Order.total"] })]);
  const { status, stdout } = await run(root, "--check");
  expect(status).toBe(1);
  expect(stdout).toBe(`shop.tests.B.test_list
  2 → 5 queries (+3)
  +3  shop/models.py:30  Order.total

1 budget grew. Mend what sends more, or accept it: luthier budget --update
Compared 2 tests and routes with luthier.lock.
`);
});

test("the order of tests, the processes that they ran in and lines that moved change nothing", async () => {
  const root = await locked(SUITE);
  const [first, second] = Object.entries(SUITE);
  const moved = (frames: readonly string[]): string[] => frames.map((frame) => frame.replace(":", ":1"));
  if (!first || !second) throw new Error("two tests");
  writeRecording(root, [processOf({ [second[0]]: moved(second[1]) }), processOf({ [first[0]]: moved(first[1]) })]);
  expect(await run(root, "--check")).toMatchObject({ status: 0, stdout: "Nothing grew.\nCompared 2 tests and routes with luthier.lock.\n" });
  const before = readFileSync(path.join(root, "luthier.lock"), "utf8");
  await run(root, "--update");
  expect(readFileSync(path.join(root, "luthier.lock"), "utf8")).toBe(before);
});

test("improvements, new tests and tests that did not run are told, and are no failure", async () => {
  const root = await locked(SUITE);
  writeRecording(root, [processOf({ "shop.tests.B.test_list": [VIEW], "shop.tests.C.test_new": [VIEW] })]);
  const { status, stdout } = await run(root, "--check");
  expect(status).toBe(0);
  expect(stdout).toBe(`Fewer queries than the budget allows
  2 → 1  shop.tests.B.test_list

Nothing grew.
Compared 1 test or route with luthier.lock.
1 budget can be lowered: luthier budget --update
1 without a budget, such as shop.tests.C.test_new: luthier budget --update
1 in the budget did not run.
`);
  await run(root, "--update", "--keep");
  expect(readFileSync(path.join(root, "luthier.lock"), "utf8").match(/^"[^"]*"/gm)).toEqual([
    '"shop.tests.A.test_total"',
    '"shop.tests.B.test_list"',
    '"shop.tests.C.test_new"',
  ]);
  await run(root, "--update");
  expect(readFileSync(path.join(root, "luthier.lock"), "utf8")).not.toContain("test_total");
});

test.each([
  [["--tolerance", "1"], {}, 0],
  [["--tolerance", "50%"], {}, 0],
  [["--tolerance", "49%"], {}, 1],
  [[], { "luthier.toml": "thresholds = { budget-tolerance = 1 }\n" }, 0],
  [[], {}, 1],
])("a tolerance of %j %j gives %i", async (args, files, status) => {
  const root = await locked(SUITE);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root, name), text);
  writeRecording(root, [processOf({ ...SUITE, "shop.tests.B.test_list": [VIEW, LINE, LINE] })]);
  expect((await run(root, "--check", ...args)).status).toBe(status);
});

test("routes outside tests have budgets too", async () => {
  const root = temporaryFolder();
  const process = new RecordedProcess();
  for (const count of [1, 3, 2]) {
    process.scope("request", "GET", { route: "orders/" }, (scope) => {
      for (let index = 0; index < count; index += 1) process.query(scope, "SELECT 1", [VIEW]);
    });
  }
  writeRecording(root, [process]);
  await run(root, "--update");
  expect(readFileSync(path.join(root, "luthier.lock"), "utf8")).toContain('[routes]\n"GET /orders/" = { statements = 3, at = ["3 shop/views.py order_list"] }');
});

test("it says what it lacks", async () => {
  const root = temporaryFolder();
  expect(await run(root)).toMatchObject({ status: 2, stderr: expect.stringContaining("needs --update or --check") as string });
  expect(await run(root, "--check")).toMatchObject({ status: 2, stderr: expect.stringContaining("nothing was recorded here yet") as string });
  writeRecording(root, [new RecordedProcess()]);
  expect(await run(root, "--check")).toMatchObject({ status: 2, stderr: expect.stringContaining("neither a test nor a request") as string });
  writeRecording(root, [processOf(SUITE)]);
  expect(await run(root, "--check")).toMatchObject({ status: 2, stderr: expect.stringContaining("there is no luthier.lock yet") as string });
  writeFileSync(path.join(root, "luthier.lock"), "version = 7\n");
  expect(await run(root, "--check")).toMatchObject({ status: 2, stderr: expect.stringContaining("is no budget of this version") as string });
  expect(await run(root, "--check", "--tolerance", "many")).toMatchObject({ status: 2 });
});
