import { expect, test } from "vitest";
import { SAMPLE_FINDINGS } from "../../tests/support/sample-report.ts";
import type { Edit, Finding } from "../model/finding.ts";
import { planFixes, type ChosenFix } from "./plan-fixes.ts";

const [template] = SAMPLE_FINDINGS;
const edit = (start: number, end: number, text: string, file = "a.py"): Edit => ({
  file,
  start,
  end,
  expected: "",
  text,
});

function choose(id: string, ...edits: Edit[]): ChosenFix {
  if (!template) throw new Error("the sample is empty");
  const finding: Finding = { ...template, id };
  return { finding, fix: { title: id, kind: "edit", safety: "safe", edits } };
}

test("an edit that two fixes share is made once", () => {
  const importLine = edit(0, 0, "from django.db.models import Count\n");
  const plan = planFixes([choose("a", importLine, edit(50, 60, "x")), choose("b", importLine, edit(70, 80, "y"))]);
  expect(plan.applied).toHaveLength(2);
  expect(plan.edits.get("a.py")).toHaveLength(3);
});

test("a conflicting later fix is skipped whole and names the earlier one", () => {
  const plan = planFixes([
    choose("a", edit(5, 9, "x")),
    choose("b", edit(20, 21, "z"), edit(8, 12, "y")),
    choose("c", edit(20, 21, "w")),
  ]);
  expect(plan.applied.map(({ finding }) => finding.id)).toEqual(["a", "c"]);
  expect(plan.skipped.map(({ finding, conflictsWith }) => [finding.id, conflictsWith.id])).toEqual([["b", "a"]]);
  expect(plan.edits.get("a.py")?.map(({ text }) => text)).toEqual(["x", "w"]);
});

test("equal offsets in two files are no conflict", () => {
  const plan = planFixes([choose("a", edit(1, 4, "x")), choose("b", edit(2, 3, "y", "b.py"))]);
  expect(plan.skipped).toEqual([]);
  expect([...plan.edits.keys()]).toEqual(["a.py", "b.py"]);
});
