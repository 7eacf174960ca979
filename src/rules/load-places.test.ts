import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";
import { expectMarked } from "../../tests/support/framework-case.ts";

const SHELF = (mark: string): string => `from django.db import models

from shop.models import Product


class Shelf(models.Model):
    products = models.ManyToManyField(Product)

    def labels(self):
        return [product.category.name for product in self.products.all()]  ${mark}
`;

test("a method that reads what a queryset loads for its callers is possible only", async () => {
  await expectMarked({
    "shop/shelves.py": SHELF("# expect: category?"),
    "shop/views.py": `from shop.shelves import Shelf


def shelves(show):
    for shelf in Shelf.objects.prefetch_related("products__category"):
        show(shelf)
`,
  });
});

test("a queryset within a Prefetch loads it for the method's callers as well", async () => {
  await expectMarked({
    "shop/shelves.py": SHELF("# expect: category?"),
    "shop/views.py": `from django.db.models import Prefetch
from shop.models import Product
from shop.shelves import Shelf


def shelves(show):
    for shelf in Shelf.objects.prefetch_related(Prefetch("products", Product.objects.select_related("category"))):
        show(shelf)
`,
  });
});

test("rows that a method asks for anew have nothing that was prefetched for its callers", async () => {
  await expectMarked({
    "shop/shelves.py": SHELF("# expect: category").replace("products.all()", "products.filter(stock=0)"),
    "shop/views.py": `from shop.shelves import Shelf


def shelves(show):
    for shelf in Shelf.objects.prefetch_related("products__category"):
        show(shelf)
`,
  });
});

test("the same relation loaded on another path says nothing of the method's callers", async () => {
  await expectMarked({
    "shop/shelves.py": SHELF("# expect: category"),
    "shop/views.py": `from shop.models import Line


def lines(show):
    for line in Line.objects.select_related("product__category"):
        show(line)
`,
  });
});

const VIEWS = `from shop.models import Order


class Orders:
    queryset = Order.objects.order_by("placed_at")

    def rows(self):
        return self.queryset.prefetch_related("lines")

    def joined(self):
        return self.queryset.select_related("customer")

    def show(self):
        for order in self.rows():
            print(order.customer.name, order.lines.all())
        for order in self.joined():
            print(order.customer.name)
`;

test("a finding shows where other relations are loaded, and not the way that loads the missing one", async () => {
  const { findings } = await analyseShop({ "shop/views.py": VIEWS });
  const found = findings.filter((one) => one.rule === "n-plus-one" && one.relation === "customer");
  expect(found.flatMap((one) => one.places.flatMap(({ role, line }) => (role === "definition" ? [line] : [])))).toEqual([8]);
});

