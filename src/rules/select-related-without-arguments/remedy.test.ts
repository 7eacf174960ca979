import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(body: string): Promise<readonly (string | undefined)[]> {
  const report = await analyseShop({ "shop/work.py": `from shop.models import Line\n\n\ndef work(request):\n    ${body}\n` });
  return report.findings.filter(({ rule }) => rule === "select-related-without-arguments").map(({ remedy }) => remedy);
}

test("the remedy names relations of the model, those that are read where they were seen", async () => {
  expect(await told("return [line.product.category.name for line in Line.objects.select_related()]")).toEqual([
    'Name the relations that are read: `select_related("product__category")`.',
  ]);
  expect(await told("return list(Line.objects.select_related())")).toEqual(['Name the relations that are read, such as `select_related("order")`.']);
});
