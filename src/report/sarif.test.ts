import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostileReport } from "../../tests/support/hostile-report.ts";
import { SAMPLE_FILES, SAMPLE_REPORT, sampleContext } from "../../tests/support/sample-report.ts";
import { renderSarif } from "./sarif.ts";

/** The schema of SARIF 2.1.0 (rtm.5), from the npm package @microsoft/jest-sarif; draft 4, of which Ajv needs no more than its name gone. */
const schema = JSON.parse(readFileSync(new URL("../../tests/support/sarif-2.1.0-rtm.5.schema.json", import.meta.url), "utf8")) as Record<string, unknown>;
delete schema["$schema"];
delete schema["id"];
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(schema);

interface Sarif {
  readonly runs: readonly [
    {
      readonly results: readonly Result[];
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    },
  ];
}
interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly fixes?: readonly [{ readonly artifactChanges: readonly [{ readonly replacements: readonly [Replacement] }] }];
  readonly codeFlows?: readonly [{ readonly threadFlows: readonly [{ readonly locations: readonly unknown[] }] }];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}
interface Replacement {
  readonly deletedRegion: { startLine: number; startColumn: number; endLine: number; endColumn: number };
  readonly insertedContent: { readonly text: string };
}

const parse = (text: string): Sarif => JSON.parse(text) as Sarif;

test("the sample report", async () => {
  await expect(renderSarif(SAMPLE_REPORT, sampleContext())).toMatchFileSnapshot("goldens/check.sarif.json");
});

describe("is valid against the schema of SARIF 2.1.0", () => {
  test("the sample", () => {
    validate(parse(renderSarif(SAMPLE_REPORT, sampleContext())));
    expect(validate.errors).toBeNull();
  });
  test("without findings and without rules", () => {
    validate(parse(renderSarif({ ...SAMPLE_REPORT, findings: [] }, { ...sampleContext(), rules: [] })));
    expect(validate.errors).toBeNull();
  });
  test("with hostile text", () => {
    fc.assert(
      fc.property(hostileReport(), ({ report, read }) => {
        validate(parse(renderSarif(report, { ...sampleContext(), read })));
        expect(validate.errors).toBeNull();
      }),
      { numRuns: 60 },
    );
  });
  test("and the schema would object", () => {
    expect(validate({ version: "2.1.0", runs: [{ results: [{}] }] })).toBe(false);
  });
});

test("a finding carries its path, its fix and its stable id", () => {
  const [{ results, tool }] = parse(renderSarif(SAMPLE_REPORT, sampleContext())).runs;
  const found = results.find(({ ruleId }) => ruleId === "n-plus-one");
  expect(found?.codeFlows?.[0].threadFlows[0].locations).toHaveLength(4);
  expect(tool.driver.rules[found?.ruleIndex ?? -1]?.id).toBe("n-plus-one");
  expect(found?.partialFingerprints).toEqual({ "luthierFindingId/v1": "k3f90123456789" });
  const replacement = found?.fixes?.[0].artifactChanges[0].replacements[0];
  const line = SAMPLE_FILES["shop/views/orders.py"]?.split("\n")[(replacement?.deletedRegion.startLine ?? 0) - 1] ?? "";
  const { startColumn = 0, endColumn = 0 } = replacement?.deletedRegion ?? {};
  expect(line.slice(startColumn - 1, endColumn - 1)).toBe(".filter(shop=self.shop)");
});

test("levels follow severities", () => {
  const [{ results }] = parse(renderSarif(SAMPLE_REPORT, sampleContext())).runs;
  expect(new Set(results.map(({ level }) => level))).toEqual(new Set(["error", "warning", "note"]));
});
