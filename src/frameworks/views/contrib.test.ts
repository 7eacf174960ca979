import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("feeds and sitemaps ask every item", async () => {
  await expectMarked({
    "shop/feeds.py": `from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed
from shop.models import Line, Order, Product


class Orders(Feed):
    def items(self):
        return Order.objects.all()

    def item_title(self, item):
        return item.customer.name  # expect: customer

    def item_link(self, item):
        return "/"


class Lines(Feed):
    def items(self):
        return Line.objects.select_related("product")

    def item_title(self, item):
        return item.product.title

    def item_link(self, item):
        return "/"


class Products(Sitemap):
    def items(self):
        return Product.objects.all()

    def location(self, item):
        return f"/{item.category.name}/{item.pk}"  # expect: category
`,
  });
});
