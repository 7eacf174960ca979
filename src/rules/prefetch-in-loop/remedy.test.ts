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
