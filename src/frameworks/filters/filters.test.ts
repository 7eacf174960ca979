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

test.each([
  "<form>{% for field in filter.form %}{{ field }}{% endfor %}</form>",
  "{% load crispy_forms_tags %}{% crispy filter.form %}",
  "{% load crispy_forms_tags %}<form>{{ filter.form|crispy }}</form>",
  "{% load django_bootstrap5 %}<form>{% bootstrap_form filter.form %}</form>",
])("a set's form offers the rows of its filters, as its own methods leave them: %s", async (form) => {
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
    "shop/templates/shop/shows.html": form,
  });
});

test("a queryset that may come from a store that was not read is what a set was given, not none", async () => {
  await expectMarked({
    "shop/filters.py": `${FILTERS}
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
`,
    "shop/stores.py": `from crum import get_current_request


def store():
    return getattr(get_current_request(), "kept", None)
`,
    "shop/hooks.py": `from shop.stores import store


def visible(orders):
    try:
        kept = getattr(store(), str(orders.query))
    except AttributeError:
        kept = orders
    return kept


def or_all(model, rows):
    return model.objects.all() if rows is None else rows
`,
    "shop/views.py": `from django.shortcuts import render
from shop.filters import OrderFilter
from shop.hooks import or_all, visible
from shop.models import Order


def orders(request):
    found = OrderFilter(request.GET, queryset=visible(Order.objects.select_related("customer")))
    return render(request, "shop/orders.html", {"orders": found.qs})


def listed(request):
    for order in or_all(Order, visible(Order.objects.select_related("customer"))):
        print(order.customer.name)


def without(request):
    for order in OrderFilter(request.GET).qs:
        print(order.customer.name)  # expect: customer
`,
    "shop/templates/shop/orders.html": `{% for order in orders %}{{ order.customer.name }}{% endfor %}
`,
  });
});
