import { expect, test } from "vitest";
import { SAMPLE_HANDBOOK } from "../../../tests/support/sample-handbook.ts";
import type { Finding } from "../../model/finding.ts";
import type { Change, Handbook } from "../../model/handbook.ts";
import { patchesOf } from "./patches.ts";

const TEXT = "def show():\n    return Book.objects.filter(no=1)\n";
const END = TEXT.length - 1;
const [sampleFinding] = SAMPLE_HANDBOOK.report.findings;
const [sampleChange] = SAMPLE_HANDBOOK.changes;

/** Changes that each load one relation more with the same queryset. */
function handbookOf(names: readonly string[]): Handbook {
  if (sampleFinding === undefined || sampleChange === undefined) throw new Error("the sample is empty");
  const findings = names.map((name): Finding => {
    const edit = { file: "shop.py", start: END, end: END, expected: "", text: `.select_related("${name}")` };
    const place = { role: "queryset", file: "shop.py", line: 2, column: 12, endLine: 2, endColumn: 37 } as const;
    return { ...sampleFinding, id: name, places: [place], fixes: [{ title: name, kind: "edit", safety: "safe", edits: [edit] }] };
  });
  const changes = names.map((name): Change => ({ ...sampleChange, finding: name, safety: "safe", after: [], patch: `${name}.patch` }));
  return { ...SAMPLE_HANDBOOK, changes, report: { ...SAMPLE_HANDBOOK.report, findings } };
}

test("a patch names the one right before it, which has its own before it", () => {
  const { after, files } = patchesOf(handbookOf(["author", "editor", "series"]), () => TEXT);
  expect([...after]).toEqual([
    ["editor.patch", ["author"]],
    ["series.patch", ["editor"]],
  ]);
  expect(files.get("series.patch")).toContain('+    return Book.objects.filter(no=1).select_related("author", "editor", "series")');
});
