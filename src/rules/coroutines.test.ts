/** What a coroutine is told to write is awaited. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(loop: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/work.py": `from shop.models import Order, Product, Tag\n\n\nasync def work(keys):\n    ${loop}\n` });
  return report.findings.filter(({ rule }) => rule.endsWith("-in-loop")).map(({ rule, remedy, fixes }) => `${rule}: ${remedy} ${fixes.length}`);
}

test("statements for all rows are awaited, and no edit writes them otherwise", async () => {
  expect(await told("for key in keys:\n        await Tag.objects.acreate(name=key)")).toEqual([
    "save-in-loop: Collect the rows and write them with `await ….abulk_create()`. 0",
  ]);
  expect(await told("async for row in Product.objects.all():\n        row.stock = row.stock + len(row.title)\n        await row.asave()")).toEqual([
    "save-in-loop: Collect the rows and write them with `await ….abulk_update()`. 0",
  ]);
  expect(await told("async for row in Order.objects.all():\n        await Tag.objects.aget_or_create(name=row.status)")).toEqual([
    "get-or-create-in-loop: Fetch the rows that exist with one `filter(…__in=…)`, then `await ….abulk_create()` the rest. 0",
  ]);
  expect(await told("async for row in Order.objects.all():\n        await Order.objects.filter(pk=row.pk).aupdate(total=row.total + 1)")).toEqual([
    "query-in-loop: Send one `await ….filter(pk__in=…).aupdate(…)` where all rows get the same or an expression; `await ….abulk_update()` where each gets a value of its own. 0",
  ]);
});
