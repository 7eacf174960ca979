/** `luthier tune` on the example project, from its source and from a recording alone. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadRuleMetas } from "../src/rules/load-rules.ts";
import { CHAPTERS, SECTIONS } from "../src/handbook/outline.ts";
import { bookshop, planted, isNear, type Planted } from "./support/bookshop.ts";
import { foreignMarkup, linksOf } from "./support/read-markdown.ts";
import { generalParagraphs } from "./support/general-paragraphs.ts";
import { runCli, type CliResult } from "./support/run-cli.ts";
import { sampleProcess } from "./support/sample-recording.ts";
import { commitAll, git, temporaryFolder } from "./support/temporary-folder.ts";
import { RecordedProcess, writeRecording } from "./support/write-recording.ts";
import type { Report } from "../src/model/report.ts";

const rules = await loadRuleMetas();

function copyOfBookshop(): string {
  const root = path.join(realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-tune-"))), "bookshop");
  cpSync(bookshop, root, { recursive: true, filter: (file) => !/__pycache__|\.luthier/.test(file) });
  git(root, "init", "-q");
  commitAll(root);
  return root;
}

const tune = (root: string, ...args: readonly string[]): Promise<CliResult> => runCli(["tune", ...args], { cwd: root, rules });

const pagesIn = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith(".md"))
      .map((name) => [name, readFileSync(path.join(folder, name), "utf8")]),
  );

describe("with the source alone", () => {
  let root: string;
  let said: CliResult;
  let pages: ReadonlyMap<string, string>;
  let report: Report;
  const folder = (): string => path.join(root, ".luthier", "handbook");
  const applies = (patch: string, how: readonly string[]): boolean =>
    spawnSync("git", ["apply", ...how, path.join(folder(), "patches", patch)], { cwd: root }).status === 0;

  beforeAll(async () => {
    root = copyOfBookshop();
    said = await tune(root);
    pages = pagesIn(folder());
    const { analyse } = await import("../src/index.ts");
    report = await analyse({ root });
  }, 120_000);
  afterAll(() => rmSync(path.dirname(root), { recursive: true, force: true }));

  test("says how many findings there are, that no cost is known, and what would tell it", () => {
    expect(said.stderr).toBe("");
    expect(said.status).toBe(1);
    expect(said.stdout).toMatch(
      /^bookshop at [0-9a-f]{7,} {3}Django 5\.2\n\n\d+ findings, \d+ of them certain; no cost is known, because nothing was\nrecorded\n/,
    );
    expect(said.stdout).not.toContain("s/min");
    expect(said.stdout).toContain("luthier record -- COMMAND\n");
    expect(said.stdout).toContain("luthier tune --db URL\n");
    expect(said.stdout).toContain("Handbook  .luthier/handbook/index.html");
  });

  test("has every page, and every section in its chapter", () => {
    for (const { page, sections } of CHAPTERS) {
      for (const { section, title, analysis, examples } of sections) {
        expect(pages.get(page)).toContain(`\n## ${section} ${title}\n`);
        for (const name of [analysis, examples]) expect(name === null || pages.has(name), String(name)).toBe(true);
      }
    }
    expect(existsSync(path.join(folder(), "index.html"))).toBe(true);
  });

  test("links lead somewhere", () => {
    const broken = [...pages].flatMap(([name, text]) =>
      linksOf(text)
        .filter((url) => !isThere(url, name))
        .map((url) => `${name}: ${url}`),
    );
    expect(broken).toEqual([]);
  });

  function isThere(url: string, from: string): boolean {
    if (url.startsWith("https:")) return true;
    const [file = "", anchor] = url.split("#");
    const target = path.join(folder(), decodeURIComponent(file === "" ? from : file));
    if (!existsSync(target)) return false;
    if (anchor === undefined) return true;
    const text = readFileSync(target, "utf8");
    const line = /^L(\d+)$/.exec(anchor)?.[1];
    return line === undefined ? text.includes(`<a id="${anchor}"></a>`) : text.split("\n").length >= Number(line);
  }

  test("holds no markup that is not its own", () => {
    for (const name of ["README.md", "chapter-2-queries.md", "plan-of-work.md", "lazy-loading-analysis.md"])
      expect(foreignMarkup(pages.get(name) ?? ""), name).toEqual([]);
  });

  test("says nothing that would be true of any other project", () => {
    const general = [...pages].flatMap(([name, text]) => generalParagraphs(text, names(report)).map((paragraph) => `${name}: ${paragraph}`));
    expect(general).toEqual([]);
  });

  const sourceRules = new Set(rules.filter(({ needs = [] }) => needs.length === 0).map(({ id }) => id));
  const found = (row: Planted): boolean => report.findings.some((one) => one.rule === row.rule && isNear(one, row));

  test("each planted defect that the source shows stands in its section", () => {
    const rows = planted.filter((row) => row.evidence.includes("S") && sourceRules.has(row.rule));
    const seen = rows.filter(found);
    expect(seen.length).toBeGreaterThan(100);
    const lost = seen.filter((row) => {
      const outline = SECTIONS.find(({ section }) => section === row.chapter);
      const page = outline?.analysis ?? CHAPTERS.find(({ sections }) => sections.some(({ section }) => section === row.chapter))?.page ?? "";
      const ids = report.findings.filter((one) => one.rule === row.rule && isNear(one, row)).map(({ id }) => id);
      return !ids.some((id) => pages.get(page)?.includes(`<!-- notes: ${id} -->`));
    });
    expect(lost.map(({ rule, id }) => `${rule} ${id}`)).toEqual([]);
  });

  test("patches apply one after the other in the order of the plan; by themselves those that name no other; the safe ones together", () => {
    const patches = readdirSync(path.join(folder(), "patches"));
    expect(patches).toContain("all-safe.patch");
    expect(patches.length).toBeGreaterThan(50);
    const plan = readFileSync(path.join(folder(), "plan-of-work.md"), "utf8");
    const rows = [...plan.matchAll(/\[[^\]]+\]\(patches\/([^)]+)\)( after | instead of | within )?/g)].map(([, name = "", beside = ""]) => ({
      name: decodeURIComponent(name),
      beside,
    }));
    expect(rows.map(({ name }) => name).toSorted()).toEqual(patches.filter((name) => name !== "all-safe.patch").toSorted());
    const refused = ["all-safe.patch", ...rows.filter(({ beside }) => beside !== " after ").map(({ name }) => name)].filter(
      (name) => !applies(name, ["--check"]),
    );
    expect(refused).toEqual([]);
    expect(rows.filter(({ beside }) => beside === " after ").length).toBeGreaterThan(5);
    const series = rows.filter(({ beside }) => beside === "" || beside === " after ").map(({ name }) => name);
    expect(series.filter((name) => !applies(name, []))).toEqual([]);
    for (const name of series.toReversed()) expect(applies(name, ["--reverse"]), name).toBe(true);
  });

  test("a second run writes the same bytes, and keeps what people wrote", async () => {
    const file = path.join(folder(), "n1-analysis.md");
    const [, id = ""] = /<!-- notes: ([0-9a-f]{16}) -->/.exec(readFileSync(file, "utf8")) ?? [];
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(`<!-- notes: ${id} -->\n`, (start) => `${start}Asked the shop team.\n`),
    );
    const before = pagesIn(folder());
    const again = await tune(root);
    expect(again.stdout).toContain("1 note kept");
    expect(pagesIn(folder())).toEqual(before);
    expect(before.get("n1-analysis.md")).toContain("Asked the shop team.");
    expect(readdirSync(path.join(root, ".luthier", "history"))).toHaveLength(1);
  });

  test("after a mend it says what was fixed and what is new", async () => {
    const patch = path.join(folder(), "patches", "all-safe.patch");
    expect(spawnSync("git", ["apply", patch], { cwd: root }).status).toBe(0);
    const { stdout } = await tune(root);
    const [, fixed = "0"] = /Since the run of \S+ at \S+: (\d+) fixed, /.exec(stdout) ?? [];
    expect(Number(fixed)).toBeGreaterThan(50);
    expect(readFileSync(path.join(folder(), "README.md"), "utf8")).toContain("\n## Since the last run\n");
  });
});

/** Names that only this project has: models, apps, rules that found something in it. */
function names(report: Report): readonly string[] {
  return [...new Set(report.findings.flatMap(({ rule, model, relation }) => [rule, model ?? "", relation ?? ""]))].filter((one) => one.length > 3);
}

