import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("rows of a page are not loaded with all others to say how many there are", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order


def work(start):
    orders = Order.objects.filter(paid=True)
    page = [order.status for order in orders[start : start + 20]]
    return page, len(orders)
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "evaluated-twice").map(({ message }) => message.slice(message.indexOf("Ask")))).toEqual([
    "Ask `count()` for the number: `len()` loads every row to count them, those of the slice again.",
  ]);
});
