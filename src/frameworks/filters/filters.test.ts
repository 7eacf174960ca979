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

test("a set's form offers the rows of its filters, as its own methods leave them", async () => {
  await expectMarked({
    "shop/models.py": `from django.db import models


class Group(models.Model):
    name = models.CharField(max_length=80)


class Venue(models.Model):
    group = models.ForeignKey(Group, models.CASCADE)

    def __str__(self):
        return self.group.name  # expect: group


class Hall(models.Model):
    group = models.ForeignKey(Group, models.CASCADE)

    def __str__(self):
        return self.group.name


class Show(models.Model):
    venue = models.ForeignKey(Venue, models.CASCADE)
    hall = models.ForeignKey(Hall, models.CASCADE)
    title = models.CharField(max_length=80)
`,
    "shop/signals.py": "",
    "shop/views.py": `import django_filters
from django.shortcuts import render
from shop.models import Hall, Show


class ShowFilter(django_filters.FilterSet):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.form.fields["hall"].queryset = Hall.objects.select_related("group")

    class Meta:
        model = Show
        exclude = ["title"]


def shows(request):
    found = ShowFilter(request.GET, queryset=Show.objects.all())
    return render(request, "shop/shows.html", {"filter": found})
`,
    "shop/templates/shop/shows.html": `<form>{% for field in filter.form %}{{ field }}{% endfor %}</form>
`,
  });
});