describe("other evidence by itself", () => {
  test("a recording gives seconds of the recording", async () => {
    const root = temporaryFolder();
    writeRecording(root, [sampleProcess()]);
    const { stdout } = await tune(root);
    expect(stdout).toMatch(/s of recorded database time|no change is known to remove any/);
    expect(stdout).toContain("source");
    expect(readFileSync(path.join(root, ".luthier/handbook/README.md"), "utf8")).toContain("| source | nothing |");
  });

  test("a recording has findings without the files that it names: which lines load rows one by one, and what that takes", async () => {
    const recorded = new RecordedProcess();
    const sql = 'SELECT "shop_customer"."id" FROM "shop_customer" WHERE "shop_customer"."id" = %s';
    recorded.scope("request", "GET", { route: "orders/", view: "shop.views.orders" }, (scope) => {
      const orders = recorded.fetch(scope, "shop.Order", 5, 'SELECT "shop_order"."id" FROM "shop_order"', ["shop/views.py:9 orders"]);
      for (let row = 1; row <= 5; row += 1)
        recorded.query(scope, sql, ["shop/views.py:11 orders"], {
          cause: recorded.cause("forward", "shop.Order", "customer", orders),
          instance: row,
          duration: 2000,
        });
    });
    const root = temporaryFolder();
    writeRecording(root, [recorded]);
    const { stdout } = await tune(root);
    expect(stdout).toMatch(/shop\/views\.py:9/);
    const page = readFileSync(path.join(root, ".luthier/handbook/n1-analysis.md"), "utf8");
    expect(page).toContain("loads `customer` separately for each `Order` that `orders` fetches");
    expect(page).toContain("5 queries");
  });

  test("nothing at all is said in one sentence", async () => {
    const { status, stderr, stdout } = await tune(temporaryFolder({ "README.md": "nothing" }));
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("nothing to examine in this folder");
  });

  test("a folder that holds something else is left alone", async () => {
    const root = temporaryFolder({ "docs/index.md": "# ours" });
    const { status, stderr } = await tune(root, "--out", "docs");
    expect(status).toBe(2);
    expect(stderr).toMatch(/holds something else than a handbook/);
    expect(readdirSync(path.join(root, "docs"))).toEqual(["index.md"]);
  });
});
