import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { analyse } from "../analyse.ts";
import type { Report } from "../model/report.ts";
import { runCli } from "../../tests/support/run-cli.ts";
import { temporaryFolder, writeFiles } from "../../tests/support/temporary-folder.ts";
import { RecordedProcess, writeRecording } from "../../tests/support/write-recording.ts";

/** The lines that frames name below are counted here. */
const PROJECT = {
  "manage.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"\n',
  "shop/__init__.py": "",
  "shop/settings.py": 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "shop.urls"\n',
  "shop/models.py": [
    "from django.db import models",
    "class Customer(models.Model):",
    "    name = models.TextField()",
    "class Order(models.Model):",
    "    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)",
    "    note = models.TextField()",
    "",
  ].join("\n"),
  "shop/views.py": [
    "from shop.models import Customer, Order", // 1
    "def order_list(request):",
    "    orders = Order.objects.all()",
    "    for order in orders:",
    "        print(", // 5
    "            order.customer.name,",
    "        )",
    "def dynamic(request, names):",
    "    for order in Order.objects.all():",
    "        for name in names:", // 10
    "            print(getattr(order, name))",
    "def find(request, keys):",
    "    for key in keys.split():",
    "        print(lookup(key))",
    "def lookup(key):", // 15
    "    return globals()['Customer'].objects.filter(name=key).first()",
    "",
  ].join("\n"),
};

const ORDERS = 'SELECT "shop_order"."id" FROM "shop_order"';
const CUSTOMER = 'SELECT "shop_customer"."id" FROM "shop_customer" WHERE "shop_customer"."id" = %s';

interface Pass {
  readonly fetch: string;
  readonly access: readonly string[];
  readonly rows?: number;
}

function nPlusOne(process: RecordedProcess, scope: number, { fetch, access, rows = 5 }: Pass): void {
  const orders = process.fetch(scope, "shop.Order", rows, ORDERS, [fetch]);
  for (let row = 1; row <= rows; row += 1) {
    process.query(scope, CUSTOMER, access, { cause: process.cause("forward", "shop.Order", "customer", orders), instance: row, duration: 2000 });
  }
}

const LISTED: Pass = { fetch: "shop/views.py:4 order_list", access: ["shop/views.py:5 order_list"] };
const DYNAMIC: Pass = { fetch: "shop/views.py:9 dynamic", access: ["shop/views.py:11 dynamic"] };

function request(process: RecordedProcess, route: string, body: (scope: number) => void, parent = 0): void {
  process.scope("request", "GET", { route, view: `shop.views.${route.replace("/", "")}` }, body, parent);
}

