/** What class an object is of may be in a column or a setting; what the methods of that name do with rows is in the project. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(methods: string, call = "controller.visible_orders(request, orders)"): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/controllers.py": `from shop.models import Customer, Order


class Controller:
    def visible_orders(self, request, orders):
        return orders.filter(status="paid")
${methods}
`,
    "shop/views.py": `from django.utils.module_loading import import_string
from shop.models import Order


def view(request):
    controller = import_string(request.GET["controller"])(request)
    orders = Order.objects.order_by("pk")
    orders = ${call}
    for order in orders:
        print(order.customer.name)
`,
  });
  return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence, relation }) => `${confidence} ${relation}`);
}

const other = (body: string, params = "self, request, orders"): string => `

class OtherController(Controller):
    def visible_orders(${params}):
        ${body}`;

test("rows that all methods of the name narrow are the rows that come back", async () => {
  expect(await told("")).toEqual(["certain customer"]);
  expect(await told(other("return super().visible_orders(request, orders).exclude(status='new')"))).toEqual(["certain customer"]);
  expect(await told(other("return unknown(orders)"))).toEqual(["certain customer"]);
  expect(await told(other("return orders.filter(customer=request.customer)"))).toEqual(["certain customer"]);
  expect(await told(other("return orders if request.user.is_staff else orders.none()"))).toEqual(["certain customer"]);
});

test("what one of them loads, or has of other rows, may come back as well", async () => {
  expect(await told(other('return orders.select_related("customer")'))).toEqual([]);
  expect(await told(other("return Customer.objects.all()"))).toEqual([]);
  expect(await told(other("return [order for order in orders]"))).toEqual([]);
});

test("a method that takes other arguments is another one", async () => {
  expect(await told(other('return orders.select_related("customer")', "self, orders"))).toEqual(["certain customer"]);
});

test("a name that frameworks have, or that is any method's, says nothing", async () => {
  expect(await told("    def filter_queryset(self, request, orders):\n        return orders", "controller.filter_queryset(request, orders)")).toEqual([]);
  expect(await told("    def visible(self, request, orders):\n        return orders", "controller.visible(request, orders)")).toEqual([]);
});
