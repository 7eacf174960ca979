import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test.each([
  ["{% for product in product_list %}{{ product.title }}{% endfor %}", "certain"],
  ["{{ count }}", "possible"],
])("rows that the page does not go through are not fetched: %s", async (body, confidence) => {
  const { findings } = await analyseShop({
    "shop/views.py": `from django.views.generic import ListView
from shop.models import Category


class Categories(ListView):
    model = Category
    template_name = "shop/categories.html"

    def get_queryset(self):
        return super().get_queryset().select_related()
`,
    "shop/templates/shop/categories.html": body.replaceAll("product", "category").replace("title", "name"),
    "shop/urls.py": `from django.urls import path
from shop.views import Categories

urlpatterns = [path("categories", Categories.as_view())]
`,
  });
  expect(findings.filter(({ rule }) => rule === "select-related-without-arguments").map((one) => one.confidence)).toEqual([confidence]);
});