async function check(root: string, ...flags: string[]): Promise<Report> {
  const { stdout, stderr } = await runCli(["check", "--format", "json", "--no-cache", "--min-confidence", "possible", ...flags], { cwd: root, analyse });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

function project(...processes: readonly RecordedProcess[]): string {
  const root = temporaryFolder(PROJECT);
  for (const file of Object.keys(PROJECT)) utimesSync(path.join(root, file), 1_600_000_000, 1_600_000_000);
  if (processes.length > 0) writeRecording(root, processes);
  return root;
}

describe("a finding that was recorded", () => {
  const process = new RecordedProcess();
  for (const rows of [5, 25, 1]) request(process, "orders/", (scope) => nPlusOne(process, scope, { ...LISTED, rows }));

  test("rises to the second rung with its figures, though the frame names another line of the statement", async () => {
    const report = await check(project(process));
    expect(report.evidence).toEqual(["source", "recording"]);
    const [finding] = report.findings.filter(({ rule }) => rule === "n-plus-one");
    expect(finding).toMatchObject({
      confidence: "certain",
      relation: "customer",
      impact: { statements: { before: 5, after: 0, high: 25, per: "request" }, milliseconds: { per: "request" } },
    });
    expect(finding?.evidence.at(-1)).toMatchObject({
      kind: "recorded",
      note: "2 of 3 requests to GET /orders/",
      statements: 5,
      most: 25,
      scopes: 2,
      totalStatements: 30,
    });
    expect(report.coverage.recording).toMatchObject({ clusters: 1, found: 1, missed: [], lifted: 1, stale: [] });
  });

  test("keeps its id", async () => {
    const [without, withIt] = [await check(project()), await check(project(process))];
    expect(without.findings.map(({ id }) => id)).toEqual(expect.arrayContaining(withIt.findings.map(({ id }) => id)));
    expect(without.evidence).toEqual(["source"]);
  });

  test("says so in the terminal", async () => {
    const { stdout } = await runCli(["check", "--select", "n-plus-one", "--no-cache"], { cwd: project(process), analyse });
    expect(stdout).toContain("━━─── recorded");
    expect(stdout).toContain("evidence  2 of 3 requests to GET /orders/; 5 queries");
    expect(stdout).toContain("1 of 1 N+1 was found in source");
  });

  test("costs seconds a minute where traffic was recorded, not tests", async () => {
    const long = new RecordedProcess();
    request(long, "orders/", (scope) => nPlusOne(long, scope, LISTED));
    long.wait(60_000_000);
    const [live] = (await check(project(long))).findings.filter(({ rule }) => rule === "n-plus-one");
    expect(live?.impact.milliseconds).toMatchObject({ per: "minute" });
    expect(live?.impact.milliseconds?.before).toBeCloseTo(10, 0);
  });
});

describe("what the source missed", () => {
  test("becomes a finding of its rule, placed through the recorded stacks, and is counted", async () => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => nPlusOne(process, scope, DYNAMIC));
    const report = await check(project(process));
    const finding = report.findings.find(({ evidence }) => evidence.some(({ kind }) => kind === "recorded"));
    expect(finding).toMatchObject({ rule: "n-plus-one", confidence: "certain", model: "shop.Order", relation: "customer" });
    expect(finding?.places.map(({ role, file, line }) => `${role} ${file}:${line}`)).toEqual(["queryset shop/views.py:9", "access shop/views.py:11"]);
    expect(report.coverage.recording).toMatchObject({ clusters: 1, found: 0, missed: [finding?.id] });
  });

  test("through several relations is told what takes any of them: select_related() refuses a path that leads to many", async () => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => {
      const orders = process.fetch(scope, "shop.Order", 5, ORDERS, [DYNAMIC.fetch]);
      for (let row = 1; row <= 5; row += 1)
        process.query(scope, CUSTOMER, DYNAMIC.access, {
          cause: process.cause("forward", "shop.Order", "lines__customer", orders),
          instance: row,
          duration: 2000,
        });
    });
    const { findings } = await check(project(process));
    expect(findings.find(({ evidence }) => evidence.some(({ kind }) => kind === "recorded"))?.message).toContain('Add `prefetch_related("lines__customer")`');
  });

  test("of a row that a join brought along is said of that row's model", async () => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => {
      const orders = process.fetch(scope, "shop.Order", 5, ORDERS, [DYNAMIC.fetch]);
      for (let row = 1; row <= 5; row += 1)
        process.query(scope, CUSTOMER, DYNAMIC.access, { cause: process.cause("manager", "shop.Customer", "notes", orders), instance: row, duration: 2000 });
    });
    const { findings } = await check(project(process));
    const message = findings.find(({ evidence }) => evidence.some(({ kind }) => kind === "recorded"))?.message;
    expect(message).toContain("loads `Customer.notes` separately for each `Order`");
    expect(message).toContain("Load `notes` of each `Customer` with the queryset.");
  });

  test("is one finding, whatever lines read it", async () => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => {
      const orders = process.fetch(scope, "shop.Order", 5, ORDERS, [DYNAMIC.fetch]);
      const cause = process.cause("manager", "shop.Customer", "notes", orders);
      for (let row = 1; row <= 5; row += 1) {
        process.query(scope, CUSTOMER, DYNAMIC.access, { cause, instance: row, duration: 2000 });
        process.query(scope, CUSTOMER, ["shop/views.py:10 dynamic"], { cause, instance: row, duration: 1000 });
        process.query(scope, CUSTOMER, ["shop/views.py:16 lookup"], { cause, instance: row, duration: 500 });
      }
    });
    const { findings, coverage } = await check(project(process));
    const [only, ...more] = findings.filter(({ id }) => coverage.recording?.missed.includes(id));
    expect(more).toEqual([]);
    expect(only?.claim).toBe("`dynamic` and `lookup` load `Customer.notes` separately for each `Order` that `dynamic` fetches.");
    expect(only?.places.map(({ role, line }) => `${role} ${line}`)).toEqual(["queryset 9", "access 11", "access 10", "access 16"]);
    expect(only?.evidence[0]).toMatchObject({ statements: 10, totalStatements: 15, scopes: 1 });
  });

  test("of rows that the statement narrows it is said that a plain prefetch does not answer it", async () => {
    const narrowed = `SELECT "shop_note"."id" FROM "shop_note" WHERE ("shop_note"."customer_id" = %s AND "shop_note"."text" IS NOT NULL)`;
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => {
      const orders = process.fetch(scope, "shop.Order", 5, ORDERS, [DYNAMIC.fetch]);
      for (let row = 1; row <= 5; row += 1)
        process.query(scope, narrowed, DYNAMIC.access, { cause: process.cause("manager", "shop.Customer", "notes", orders), instance: row, duration: 2000 });
    });
    const { findings } = await check(project(process));
    const message = findings.find(({ evidence }) => evidence.some(({ kind }) => kind === "recorded"))?.message;
    expect(message).toContain("Load `notes` of each `Customer` with the queryset: as `Prefetch(…, to_attr=…)` if it is this code that narrows them by `text`.");
  });

  test("is left out where a comment on its line says so", async () => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => nPlusOne(process, scope, DYNAMIC));
    const root = project(process);
    writeFiles(root, {
      "shop/views.py": PROJECT["shop/views.py"].replace(
        "print(getattr(order, name))",
        "print(getattr(order, name))  # customer; luthier: ignore[n-plus-one] known",
      ),
    });
    utimesSync(path.join(root, "shop/views.py"), 1_600_000_000, 1_600_000_000);
    expect((await check(root)).findings.filter(({ rule }) => rule === "n-plus-one").map(({ places }) => places.at(-1)?.line)).not.toContain(11);
  });

  test("is left out in files that are not examined", async () => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => nPlusOne(process, scope, DYNAMIC));
    expect((await check(project(process), "--exclude", "shop/views.py")).coverage.recording).toMatchObject({ missed: [] });
  });

  test("a loop is one from its third round on, and in a request", async () => {
    const process = new RecordedProcess();
    const stack = ["shop/views.py:16 lookup", "shop/views.py:14 find"];
    const rounds = (count: number) => (scope: number) => {
      for (let round = 0; round < count; round += 1) process.query(scope, CUSTOMER, stack);
    };
    request(process, "find/", rounds(2));
    process.scope("test", "shop.tests.FindTests.test_find", {}, rounds(9));
    expect((await check(project(process))).coverage.recording?.missed).toEqual([]);
    request(process, "find/", rounds(3));
    const { findings, coverage } = await check(project(process));
    const [loop] = findings.filter(({ id }) => coverage.recording?.missed.includes(id));
    expect(loop).toMatchObject({ rule: "query-in-loop", claim: "`lookup` queries `shop_customer` from one line, again and again with the same callers." });
    expect(loop?.places.map(({ role, line }) => `${role} ${line}`)).toEqual(["call 14", "access 16"]);
  });
});

