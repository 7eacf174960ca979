/** What a test says of a name holds for what follows it. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";
import { expectMarked } from "../../tests/support/framework-case.ts";

const view = (body: string, mark: string): Record<string, string> => ({
  "shop/api.py": `from rest_framework import serializers, viewsets
from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    owner = serializers.CharField(source="customer.name")  ${mark}

    class Meta:
        model = Order
        fields = ["owner"]

    @classmethod
    def load(cls, queryset):
        return queryset.select_related("customer")


class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.order_by("placed_at")
    serializer_class = OrderSerializer

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        ${body.replaceAll("\n", "\n        ")}
        return queryset
`,
});

test("a class that may be None is none where the test says so", async () => {
  const chosen = "cls = None\nif self.request.user.is_staff:\n    cls = OrderSerializer\n";
  await expectMarked(view(`${chosen}if cls is None:\n    cls = super().get_serializer_class()\nqueryset = cls.load(queryset)`, ""));
  await expectMarked(view(`${chosen}if cls is not None:\n    queryset = cls.load(queryset)`, "# expect: customer"));
});

test("of a class that is not known beside one that is, nothing is followed", async () => {
  const chosen = "cls = OrderSerializer if self.request.user.is_staff else chosen(self)\n";
  await expectMarked(view(`${chosen}if not cls:\n    return queryset\nif hasattr(cls, "load"):\n    queryset = cls.load(queryset)`, ""));
});

test("rows that are handed back before they are loaded further are told as possible", async () => {
  await expectMarked(view('if self.request.user.is_staff:\n    return queryset\nqueryset = queryset.select_related("customer")', "# expect: customer?"));
  const listed = 'if self.request.user.is_staff:\n    return queryset\nqueryset = list(queryset.select_related("customer"))';
  await expectMarked(view(listed, "# expect: customer?"));
  await expectMarked(view('if self.request.user.is_staff:\n    return queryset\nqueryset = queryset.prefetch_related("lines")', "# expect: customer"));
});

test("what stands in for rows that were handed over is asked for by few rounds", async () => {
  const { findings } = await analyseShop({
    "shop/kinds.py": `from shop.models import Order, Tag


def kind_of(order, tags):
    if not tags:
        tags = Tag.objects.order_by("name")
    for tag in tags:
        if order.status == tag.name:
            return tag


def kinds():
    tags = Tag.objects.all()
    return [kind_of(order, tags) for order in Order.objects.all()]


def kinds_of_all():
    return [kind_of(order, None) for order in Order.objects.all()]
`,
  });
  const asked = findings.filter(({ rule }) => rule === "query-in-loop");
  expect(asked.map(({ confidence, places }) => [confidence, places.find(({ role }) => role === "loop")?.line])).toEqual([["likely", 18]]);
});

test("a nested function is run again once a list around it has rows", async () => {
  await expectMarked({
    "shop/totals.py": `from shop.models import Order


def totals():
    found = []
    names = []

    def finish():
        if not found:
            return
        for order in found:
            names.append(order.customer.name)  # expect: customer
        found.clear()

    last = None
    for order in Order.objects.order_by("placed_at"):
        if last != order.placed_at:
            finish()
            last = order.placed_at
        found.append(order)
    finish()
    return names
`,
  });
});
