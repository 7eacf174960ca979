/** What the arms of a condition put on rows and into dictionaries: each starts with what was there before, and what comes after finds what any left. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("a key that an arm sets has, after it, the earlier rows too", async () => {
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Invoice, Line, Order


def one_of_two(request):
    context = {}
    if request.GET.get("paid"):
        context["rows"] = Order.objects.all()
    else:
        context["rows"] = Order.objects.select_related("customer")
    return [row.customer.name for row in context["rows"]]  # expect: customer


def replaced(request):
    context = {"rows": Line.objects.all()}
    if request.GET.get("order"):
        context.update(rows=Line.objects.select_related("order"))
    return render(request, "shop/lines.html", context)


def loaded_there(request):
    context = {"rows": Invoice.objects.all()}
    if request.GET.get("order"):
        context["rows"] = context["rows"].select_related("order")
        return [row.order.status for row in context["rows"]]
    return [row.number for row in context["rows"]]
`,
    "shop/templates/shop/lines.html": `{% for row in rows %}{{ row.order.status }}{% endfor %}{# expect: order #}`,
  });
});

test("what an arm puts on a row is one of several answers", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Customer, Order


def role(customer):
    if not hasattr(customer, "_role"):
        if customer.vip:
            customer._role = "admin"
        else:
            try:
                customer._role = customer.orders.all()[0].status
            except IndexError:
                customer._role = "nobody"
    return customer._role


def visible(pk):
    customer = Customer.objects.get(pk=pk)
    orders = Order.objects.all()
    if role(customer) == "admin":
        return orders
    if role(customer) == "clerk":
        return orders.filter(paid=True)
    return orders.none()


def names(pk):
    return [order.customer.name for order in visible(pk)]  # expect: customer
`,
  });
});
