import { expect, test } from "vitest";
import { SAMPLE_FINDINGS } from "../../tests/support/sample-report.ts";
import type { Edit, Finding } from "../model/finding.ts";
import { planFixes, type ChosenFix } from "./plan-fixes.ts";

const [template] = SAMPLE_FINDINGS;

function migrationText(after: string): string {
  return `class Migration(migrations.Migration):\n    dependencies = [("shop", "${after}")]\n`;
}

/** A fix that edits the model at `start` and makes migrations of these names after 0003_last. */
function choose(id: string, start: number, ...names: string[]): ChosenFix {
  if (!template) throw new Error("the sample is empty");
  const finding: Finding = { ...template, id };
  const files = names.map((name) => `shop/migrations/${name}.py`);
  const created = files.map((file, index): Edit => ({ file, start: 0, end: 0, expected: "", text: migrationText(names[index - 1] ?? "0003_last") }));
  const model: Edit = { file: "shop/models.py", start, end: start + 1, expected: "x", text: "" };
  const migration = { lock: "", duration: "", rollback: "", follows: { app: "shop", name: "0003_last", files } };
  return { finding, fix: { title: id, kind: "migration", safety: "review", edits: [model, ...created], migration } };
}

const shown = (plan: ReturnType<typeof planFixes>): string[] =>
  [...plan.edits].filter(([file]) => file !== "shop/models.py").map(([file, [edit]]) => `${file} after ${/"(\d\w+)"/.exec(edit?.text ?? "")?.[1]}`);

test("migrations of one app follow each other in the order of their fixes", () => {
  const plan = planFixes([choose("a", 1, "0004_drop_a"), choose("b", 5, "0004_check_b", "0005_validate_b"), choose("c", 9, "0004_drop_c")]);
  expect(shown(plan)).toEqual([
    "shop/migrations/0004_drop_a.py after 0003_last",
    "shop/migrations/0005_check_b.py after 0004_drop_a",
    "shop/migrations/0006_validate_b.py after 0005_check_b",
    "shop/migrations/0007_drop_c.py after 0006_validate_b",
  ]);
});

test("two findings that ask for one migration get it once", () => {
  const plan = planFixes([choose("a", 1, "0004_drop_a"), choose("b", 1, "0004_drop_a")]);
  expect(plan.applied).toHaveLength(2);
  expect(shown(plan)).toEqual(["shop/migrations/0004_drop_a.py after 0003_last"]);
});

test("a skipped fix leaves no gap in the numbers", () => {
  const other = choose("b", 1, "0004_drop_b");
  const clash: ChosenFix = {
    ...other,
    fix: { ...other.fix, edits: other.fix.edits.map((edit) => (edit.file === "shop/models.py" ? { ...edit, text: "y" } : edit)) },
  };
  const plan = planFixes([choose("a", 1, "0004_drop_a"), clash, choose("c", 9, "0004_drop_c")]);
  expect(plan.skipped.map(({ finding }) => finding.id)).toEqual(["b"]);
  expect(shown(plan)).toEqual(["shop/migrations/0004_drop_a.py after 0003_last", "shop/migrations/0005_drop_c.py after 0004_drop_a"]);
});

test("two fixes that write one field down are no pair: the later would take the earlier back", () => {
  const altering = (id: string, start: number, name: string): ChosenFix => {
    const one = choose(id, start, name);
    const text = 'migrations.AlterField(\n    model_name="order",\n    name="channel",\n    field=models.CharField(),\n)';
    return {
      ...one,
      fix: { ...one.fix, edits: one.fix.edits.map((edit) => (edit.file.includes("migrations") ? { ...edit, text: `${text}  # ${id}` } : edit)) },
    };
  };
  const plan = planFixes([altering("a", 1, "0004_drop_index"), altering("b", 9, "0004_retype")]);
  expect(plan.skipped.map(({ finding, conflictsWith }) => `${finding.id} after ${conflictsWith.id}`)).toEqual(["b after a"]);
});
