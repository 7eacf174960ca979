import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const SHELF = (mark: string): string => `from django.db import models

from shop.models import Product


class Shelf(models.Model):
    products = models.ManyToManyField(Product)

    def labels(self):
        return [product.category.name for product in self.products.all()]  ${mark}
`;

test("a method that reads what a queryset loads for its callers is possible only", async () => {
  await expectMarked({
    "shop/shelves.py": SHELF("# expect: category?"),
    "shop/views.py": `from shop.shelves import Shelf


def shelves(show):
    for shelf in Shelf.objects.prefetch_related("products__category"):
        show(shelf)
`,
  });
});

test("the same relation loaded on another path says nothing of the method's callers", async () => {
  await expectMarked({
    "shop/shelves.py": SHELF("# expect: category"),
    "shop/views.py": `from shop.models import Line


def lines(show):
    for line in Line.objects.select_related("product__category"):
        show(line)
`,
  });
});
