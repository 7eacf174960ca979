/** What takes the place of a prefetch in each round. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(work: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/work.py": work });
  return report.findings.filter(({ rule }) => rule === "prefetch-in-loop").map(({ message }) => message);
}

test("the first rows of each round are gathered, then given what they lack", async () => {
  expect(
    await told(`from shop.models import Category, Product


def work():
    return [list(Product.objects.filter(category=one).prefetch_related("tags")[:9]) for one in Category.objects.all()]
`),
  ).toEqual([
    expect.stringMatching(
      /Leave the prefetch out of the loop's queryset, gather the rows of all rounds, and call `prefetch_related_objects\(\)` on them once\.$/,
    ),
  ]);
});

test("all rows of each round come in one query", async () => {
  expect(
    await told(`from shop.models import Category, Product


def work():
    return [list(Product.objects.filter(category=one).prefetch_related("tags")) for one in Category.objects.all()]
`),
  ).toEqual([expect.stringMatching(/Fetch the rows of all rounds before the loop with one prefetching queryset/)]);
});

test.each([
  ["product.category.pk", "category"],
  ["product.category.id", "category"],
])("of %s the column is enough", async (read, path) => {
  expect(
    await told(`from shop.models import Product, Tag


def work():
    return [[${read} for product in Product.objects.filter(tags=one).prefetch_related("${path}")] for one in Tag.objects.all()]
`),
  ).toEqual([expect.stringMatching(/Read `category_id`, which came with the row, and leave the prefetch out: nothing else of the other row is read\.$/)]);
});

test("one of two relations is read by its key", async () => {
  expect(
    await told(`from shop.models import Line, Tag


def work():
    rows = []
    for one in Tag.objects.all():
        for line in Line.objects.filter(product__tags=one).prefetch_related("order", "product"):
            rows.append((line.order.pk, line.product.title))
    return rows
`),
  ).toEqual([expect.stringMatching(/Read `order_id`, which came .* is read\. Fetch the rows of all rounds before the loop with one prefetching queryset/)]);
});

test.each(["product.category.name, product.category.pk", "product.category", "str(product.category), product.category.pk"])(
  "%s needs the row",
  async (read) => {
    expect(
      await told(`from shop.models import Product, Tag


def work():
    return [[(${read}) for product in Product.objects.filter(tags=one).prefetch_related("category")] for one in Tag.objects.all()]
`),
    ).toEqual([expect.not.stringContaining("category_id")]);
  },
);
