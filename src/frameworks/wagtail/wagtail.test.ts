import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("a viewset's listing reads its columns of every row", async () => {
  await expectMarked({
    "shop/wagtail_hooks.py": `from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views.snippets import SnippetViewSet
from shop.models import Order, Product


class Orders(ModelViewSet):
    model = Order
    list_display = [
        "status",
        "customer__name",  # expect: customer?
    ]


class Products(SnippetViewSet):
    model = Product
    list_display = ["title", "category__name"]

    def get_queryset(self, request):
        return Product.objects.select_related("category")
`,
  });
});
