import fc from "fast-check";
import { expect, test } from "vitest";
import { hostileReport } from "../../tests/support/hostile-report.ts";
import { SAMPLE_FINDINGS, SAMPLE_REPORT, sampleContext } from "../../tests/support/sample-report.ts";
import { renderGithub } from "./github.ts";

test("the sample report", async () => {
  await expect(renderGithub(SAMPLE_REPORT, sampleContext())).toMatchFileSnapshot("goldens/check.github.txt");
});

test("escapes what would end a property or a message", () => {
  const [finding] = SAMPLE_FINDINGS;
  if (!finding?.places[0]) throw new Error("the sample has no place");
  const evil = {
    ...finding,
    message: "100%\n::set-env name=A::b\r",
    places: [{ ...finding.places[0], file: "a,line=1::b.py" }],
  };
  const [line] = renderGithub({ ...SAMPLE_REPORT, findings: [evil] }, sampleContext()).split("\n");
  expect(line).toContain("file=a%2Cline=1%3A%3Ab.py,line=58");
  expect(line).toContain("::100%25%0A::set-env name=A::b%0D%0A");
});

test("writes one command a line, whatever the text", () => {
  fc.assert(
    fc.property(hostileReport(), ({ report, read }) => {
      const lines = renderGithub(report, { ...sampleContext(), read }).split(/\r\n|\r|\n|\u0085/);
      expect(lines.pop()).toBe("");
      expect(lines).toHaveLength(report.findings.length + report.notices.length + 1);
      for (const line of lines) expect(line).toMatch(/^::(error|warning|notice) [^\n]*::/);
    }),
    { numRuns: 100 },
  );
});
