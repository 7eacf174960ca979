import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

const FILTERS = `import django_filters
from shop.models import Category, Order, Product


class OrderFilter(django_filters.FilterSet):
    class Meta:
        model = Order
        fields = ["status"]
`;

test("`.qs` keeps what the view's queryset loads", async () => {
  await expectMarked({
    "shop/filters.py": FILTERS,
    "shop/views.py": `from django_filters.views import FilterView
from django.shortcuts import render
from shop.filters import OrderFilter
from shop.models import Order


class Orders(FilterView):
    model = Order
    filterset_class = OrderFilter
    template_name = "orders.html"


class CoveredOrders(FilterView):
    queryset = Order.objects.select_related("customer")
    filterset_class = OrderFilter
    template_name = "orders.html"


def orders(request):
    found = OrderFilter(request.GET, queryset=Order.objects.all())
    for order in found.qs:
        print(order.customer.email)  # expect: customer


def covered(request):
    found = OrderFilter(request.GET, queryset=Order.objects.select_related("customer"))
    for order in found.qs:
        print(order.customer.email)
`,
    "shop/templates/orders.html": `{% for order in object_list %}
  {{ order.customer.name }}{# expect: customer #}
{% endfor %}
`,
  });
});
