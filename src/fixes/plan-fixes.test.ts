import { describe, expect, test } from "vitest";
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
  const plan = planFixes([choose("a", edit(5, 9, "x")), choose("b", edit(20, 21, "z"), edit(8, 12, "y")), choose("c", edit(20, 21, "w"))]);
  expect(plan.applied.map(({ finding }) => finding.id)).toEqual(["a", "c"]);
  expect(plan.skipped.map(({ finding, conflictsWith }) => [finding.id, conflictsWith.id])).toEqual([["b", "a"]]);
  expect(plan.edits.get("a.py")?.map(({ text }) => text)).toEqual(["x", "w"]);
});

test("equal offsets in two files are no conflict", () => {
  const plan = planFixes([choose("a", edit(1, 4, "x")), choose("b", edit(2, 3, "y", "b.py"))]);
  expect(plan.skipped).toEqual([]);
  expect([...plan.edits.keys()]).toEqual(["a.py", "b.py"]);
});

describe("lists of their own at one point", () => {
  const join = (...texts: readonly string[]): string | undefined => {
    const plan = planFixes(texts.map((text, index) => choose(String(index), edit(40, 40, text))));
    expect(plan.skipped).toEqual([]);
    return plan.edits.get("a.py")?.[0]?.text;
  };

  test("two indexes of a model whose Meta has none", () => {
    const wide = '\n        indexes = [\n            models.Index(\n                fields=["a"], name="a_idx"\n            )\n        ]';
    const narrow = '\n        indexes = [models.Index(fields=["b"], name="b_idx")]';
    expect(join(wide, narrow)).toBe(
      '\n        indexes = [\n            models.Index(\n                fields=["a"], name="a_idx"\n            ),\n            models.Index(fields=["b"], name="b_idx"),\n        ]',
    );
  });

  test("an index and a constraint of a model without a Meta", () => {
    const index = '\n\n    class Meta:\n        indexes = [models.Index(fields=["b"], name="b_idx")]';
    const constraint = '\n\n    class Meta:\n        constraints = [models.UniqueConstraint(fields=["c"], name="c_uniq")]';
    expect(join(index, constraint)).toBe(
      '\n\n    class Meta:\n        indexes = [\n            models.Index(fields=["b"], name="b_idx"),\n        ]\n        constraints = [\n            models.UniqueConstraint(fields=["c"], name="c_uniq"),\n        ]',
    );
  });

  test("a list that both write on lines", () => {
    const a = '[\n            models.Index(fields=["x"]),\n            models.Index(fields=["a"]),\n        ]';
    const b = '[\n            models.Index(fields=["x"]),\n            models.Index(fields=["b"]),\n        ]';
    expect(join(a, b)).toBe(
      '[\n            models.Index(fields=["x"]),\n            models.Index(fields=["a"]),\n            models.Index(fields=["b"]),\n        ]',
    );
  });

  test("names of one import", () => expect(join(", BTreeIndex", ", BrinIndex")).toBe(", BTreeIndex, BrinIndex"));

  test("OPTIONS of three settings, of which two go to the server", () => {
    const own = (pairs: string): string => `,\n            'OPTIONS': {${pairs}}`;
    const joined = join(
      own('"connect_timeout": 3, "keepalives_idle": 30'),
      own('"options": "-c statement_timeout=10s"'),
      own('"options": "-c lock_timeout=2s"'),
    );
    expect(joined).toBe(own('"connect_timeout": 3, "keepalives_idle": 30, "options": "-c statement_timeout=10s -c lock_timeout=2s"'));
  });

  test("a key at two values is a conflict", () => {
    const plan = planFixes([choose("a", edit(4, 4, '"sslmode": "require", ')), choose("b", edit(4, 4, '"sslmode": "verify-full", '))]);
    expect(plan.skipped.map(({ finding }) => finding.id)).toEqual(["b"]);
  });
});
