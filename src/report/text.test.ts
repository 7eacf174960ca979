import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { hostileReport } from "../../tests/support/hostile-report.ts";
import { SAMPLE_FINDINGS, SAMPLE_REPORT, sampleContext } from "../../tests/support/sample-report.ts";
import type { Report } from "../model/report.ts";
import { displayWidth } from "./display-width.ts";
import { shortIds } from "../select/short-id.ts";
import { PLAIN_STYLE, type TextStyle } from "./terminal-style.ts";
import { renderText } from "./text.ts";

const draw = (style: Partial<TextStyle> = {}, report: Report = SAMPLE_REPORT): string =>
  renderText(report, { ...sampleContext(), failOn: "warning" }, { ...PLAIN_STYLE, ...style });

describe("the sample report", () => {
  test("plain", async () => {
    await expect(draw()).toMatchFileSnapshot("goldens/check.txt");
  });
  test("with what is below --fail-on error shortened", async () => {
    const text = renderText(SAMPLE_REPORT, { ...sampleContext(), failOn: "error" }, PLAIN_STYLE);
    await expect(text).toMatchFileSnapshot("goldens/check-fail-on-error.txt");
  });
  test("in colour", async () => {
    await expect(draw({ colour: true })).toMatchFileSnapshot("goldens/check-colour.txt");
  });
  test("in a locale that is not UTF-8", async () => {
    await expect(draw({ unicode: false })).toMatchFileSnapshot("goldens/check-ascii.txt");
  });
  test("quiet", async () => {
    await expect(draw({ quiet: true })).toMatchFileSnapshot("goldens/check-quiet.txt");
  });
  test("verbose", () => {
    expect(draw({ verbose: true })).not.toContain("shortened");
    expect(draw({ verbose: true }).match(/^ {2}doubt {5}/gm)).toHaveLength(SAMPLE_FINDINGS.length);
  });
  test("a clean run", async () => {
    const coverage = { ...SAMPLE_REPORT.coverage, filesFailed: 0, resolvedOrigins: 905, unresolved: [] };
    const clean = { ...SAMPLE_REPORT, findings: [], notices: [], coverage };
    await expect(draw({}, clean)).toMatchFileSnapshot("goldens/check-clean.txt");
  });
  test("says what comments, the baseline and the confidence took out", () => {
    const text = draw({}, { ...SAMPLE_REPORT, silenced: { ignored: 4, baseline: 12, belowConfidence: 1 } });
    expect(text).toContain("Left out:   4 ignored by a comment, 12 in the baseline, 1 less sure\n");
    expect(draw({}, { ...SAMPLE_REPORT, silenced: { ignored: 0, baseline: 0, belowConfidence: 0, unchanged: 3 } })).toContain(
      "Left out:   3 on lines that did not change\n",
    );
  });
});

test("links paths by OSC 8 without changing a column", () => {
  const linked = draw({ linkTo: (file) => `file:///p/${file}` });
  expect(linked).toContain("\u001B]8;;file:///p/shop/admin.py\u001B\\shop/admin.py:44:5\u001B]8;;\u001B\\");
  expect(linked.split("\n").map(displayWidth)).toEqual(draw().split("\n").map(displayWidth));
});

test("colour changes no column either", () => {
  expect(draw({ colour: true }).split("\n").map(displayWidth)).toEqual(draw().split("\n").map(displayWidth));
});

test("names only commands that this build has", () => {
  const text = renderText(SAMPLE_REPORT, { ...sampleContext(), commands: new Set(["check", "fix"]) }, PLAIN_STYLE);
  expect(text).not.toMatch(/luthier (snapshot|record)|--prove/);
  expect(text).toContain("38 rules that need a database\n");
});

test("shows paths from where the reader is", () => {
  const text = renderText(SAMPLE_REPORT, { ...sampleContext(), pathPrefix: "backend/" }, PLAIN_STYLE);
  expect(text).toContain("queryset  backend/shop/views/orders.py:31:16");
  expect(text).toContain("Skipped:    backend/catalog/legacy.py:14:1");
});

