/** The right side of an `or` is come to by some rows alone. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(rows: string, read: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Category, Customer, Line\n\n\ndef work():\n    for row in ${rows}:\n        print(${read})\n`,
  });
  return report.findings
    .filter(({ rule }) => rule === "n-plus-one" || rule === "aggregate-in-loop")
    .map(({ confidence, relation }) => `${relation} ${confidence}`)
    .toSorted();
}

test("what stands behind an or is likely at most, what stands before it is certain", async () => {
  expect(await told("Category.objects.all()", "row.parent or row.products.first()")).toEqual(["parent certain", "products likely"]);
  expect(await told("Customer.objects.all()", "row.name or row.referrer.name")).toEqual(["referrer likely"]);
});

test("so is what a row is asked that the right side gave", async () => {
  expect(await told("Customer.objects.select_related('referrer')", "(row.referrer or row).orders.count()")).toEqual([
    "orders likely",
    "referrer__orders certain",
  ]);
});

test("what another place asks of each row is certain", async () => {
  expect(await told("Customer.objects.all()", "row.name or row.referrer.name, row.referrer.email")).toEqual(["referrer certain"]);
});

test("where the left side is known to be nothing, all rows come to the right one", async () => {
  expect(await told("Category.objects.filter(parent=None)", "row.parent or row.products.first()")).toEqual(["products certain"]);
});

test("a key that cannot be NULL leaves nothing to the right side", async () => {
  expect(await told("Line.objects.all()", "row.order_id or row.product")).toEqual([]);
});

test("a loop of its own behind an or is a loop", async () => {
  expect(await told("Category.objects.all()", "row.name or [line.order.status for line in Line.objects.filter(product__category=row)]")).toEqual([
    "order certain",
  ]);
});

test("any(), all() and next() stop at the row that decides", async () => {
  for (const call of ["any", "all", "next"])
    expect(await told("[1]", `${call}(row.referrer.vip or row.orders.exists() for row in Customer.objects.all())`)).toEqual([
      "orders likely",
      "referrer likely",
    ]);
  expect(await told("[1]", "any([row.referrer.vip for row in Customer.objects.all()])")).toEqual(["referrer certain"]);
  expect(await told("[1]", "sum(row.referrer.vip for row in Customer.objects.all())")).toEqual(["referrer certain"]);
  const each = "any(row.name for row in [other for other in Customer.objects.all() if other.referrer.vip])";
  expect(await told("[1]", each)).toEqual(["referrer certain"]);
});
