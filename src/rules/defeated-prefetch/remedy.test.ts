/** What takes the place of a method that queries past the prefetched rows. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("the last by a field is not the last of the rows as they come", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(request):
    return [product.lines.latest("price") for product in Product.objects.prefetch_related("lines")]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "defeated-prefetch").map(({ message }) => message.replace(/^.*(?=Take)/, ""))).toEqual([
    "Take it out of `all()` in Python: `max(rows.all(), key=…)` by the same field.",
  ]);
});

test("what the loop's own write drops is read before it, or not prefetched", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(tags):
    for product in Product.objects.prefetch_related("tags"):
        product.tags.set(tags)
        print(product.tags.filter(name="new"))
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "defeated-prefetch");
  expect(found.map(({ claim }) => claim)).toEqual(["`tags` is prefetched for each `Product`, then dropped and read again: one query a row."]);
  expect(found.map(({ message, fixes }) => [message.replace(/^.*(?=Read)/, ""), fixes])).toEqual([
    ["Read it before what drops it; where it has to be read after, leave the prefetch out.", []],
  ]);
});

test("what is sorted asks by what it sorts", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(request):
    return [sorted(product.tags.values_list("name", flat=True)) for product in Product.objects.prefetch_related("tags")]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "defeated-prefetch");
  expect(found.map(({ message }) => message.replace(/^.*(?=Build)/, ""))).toEqual(["Build the values from `all()` in Python."]);
});
