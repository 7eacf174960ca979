import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function remedies(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order, Product\n\n\ndef work(request):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ message }) => message.replace(/^.*? (?=(?:Add|Read|Fetch|Use) )/, ""));
}

test("rows that are read whole are prefetched", async () => {
  expect(await remedies("return [[tag.name for tag in product.tags.all()] for product in Product.objects.all()]")).toEqual([
    'Add `prefetch_related("tags")` to the queryset.',
  ]);
});

test("a prefetch alone does not serve values()", async () => {
  expect(await remedies('return [list(product.tags.values_list("name", flat=True)) for product in Product.objects.all()]')).toEqual([
    'Add `prefetch_related("tags")` to the queryset, and build the values from `all()` in Python: `values()` would query again.',
  ]);
});

test("a prefetch alone does not serve filter()", async () => {
  expect(await remedies("return [[line.price for line in order.lines.filter(quantity=1)] for order in Order.objects.all()]")).toEqual([
    'Add `Prefetch("lines", queryset=…, to_attr=…)` with these rows to the queryset, or prefetch all and choose among them in Python: `filter()` would query again.',
  ]);
});