describe("nobody is blamed for", () => {
  test.each([
    ["rows that a test fetched", { fetch: "shop/tests/test_views.py:9 test_list", access: ["shop/views.py:11 dynamic"] }],
    ["rows that a test reads", { fetch: "shop/views.py:9 dynamic", access: ["shop/tests/test_views.py:9 test_list"] }],
    ["migrations", { fetch: "shop/migrations/0002_fill.py:9 fill", access: ["shop/migrations/0002_fill.py:11 fill"] }],
    ["libraries alone", { fetch: "!django/contrib/admin/views/main.py:9 get_results", access: ["!django/forms/models.py:11 label"] }],
  ])("%s", async (_, pass) => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => nPlusOne(process, scope, pass));
    expect((await check(project(process))).coverage.recording).toMatchObject({ clusters: 0, missed: [], outside: 1 });
  });

  test("fixtures", async () => {
    const process = new RecordedProcess();
    process.scope("setup", "shop.tests.Tests", {}, (scope) => nPlusOne(process, scope, DYNAMIC));
    expect((await check(project(process))).coverage.recording).toMatchObject({ clusters: 0, missed: [], outside: 0 });
  });

  test("lines that may have moved since", async () => {
    const process = new RecordedProcess();
    request(process, "dynamic/", (scope) => nPlusOne(process, scope, DYNAMIC));
    const root = project(process);
    utimesSync(path.join(root, "shop/views.py"), 1_800_000_000, 1_800_000_000);
    expect((await check(root)).coverage.recording).toMatchObject({ missed: [], moved: 1, stale: ["shop/views.py"] });
    const { stdout } = await runCli(["check"], { cwd: root, analyse });
    expect(stdout.replaceAll("\n", " ")).toContain("1 file changed since: shop/views.py; 1 place left out. Record again.");
  });
});

