import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function found(body: string) {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import Prefetch\nfrom shop.models import Customer, Line, Order\n\n\ndef work():\n    for order in ${body}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "deferred-field-load");
}

test("what the queryset of a Prefetch leaves out goes back in there", async () => {
  const body =
    'Order.objects.only("status").prefetch_related(Prefetch("lines", queryset=Line.objects.only("order"))):\n        print([line.price for line in order.lines.all()])';
  const [finding, ...others] = await found(body);
  expect(others).toEqual([]);
  expect(finding?.message).toMatch(
    /^`work` leaves `price` out of the rows that it prefetches as `lines`.*Add `"price"` to `only\(\)` in the queryset of the `Prefetch\("lines", …\)`/,
  );
  expect(finding?.fixes.flatMap(({ edits }) => edits.map(({ text }) => text.trim()))).toContain(', "price"');
});

test("so does that of a relation to one row", async () => {
  const body = 'Order.objects.prefetch_related(Prefetch("customer", Customer.objects.only("name"))):\n        print(order.customer.email)';
  expect((await found(body))[0]?.message).toContain("out of the rows that it prefetches as `customer`");
});

test("a joined row's column is named by the queryset that joins it", async () => {
  const body = 'Order.objects.select_related("customer").only("status", "customer__name"):\n        print(order.customer.email)';
  expect((await found(body))[0]?.message).toContain("leaves out `customer.email`, then reads it of each `Order`");
});

test("the columns that one queryset leaves out are told together", async () => {
  const [finding, ...others] = await found('Order.objects.only("id"):\n        print(order.status, order.placed_at)');
  expect(others).toEqual([]);
  expect(finding?.message).toContain("leaves out `status` and `placed_at`, then reads them of each `Order`: one query a row for each of them");
  expect(finding?.fixes.flatMap(({ edits }) => edits.map(({ text }) => text.trim()))).toEqual([', "status", "placed_at"']);
});

test("where other code uses the queryset, all columns are loaded by the one that reads them", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order


def brief():
    return Order.objects.only("id", "status")


def names():
    return [order.status for order in brief()]


def work():
    for order in brief():
        print(order.placed_at)
`,
  });
  const [finding] = report.findings.filter(({ rule }) => rule === "deferred-field-load");
  expect(finding?.message).toContain("call `defer(None)` on it");
});

test("the columns that the queryset of one Prefetch leaves out are told together", async () => {
  const [finding, ...others] = await found(
    'Order.objects.prefetch_related(Prefetch("customer", Customer.objects.only("name"))):\n        print(order.customer.email, order.customer.vip)',
  );
  expect(others).toEqual([]);
  expect(finding?.claim).toBe(
    "`work` leaves `email` and `vip` out of the rows that it prefetches as `customer`, then reads them of each row: one query a row for each of them.",
  );
  expect(finding?.fixes.flatMap(({ edits }) => edits.map(({ text }) => text.trim()))).toContain(', "email", "vip"');
});

test("who counts the rows reads none of their columns", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.core.paginator import Paginator
from shop.models import Order


def page(number):
    paginator = Paginator(Order.objects.only("status"), 100)
    return paginator.page(number), paginator.count


def work():
    orders, count = page(1)
    return [order.placed_at for order in orders]
`,
  });
  const [finding] = report.findings.filter(({ rule }) => rule === "deferred-field-load");
  expect(finding?.remedy).toBe('Add `"placed_at"` to `only()`, or take it out of `defer()`.');
});

test("what a manager leaves out for all is loaded where it is read", async () => {
  const report = await analyseShop({
    "shop/places.py": `from django.db import models


class PlainManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().defer("outline")


class Place(models.Model):
    parent = models.ForeignKey("self", models.CASCADE, related_name="children")
    outline = models.TextField()

    objects = PlainManager()


def outlines():
    return [place.outline for place in Place.objects.filter(parent=None)]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "deferred-field-load");
  expect(found.map(({ remedy, fixes }) => [remedy, fixes])).toEqual([
    ["Where these rows are read, call `defer(None)` on their queryset, which loads all columns, or begin at a manager that leaves none out.", []],
  ]);
});
