/** Methods of a base that ask for what only the classes below have. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("they are run as each class runs them", async () => {
  await expectMarked({
    "shop/management/commands/base.py": `from django.core.management.base import BaseCommand


class RowCommand(BaseCommand):
    model = None

    def handle(self, *args, **options):
        self.run_all()

    def run_all(self):
        for row in self.model.objects.all():
            self.process(row)
`,
    "shop/management/commands/names.py": `from shop.management.commands.base import RowCommand
from shop.models import Order


class Command(RowCommand):
    model = Order

    def process(self, order):
        self.stdout.write(order.customer.name)  # expect: customer
`,
    "shop/exports.py": `from abc import ABC, abstractmethod
from shop.models import Line, Order


class Export(ABC):
    @abstractmethod
    def rows(self): ...

    def cell(self, row):
        raise NotImplementedError

    def export(self):
        return [self.cell(row) for row in self.rows()]


class Orders(Export):
    def rows(self):
        return Order.objects.all()

    def cell(self, row):
        return row.invoice.number  # expect: invoice


class Lines(Export):
    def rows(self):
        return Line.objects.select_related("product")

    def cell(self, row):
        return row.product.title
`,
  });
});
