/** `for order, asked in pairs`: what stands at one place of a tuple is not what stands at another. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("where some ways make tuples, and others something that is not known", async () => {
  await expectMarked({
    "shop/work.py": `from shop.models import Order


class Asked:
    def __init__(self, customer):
        self.customer = customer


def pairs(orders, given):
    found = []
    for order in orders:
        found.append((order, Asked(given)))
        if given:
            found.append(given)
    return found


def first_places(given):
    for order, asked in pairs(Order.objects.all(), given):
        print(order.customer.name)  # expect: customer


def second_places(given):
    for order, asked in pairs(Order.objects.all(), given):
        print(asked.customer.name)
`,
  });
});
