/** What is advised depends on whether anybody reads the number. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order\n\n\ndef work():\n    rows = Order.objects.filter(paid=True)\n    ${body}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "len-for-count").map(({ message, fixes }) => `${message} (${fixes.length})`);
}

test("a number that nobody reads is not asked for", async () => {
  expect(await told("len(rows)\n    return rows.filter(total=1)")).toEqual([
    "Every `Order` row is fetched for a number that nobody reads. `len()` loads the rows into memory; what is made of this queryset later asks again. " +
      "Take the statement out. (0)",
  ]);
  expect(await told("return len(rows)")).toEqual([expect.stringMatching(/Use `\.count\(\)`: one number comes back\. \(1\)$/)]);
});
