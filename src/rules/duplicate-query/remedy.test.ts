import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function remedies(first: string, second: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order\n\n\ndef work(key, mode):\n    if mode:\n        print(${first})\n    return ${second}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "duplicate-query").map(({ message }) => message.replace(/^.*share their rows\. /, ""));
}

test("one row is fetched once, rows are shared by their queryset", async () => {
  const one = "Order.objects.get(pk=key)";
  expect(await remedies(one, one)).toEqual(["Fetch the row once, and use it in both places."]);
  const all = "list(Order.objects.filter(customer=key))";
  expect(await remedies(all, all)).toEqual(["Make the queryset once, and use it in both places."]);
});
