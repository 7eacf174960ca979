/** Decorators of the project's own that keep what they decorate. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("what asks for what was kept finds it", async () => {
  await expectMarked({
    "shop/zoo.py": `EXPORTS = {}
HOOKS = []


def export(name):
    def keep(cls):
        EXPORTS[name] = cls
        return cls

    return keep


def hook(fn):
    HOOKS.append(fn)
    return fn


class Registry:
    def __init__(self):
        self.kept = {}

    def register(self, cls):
        self.kept[cls.name] = cls
        return cls

    def get(self, name):
        return self.kept[name]


registry = Registry()
`,
    "shop/app.py": `from shop.models import Order
from shop.zoo import EXPORTS, HOOKS, registry


def exported():
    return [EXPORTS[order.status]().row(order) for order in Order.objects.all()]


def hooked():
    for order in Order.objects.all():
        for one in HOOKS:
            one(order)


def registered(name):
    return [registry.get(name)().row(order) for order in Order.objects.all()]


`,
    "shop/kinds.py": `from shop.zoo import export, hook, registry


@export("csv")
class Csv:
    def row(self, order):
        return order.customer.name  # expect: customer


@registry.register
class Html:
    name = "html"

    def row(self, order):
        return order.invoice.number  # expect: invoice


@hook
def told(order):
    return order.lines.count()  # expect: lines
`,
  });
});
