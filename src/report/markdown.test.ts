import fc from "fast-check";
import { expect, test } from "vitest";
import { hostileReport } from "../../tests/support/hostile-report.ts";
import { SAMPLE_REPORT, sampleContext } from "../../tests/support/sample-report.ts";
import { renderMarkdown } from "./markdown.ts";
import { codeBlock, codeSpan, escapeProse, linkTo } from "./markdown-text.ts";

test("the sample report", async () => {
  await expect(renderMarkdown(SAMPLE_REPORT, sampleContext())).toMatchFileSnapshot("goldens/check.md");
});

test("every finding has its seven parts, and every code block is closed", () => {
  fc.assert(
    fc.property(hostileReport(), ({ report, read }) => {
      const lines = renderMarkdown(report, { ...sampleContext(), read }).split("\n");
      const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length;
      expect(count("### ")).toBe(report.findings.length);
      expect(count("**Evidence:** ")).toBe(report.findings.length);
      expect(count("**Proof:** ")).toBe(report.findings.length);
      expect(count("**Doubt:** ")).toBe(report.findings.length);
      const fences = lines.filter((line) => /^`{3,}(diff)?$/.test(line));
      expect(fences.length % 2).toBe(0);
    }),
    { numRuns: 100 },
  );
});

test("user text keeps only its code spans", () => {
  expect(escapeProse("`a_b` reads *all* of __str__, a|b <script> [x](1)")).toBe(String.raw`${"`a_b`"} reads \*all\* of \_\_str\_\_, a\|b \<script\> \[x\](1)`);
  expect(escapeProse("some_name stays readable")).toBe("some_name stays readable");
});

test("code keeps its backticks", () => {
  expect(codeSpan("a`b")).toBe("`` a`b ``");
  expect(codeBlock("diff", "+ ```")).toBe("````diff\n+ ```\n````");
});

test("links survive spaces and brackets", () => {
  expect(linkTo("a (1).py:3", "dir/a (1).py", "#L3")).toBe("[a (1).py:3](dir/a%20%281%29.py#L3)");
});
