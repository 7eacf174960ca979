import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(call: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product, Tag\n\n\ndef work(tags):\n    for product in Product.objects.all():\n        ${call}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "add-in-loop").map(({ message, doubt }) => `${message} ${doubt}`);
}

test("what add() and remove() cost, and what they are replaced by, is said of each", async () => {
  expect(await told("product.tags.add(*tags)")).toEqual([
    expect.stringMatching(/two statements and a transaction\. Insert .*bulk_create\(\) sends no m2m_changed/),
  ]);
  expect(await told("product.tags.remove(*tags)")).toEqual([
    expect.stringMatching(/deletes its links alone.* Delete the links .*a query on the links sends no/),
  ]);
});