test("two recordings of different sizes tell what grows from what does not", async () => {
  const [small, large] = [5, 20].map((rows) => {
    const process = new RecordedProcess();
    request(process, "orders/", (scope) => nPlusOne(process, scope, { ...LISTED, rows }));
    request(process, "flat/", (scope) => process.fetch(scope, "shop.Order", rows, ORDERS, ["shop/views.py:9 dynamic"]));
    return process;
  });
  if (!small || !large) throw new Error("two were made");
  const root = project();
  const folders = [writeRecording(root, [small], "small"), writeRecording(root, [large], "large")];
  const report = await check(root, ...folders.flatMap((folder) => ["--recording", folder]));
  const [finding] = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(finding?.evidence.at(-1)?.note).toContain("grows with its rows: 5 → 20 queries for 5 → 20 rows");
  expect(report.coverage.recording?.growth).toEqual([
    { label: "GET /orders/", before: 6, after: 21, kind: "grows" },
    { label: "GET /flat/", before: 1, after: 1, kind: "constant" },
  ]);
});

test("a finding that was not seen says whether its file was reached", async () => {
  const process = new RecordedProcess();
  request(process, "find/", (scope) => process.query(scope, CUSTOMER, ["shop/views.py:16 lookup"]));
  const noteOf = async (root: string): Promise<string> => (await runCli(["check", "--select", "n-plus-one", "--no-cache"], { cwd: root, analyse })).stdout;
  expect(await noteOf(project(process))).toContain("source only: the recording did not show it");
  const elsewhere = new RecordedProcess();
  request(elsewhere, "find/", (scope) => elsewhere.query(scope, CUSTOMER, ["shop/other.py:16 lookup"]));
  expect(await noteOf(project(elsewhere))).toContain("source only: no recorded request reaches shop/views.py");
});

test("what is declared is not reached by requests, and a recording says nothing of it", async () => {
  const process = new RecordedProcess();
  request(process, "find/", (scope) => process.query(scope, CUSTOMER, ["shop/views.py:16 lookup"]));
  const root = project(process);
  const models = "from django.db import models\n\n\nclass Price(models.Model):\n    price = models.FloatField()\n";
  mkdirSync(path.join(root, "prices"));
  writeFileSync(path.join(root, "prices", "models.py"), models);
  const { stdout } = await runCli(["check", "--select", "float-for-money", "--no-cache"], { cwd: root, analyse });
  expect(stdout).toContain("evidence  read where it is declared, as it stands");
});

test("of one whose line was recorded it says so, and asks for no other run", async () => {
  const process = new RecordedProcess();
  request(process, "orders/", (scope) => process.fetch(scope, "shop.Order", 1, ORDERS, ["shop/views.py:4 order_list"]));
  const { stdout } = await runCli(["check", "--select", "n-plus-one", "--no-cache"], { cwd: project(process), analyse });
  expect(stdout).toContain("source only: the recording ran line 4 and did not show it");
  expect(stdout).not.toContain("record a run that reaches");
});

describe("a recording that cannot be read", () => {
  test("is an error where it was asked for, and a notice where it lay there", async () => {
    const root = project(new RecordedProcess({}, 9));
    const asked = await runCli(["check", "--recording", ".luthier/recordings"], { cwd: root, analyse });
    expect(asked).toMatchObject({ status: 2 });
    expect(asked.stderr).toContain("The recording is of format 9");
    const { evidence, notices } = await check(root);
    expect(evidence).toEqual(["source"]);
    expect(notices.at(-1)).toMatchObject({
      file: ".luthier/recordings/20261122-214500-4f1c",
      message: "The recording is of format 9, and this version of Luthier reads 1.",
    });
    expect((await runCli(["check", "--recording", "nowhere"], { cwd: root, analyse })).stderr).toContain("there is no recording in nowhere");
  });
});

test("a recording that was made from a folder above names files from there", async () => {
  const root = project();
  const below = new RecordedProcess({ root: path.dirname(root) });
  const prefix = path.basename(root);
  request(below, "orders/", (scope) =>
    nPlusOne(below, scope, { fetch: `${prefix}/shop/views.py:4 order_list`, access: [`${prefix}/shop/views.py:6 order_list`] }),
  );
  writeRecording(root, [below]);
  expect((await check(root)).coverage.recording).toMatchObject({ clusters: 1, found: 1 });
});