test("what a function reads that calls itself for the next row is told of two rows", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Category


def size(category):
    count = category.products.count()  # expect: products, parent.products
    if category.parent is not None:  # expect: parent
        count += size(category.parent)  # expect: parent
    return count


def sizes():
    return [size(category) for category in Category.objects.all()]


def spelt():
    return [
        category.parent.parent.products.count()  # expect: parent, parent.parent.products
        for category in Category.objects.all()
    ]
`,
  });
});

const CATEGORIES = (loaded: string): string => `from shop.models import Category


def tree(category):
    return [category.name, [tree(child) for child in category.category_set.all()]]


def trees():
    return [tree(category) for category in Category.objects.filter(parent=None)${loaded}]
`;

test("a level that is left out below those that were loaded by hand may have no rows", async () => {
  const told = async (loaded: string): Promise<readonly string[]> => {
    const report = await analyseShop({ "shop/trees.py": CATEGORIES(loaded) });
    return report.findings
      .filter(({ rule, claim }) => rule === "n-plus-one" && claim.startsWith("`trees`"))
      .map(({ confidence, relation }) => `${confidence} ${relation}`);
  };
  expect(await told("")).toEqual(["certain category_set"]);
  expect(await told('.prefetch_related("category_set")')).toEqual(["certain category_set__category_set"]);
  expect(await told('.prefetch_related("category_set__category_set")')).toEqual(["possible category_set__category_set__category_set"]);
});

test("a delete of one row in each round could hand its receivers a row that has more", async () => {
  const remedies = async (where: string) => {
    const report = await analyseShop({
      "shop/signals.py": `from django.db.models.signals import pre_delete
from django.dispatch import receiver

from shop.models import Shipment


@receiver(pre_delete, sender=Shipment)
def forget(sender, instance, **kwargs):
    print(instance.order.status)
`,
      "shop/work.py": `from shop.models import Shipment\n\n\ndef work(keys):\n    for key in keys:\n        Shipment.objects.filter(${where}).delete()\n`,
    });
    return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ remedy }) => remedy);
  };
  const loaded =
    'Fetch the rows of all rounds before the loop, in one query with `prefetch_related("order")`, and `delete()` each: the receivers are given these rows.';
  expect(await remedies("pk=key")).toEqual([loaded]);
  expect(await remedies("state=key")).toEqual([expect.stringMatching(/^Let the receiver read keys alone/)]);
});

test("what only a developer's data waits for is possible only", async () => {
  const found = async (command: string) => {
    const report = await analyseShop({
      [`shop/management/commands/${command}.py`]: `from django.core.management.base import BaseCommand
from shop.models import Order


class Command(BaseCommand):
    def handle(self, *args, **options):
        for order in Order.objects.filter(paid=True):
            print(order.customer.name)
`,
    });
    return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence }) => confidence);
  };
  expect(await found("create_sample_data")).toEqual(["possible"]);
  expect(await found("send_samples")).toEqual(["certain"]);
  expect(await found("backfill_totals")).toEqual(["possible"]);
  expect(await found("remove_deprecated_settings")).toEqual(["possible"]);
  expect(await found("fixtures_report")).toEqual(["certain"]);
});

test("what others run as well is told of them", async () => {
  const command = `from django.core.management.base import BaseCommand
from shop.orders import names


class Command(BaseCommand):
    def handle(self, *args, **options):
        names()
`;
  const loops = `from django.core.management.base import BaseCommand
from shop.orders import paid


class Command(BaseCommand):
    def handle(self, *args, **options):
        for order in paid():
            print(order.customer.name)
`;
  const report = await analyseShop({
    "shop/orders.py": `from shop.models import Order


def paid():
    return Order.objects.filter(paid=True)


def names():
    return [order.customer.name for order in paid()]
`,
    "shop/management/commands/migrate_orders.py": loops,
    "shop/management/commands/send_orders.py": command,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence }) => confidence)).toEqual(["certain"]);
});

test("one row of a relation is not each of them", async () => {
  const claims = async (read: string) => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order


def work():
    for order in Order.objects.all():
        ${read}
`,
    });
    return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ claim }) => claim);
  };
  expect(await claims("print(order.lines.all()[0].product.title)")).toEqual([
    "`work` loads `lines.product` separately for each `Order`, of one row of its `lines`: one query a row.",
  ]);
  const each = ["`work` loads `lines.product` separately for each row of `lines`: one query a row."];
  expect(await claims("print([line.product.title for line in order.lines.all()])")).toEqual(each);
  expect(await claims("print([line.product.title for line in sorted(order.lines.all(), key=str)])")).toEqual(each);
  expect(await claims("lines = list(order.lines.all())\n        for line in lines:\n            print(line.product.title)")).toEqual(each);
});

test("rows of rows that a function within itself goes through are each of them", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.db import models


class Node(models.Model):
    parent = models.ForeignKey("self", models.CASCADE, related_name="children")
    label = models.CharField(max_length=9)

    def show(self):
        for mark in self.marks.all():
            print(mark.text)
        for child in self.children.all():
            child.show()


class Mark(models.Model):
    node = models.ForeignKey(Node, models.CASCADE, related_name="marks")
    text = models.CharField(max_length=9)
`,
  });
  const claims = report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ claim }) => claim);
  expect(claims.length).toBeGreaterThan(0);
  expect(claims.join("\n")).not.toContain("of one row of its");
});
