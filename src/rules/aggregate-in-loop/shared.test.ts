/** A method that asks the database, and that loops over the rows of many querysets call, is told once. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(asks: string, callers: number): Promise<readonly string[]> {
  const fields = ["pk", "status", "paid", "customer"].slice(0, callers);
  const loops = fields.map((by) => `\ndef by_${by}():\n    for order in Order.objects.order_by("${by}"):\n        print(asked(order))\n`);
  const { findings } = await analyseShop({ "shop/work.py": `from shop.models import Order\n\n\ndef asked(order):\n    return ${asks}\n\n${loops.join("\n")}` });
  return findings.filter(({ rule }) => rule === "aggregate-in-loop").map(({ confidence, claim, remedy }) => `${confidence}: ${claim} ${remedy}`);
}

test("from three querysets on", async () => {
  expect(await told("order.lines.count()", 2)).toHaveLength(2);
  expect(await told("order.lines.count()", 3)).toEqual([
    "certain: `asked` counts `lines` in each round of 3 loops: one query a row. Prefetch `lines` in the loops' querysets, whose rows answer it then; or annotate the answer there, and have `asked` read that.",
  ]);
});

test("with what prefetched rows do not answer", async () => {
  expect(await told("order.lines.filter(price=0).exists()", 4)).toEqual([
    "certain: `asked` tests for rows in `lines` in each round of 4 loops: one query a row. Have `asked` choose among `all()` in Python, and prefetch `lines` in the loops' querysets; or annotate the answer there, and have it read that.",
  ]);
});
