/** `template_name: str = "…"`: an attribute of a class that says its type. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const template = "{% for order in object_list %}{{ order.customer.name }}{% endfor %}{# expect: customer #}\n";

test("a view's attributes are what they are set to, with a type or without", async () => {
  await expectMarked({
    "shop/views.py": `from typing import ClassVar

from django.contrib.auth.decorators import login_required
from django.utils.decorators import method_decorator
from django.views.generic import FormView, ListView
from paging.views import PagedView
from shop.models import Order


class Orders(FormView, ListView):
    template_name: str = "shop/all.html"
    queryset = Order.objects.all()


@method_decorator(login_required, name="dispatch")
class Mine(ListView):
    template_name: ClassVar[str] = "shop/mine.html"
    model = Order


class Paged(PagedView, ListView):
    template_name: str = "shop/paged.html"
    model = Order
`,
    "shop/urls.py": `from django.urls import path
from shop import views

urlpatterns = [path("a", views.Orders.as_view()), path("b", views.Mine.as_view()), path("c", views.Paged.as_view())]
`,
    "shop/templates/shop/all.html": template,
    "shop/templates/shop/mine.html": template,
    "shop/templates/shop/paged.html": template,
  });
});

const exporter = (head: string): string => `from dataclasses import dataclass

from pydantic import BaseModel
from shop.models import Order


${head}
    names: bool = False

    def rows(self):
        if not self.names:
            return Order.objects.count()
        return [order.customer.name for order in Order.objects.all()]EXPECT
`;

test("objects of a dataclass, of a schema and of a class that was not read are made to differ from the default", async () => {
  for (const head of ["@dataclass\nclass Export:", "class Export(BaseModel):"]) {
    await expectMarked({ "shop/export.py": exporter(head).replace("EXPECT", "  # expect: customer") });
  }
  await expectMarked({ "shop/export.py": exporter("class Export:").replace("EXPECT", "") });
});
