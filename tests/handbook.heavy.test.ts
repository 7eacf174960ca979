/** The example project's handbook with all evidence: its database after traffic, and a recording. Each planted defect stands in its section. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadAdvisors } from "../src/advisors/load-advisors.ts";
import { examine } from "../src/analyse.ts";
import { askAdvisors } from "../src/cli/tune.ts";
import { buildHandbook } from "../src/handbook/build-handbook.ts";
import { SECTIONS } from "../src/handbook/outline.ts";
import type { Finding, Handbook } from "../src/model/index.ts";
import { renderHandbook } from "../src/report/handbook/markdown/render-handbook.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { shortIds } from "../src/select/short-id.ts";
import { sourceReader } from "../src/sources/source-reader.ts";
import { livedInBookshop, type LivedIn } from "./support/bookshop-database.ts";
import { bookshop, isNear, knownDatabaseGaps, knownGaps, planted, type Planted } from "./support/bookshop.ts";
import { generalParagraphs } from "./support/general-paragraphs.ts";

const ROWS = 3000;
const rules = (await loadRules()).map(({ meta }) => meta);
const known = new Set(rules.map(({ id }) => id));

let lived: LivedIn;
let handbook: Handbook;
let folder: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-handbook-")));
  lived = await livedInBookshop(ROWS);
  const database = { snapshot: lived.snapshot, file: ".luthier/snapshot.json.gz", plans: [], logged: [], stamp: "handbook" };
  const { report, evidence } = await examine(
    { root: bookshop, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {}, database, phantom: { seconds: 5 } },
    () => {},
  );
  const asked = await askAdvisors(await loadAdvisors(), { ...evidence, findings: report.findings }, { stderr: { write: () => undefined } });
  handbook = buildHandbook({
    project: { name: "bookshop", commit: null, isDirty: false },
    report,
    whole: report,
    evidence,
    recordings: [],
    parts: new Map(),
    advice: asked.advice.filter(({ section }) => section !== "7.3"),
    failures: [...asked.failures, { advisor: "broken", sections: ["7.3"], why: "no standby answers" }],
    shortIds: shortIds(report.findings),
    rules,
    history: [],
    read: sourceReader(bookshop),
  });
}, 180_000);
afterAll(() => {
  lived.stop();
  rmSync(folder, { recursive: true, force: true });
});

const isAbout = (finding: Finding, row: Planted): boolean =>
  row.object === undefined
    ? isNear(finding, row)
    : finding.places.some(({ object = "" }) => object.includes(row.object ?? "")) || finding.claim.includes(row.object);

describe("with the database", () => {
  test("each planted defect that is found stands in the section that it was planted for", () => {
    const gaps = new Set([...Object.keys(knownGaps), ...Object.keys(knownDatabaseGaps)]);
    const rows = planted.filter(({ rule, id }) => known.has(rule) && !gaps.has(`${rule} ${id}`));
    const found = rows.filter((row) => handbook.report.findings.some((one) => one.rule === row.rule && isAbout(one, row)));
    const lost = found.filter((row) => {
      const ids = handbook.sections.find(({ section }) => section === row.chapter)?.findings ?? [];
      return !handbook.report.findings.some((one) => ids.includes(one.id) && one.rule === row.rule && isAbout(one, row));
    });
    expect(lost.map(({ rule, id }) => `${rule} ${id}`)).toEqual([]);
    expect(found.length).toBeGreaterThan(150);
  });

  test("every section has a state, and says what was weighed or what is missing", () => {
    expect(handbook.sections.map(({ section }) => section)).toEqual(SECTIONS.map(({ section }) => section));
    const silent = handbook.sections.filter(
      ({ state, stateLine, examined, missing }) => state !== "failed" && (stateLine === "" || (examined === "" && missing === "" && !/\d/.test(stateLine))),
    );
    expect(silent.map(({ section }) => section)).toEqual([]);
  });

  test("an advisor that could not run takes nothing with it", () => {
    expect(handbook.sections.find(({ section }) => section === "7.3")?.stateLine).toContain("no standby answers");
    expect(handbook.sections.find(({ section }) => section === "1.2")?.findings.length).toBeGreaterThan(0);
  });

  test("the other advisors have something to say of the shop, and no two write one file", () => {
    const all = handbook.sections.flatMap(({ advice }) => advice);
    expect([...new Set(all.map(({ advisor }) => advisor))].toSorted()).toEqual(["cache", "connections", "indexes", "monitoring", "scaling", "workload"]);
    const files = all.flatMap(({ artefacts }) => artefacts.map(({ path: file }) => file));
    expect(files.filter((file, index) => files.indexOf(file) !== index)).toEqual([]);
    expect(handbook.sections.filter(({ stateLine }) => stateLine.includes("Not run")).map(({ section }) => section)).toEqual(["7.3"]);
  });

  test("the headline is the sum of the first ten gains", () => {
    const { time, changes, headline } = handbook;
    expect(time?.unit).toBe("s/min");
    const removed = changes.slice(0, 10).reduce((sum, { gain }) => sum + (gain?.marginal ?? 0), 0);
    const said = Number.parseFloat(/removes? ([\d.]+) of/.exec(headline)?.[1] ?? "nothing");
    expect(said).toBeCloseTo(removed, 1);
    expect(changes.reduce((sum, { gain }) => sum + (gain?.marginal ?? 0), 0)).toBeLessThanOrEqual(time?.total ?? 0);
  });

  test("causes add up to all the time, and what no finding would change comes last", () => {
    const plot = handbook.overview.find((one) => one.kind === "bars");
    const bars = plot?.kind === "bars" ? plot.bars : [];
    expect(bars.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(handbook.time?.total ?? 0, 6);
    expect(bars.at(-1)?.label).toMatch(/^No remedy/);
    const advice = handbook.sections.flatMap((section) => section.advice).find(({ advisor }) => advisor === "workload");
    expect(advice?.claim).toMatch(/^No finding would change \d+ % of /);
  });

  test("common advice is corrected by this project's own figures", () => {
    const said = handbook.sections.flatMap(({ section, corrections }) => corrections.map(({ shown }) => `${section} ${shown}`));
    expect(said.some((one) => one.startsWith("1.3") && one.includes("varchar"))).toBe(true);
    expect(said.some((one) => one.includes("inventory_stockmovement"))).toBe(true);
    expect(said.filter((one) => !/\d/.test(one.slice(4)))).toEqual([]);
  });

  test("no paragraph would stand in another project's handbook", () => {
    const context = {
      read: sourceReader(bookshop),
      shortIds: handbook.shortIds,
      pathPrefix: "../",
      commands: new Set(["record", "fix", "fix --prove", "snapshot"]),
      rules: [],
      failOn: "warning" as const,
      folder: "handbook",
      plotStyle: "",
    };
    const names = [...new Set(handbook.report.findings.flatMap(({ rule, model = "" }) => [rule, model]))].filter((one) => one.length > 3);
    const general = [...renderHandbook(handbook, context).pages].flatMap(([name, text]) => generalParagraphs(text, names).map((one) => `${name}: ${one}`));
    expect(general).toEqual([]);
  });
});
