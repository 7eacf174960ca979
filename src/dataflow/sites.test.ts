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
  expect(coverage.unresolved).toEqual([{ why: "a template that was not found (`shop/gone.html`)", count: 1, file: "shop/views.py" }]);
});

test("the rows of a manager's own methods are named by the class that has these", async () => {
  const { findings } = await analyseShop({
    "shop/models.py": `from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=100)


class OrderQuerySet(models.QuerySet):
    def greet(self):
        for order in self.filter(customer__name="a"):
            print(order.customer.name)


class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)

    objects = OrderQuerySet.as_manager()
`,
  });
  const found = findings.filter(({ rule }) => rule === "n-plus-one");
  expect(found.map(({ claim, places }) => [claim.slice(0, claim.indexOf(" separately")), places.find(({ role }) => role === "queryset")?.line])).toEqual([
    ["`OrderQuerySet` loads `customer`", 8],
  ]);
});
