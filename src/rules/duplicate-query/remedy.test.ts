import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function remedy(body: string): Promise<string | undefined> {
  const report = await analyseShop({ "shop/work.py": `from shop.models import Order\n\n\ndef work(key):\n    ${body.replaceAll("\n", "\n    ")}\n` });
  return report.findings.find(({ rule }) => rule === "duplicate-query")?.remedy;
}

test("an answer is kept, rows are shared", async () => {
  const rows = "Order.objects.filter(customer_id=key)";
  expect(await remedy(`if not ${rows}.exists() and not key:\n    return None\nreturn 1 if ${rows}.exists() else 2`)).toBe("Ask once, and keep the answer.");
  expect(await remedy(`first = list(${rows})\nreturn first, list(${rows})`)).toBe("Make the queryset once, and use it in both places.");
  expect(await remedy("first = Order.objects.get(pk=key)\nreturn first, Order.objects.get(pk=key)")).toBe("Fetch the row once, and use it in both places.");
});
