import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

test("a template that is not found is missing in the project's class, not in the view that it inherits from", async () => {
  const { coverage } = await analyseShop({
    "shop/views.py": `from django.views.generic import ListView
from shop.models import Order


class Orders(ListView):
    model = Order
    template_name = "shop/gone.html"
`,
    "shop/urls.py": `from django.urls import path
from shop.views import Orders

urlpatterns = [path("", Orders.as_view())]
`,
  });
  expect(coverage.unresolved).toEqual([{ why: "a template that was not found", count: 1, file: "shop/views.py" }]);
});
