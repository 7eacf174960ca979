/** The standard library's functions that pass rows on. */
import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("a row that was drawn at random is one of the rows", async () => {
  await expectMarked({
    "shop/draws.py": `import random
from shop.models import Category, Order, Tag


def names():
    orders = list(Order.objects.all())
    return [order.customer.name for order in random.sample(orders, 3)]  # expect: customer


def joined():
    orders = list(Order.objects.select_related("customer"))
    return [order.customer.name for order in random.sample(orders, 3)]


class Maker:
    def __init__(self, category):
        self.category = category
        self.tags = Tag.objects.bulk_create([Tag(name="new")], ignore_conflicts=True)

    def tagged(self):
        return self.named(random.choice(self.tags))

    def named(self, tag):
        return tag if isinstance(tag, Tag) else self.category.products.get(tags=tag)


def made():
    return [Maker(category).tagged() for category in Category.objects.all()]
`,
  });
});
