import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(body: string): Promise<readonly [string | undefined, number][]> {
  const report = await analyseShop({ "shop/work.py": `from shop.models import Order\n\n\ndef work(request):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n` });
  return report.findings.filter(({ rule }) => rule === "bool-for-exists").map(({ remedy, fixes }) => [remedy, fixes.length]);
}

test("a row that is asked for after the test is asked for once", async () => {
  const once = "Ask for `first()` once, before the condition, and test what it gives: it is asked for after it anyway.";
  const rows = "rows = Order.objects.filter(paid=True)\nif rows:\n    ";
  expect(await told(`${rows}return rows.first().status`)).toEqual([[once, 0]]);
  expect(await told(`${rows}return 1`)).toEqual([["Use `.exists()`: it stops at the first row.", 1]]);
  expect(await told(`others = Order.objects.filter(paid=False)\n${rows}return others.first()`)).toEqual([["Use `.exists()`: it stops at the first row.", 1]]);
});

test("rows that are only deleted where there are some need no question", async () => {
  const unasked = (name: string): string => `Call \`${name}()\` without asking: where there is no row it changes none.`;
  const rows = "rows = Order.objects.filter(paid=True)\nif rows:\n    ";
  expect(await told(`${rows}rows.delete()`)).toEqual([[unasked("delete"), 1]]);
  expect(await told(`${rows}rows.update(paid=False)`)).toEqual([[unasked("update"), 1]]);
  expect(await told(`${rows}rows.delete()\n    print("gone")`)).toEqual([["Use `.exists()`: it stops at the first row.", 1]]);
  expect(await told(`${rows}rows.delete()\nelse:\n    print("none")`)).toEqual([["Use `.exists()`: it stops at the first row.", 1]]);
});