test("a command names the project where the reader is not in it, and is never broken", () => {
  const text = renderText(SAMPLE_REPORT, { ...sampleContext(), project: "examples/some/shop" }, PLAIN_STYLE);
  expect(text).toContain("10 findings: 1 error, 5 warnings, 4 info.\n1 has a safe fix: luthier fix examples/some/shop\n");
  expect(text).toMatch(/luthier fix examples\/some\/shop --select \w{4} --prove -- COMMAND/);
  expect(text).toContain("\n            luthier snapshot examples/some/shop --db URL\n");
});

test("one lack is told once, whatever is wanted of it", () => {
  const unknown = [...SAMPLE_REPORT.coverage.unknown, { rule: "CONN-P06", why: "needs a database: max_connections stands in no file" }];
  expect(draw({}, { ...SAMPLE_REPORT, coverage: { ...SAMPLE_REPORT.coverage, unknown } })).toContain("39 rules that need a database");
});

test("a way out of the folder is left to who types it", () => {
  expect(renderText(SAMPLE_REPORT, { ...sampleContext(), project: "../../shop" }, PLAIN_STYLE)).toContain("luthier fix PATH\n");
});

test("a shortened finding says what it is about, and has no column for costs that nobody knows", () => {
  const claim = "`BookAdmin` loads `series.publisher` separately for each `Book`: one query a row.";
  const [, sample] = SAMPLE_FINDINGS;
  if (sample === undefined) throw new Error("no second finding in the sample");
  const finding = { ...sample, claim, relation: "series__publisher", fixes: [], impact: {}, evidence: [], severity: "info" as const };
  const text = draw({}, { ...SAMPLE_REPORT, findings: [finding] });
  expect(text).toContain("\n    shop/templates/orders/_row.html:4:17  series.publisher: one query a row\n");
  expect(text).not.toContain("s/min");
});

describe("hostile user text", () => {
  const parts = ["evidence", "fix", "proof", "doubt"];

  test.each([80, 100, 60, 40])("never passes %i columns, and no part is left out", (width) => {
    fc.assert(
      fc.property(hostileReport(), fc.boolean(), ({ report, read }, unicode) => {
        const context = { ...sampleContext(), read, shortIds: shortIds(report.findings) };
        const text = renderText(report, context, { ...PLAIN_STYLE, width, unicode, verbose: true });
        const lines = text.split("\n");
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
        for (const part of parts) {
          expect(lines.filter((line) => line.startsWith(`  ${part} `))).toHaveLength(report.findings.length);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("shortened and quiet on a terminal neither", () => {
    fc.assert(
      fc.property(hostileReport(), fc.boolean(), ({ report, read }, quiet) => {
        const context = { ...sampleContext(), read, failOn: "error" as const, shortIds: shortIds(report.findings) };
        const text = renderText(report, context, { ...PLAIN_STYLE, quiet, isTerminal: true });
        expect(Math.max(...text.split("\n").map(displayWidth))).toBeLessThanOrEqual(80);
      }),
      { numRuns: 150 },
    );
  });

  test("leaves no control character", () => {
    fc.assert(
      fc.property(hostileReport(), ({ report, read }) => {
        const text = renderText(report, { ...sampleContext(), read }, PLAIN_STYLE);
        expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 150 },
    );
  });
});

test("equal input gives equal bytes, whatever the order of the findings", () => {
  const reversed = { ...SAMPLE_REPORT, findings: SAMPLE_FINDINGS.toReversed() };
  expect(draw({}, reversed)).toBe(draw());
});

test("a changed line that is too wide goes on below, and loses nothing", () => {
  const [sample] = SAMPLE_FINDINGS;
  if (sample === undefined) throw new Error("there is no sample");
  const source = "rows = Order.objects.filter(shop=shop)\n";
  const text = `${source.trimEnd()}.select_related("customer__address").prefetch_related("lines__product", "lines__discounts")`;
  const edit = { file: "shop/wide.py", start: 0, end: source.trimEnd().length, expected: source.trimEnd(), text };
  const finding = { ...sample, fixes: [{ title: "Load them", kind: "edit" as const, safety: "safe" as const, edits: [edit] }] };
  const context = { ...sampleContext(), failOn: "warning" as const, read: () => source };
  const shown = renderText({ ...SAMPLE_REPORT, findings: [finding] }, context, { ...PLAIN_STYLE, verbose: true });
  const added = (shown.match(/^ +\d* \+.*$/gm) ?? []).map((line) => line.replace(/^ +\d* \+ +/, ""));
  expect(added.length).toBeGreaterThan(1);
  expect(added.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
});
