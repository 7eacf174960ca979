/** Rows of many querysets whose own rows one inner loop goes through: it is told once, where the loop asks for its rows. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const NAMES = `from shop.models import Order


def names(order, lines=None):
    if lines is None:
        lines = order.lines.all()
    return [line.product.title for line in lines]


def names_by_loop(order, lines=None):
    found = []
    if lines is None:
        lines = order.lines.all()
    for line in lines:
        found.append(line.product.title)
    return found

`;

async function told(callers: number, loads = ""): Promise<readonly string[]> {
  const fields = ["pk", "status", "paid", "customer"].slice(0, callers);
  const views = fields.map((by) => `\ndef by_${by}():\n    for order in Order.objects.order_by("${by}")${loads}:\n        print(names_by_loop(order))\n`);
  const { findings } = await analyseShop({ "shop/work.py": NAMES + views.join("\n") });
  return findings
    .filter(({ rule, relation }) => rule === "n-plus-one" && relation?.endsWith("product") === true)
    .map(
      ({ confidence, relation, remedy, fixes, places }) =>
        `${confidence} ${relation} ${places.filter(({ role }) => role === "queryset").length}: ${remedy} ${fixes.length}`,
    );
}

test("from three querysets on", async () => {
  expect(await told(2)).toEqual([
    'certain lines__product 1: Add `prefetch_related("lines__product")` to the queryset. 1',
    'certain lines__product 1: Add `prefetch_related("lines__product")` to the queryset. 1',
  ]);
  expect(await told(3)).toEqual([
    'certain lines__product 3: Add `select_related("product")` where the rows of `lines` are asked for, before the loop: the rows of 3 querysets come here. 0',
  ]);
});

test("what one of them loads is not told of it", async () => {
  expect(await told(4, '.prefetch_related("lines__product")')).toEqual([]);
});

test("each queryset, where a serializer's field goes through the rows", async () => {
  const views = ["A", "B", "C"].map(
    (name) => `class ${name}(viewsets.ModelViewSet):\n    queryset = Order.objects.order_by("pk")\n    serializer_class = OrderSerializer\n`,
  );
  const { findings } = await analyseShop({
    "shop/api.py": `from rest_framework import serializers, viewsets
from shop.models import Line, Order


class LineSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="product.title")

    class Meta:
        model = Line
        fields = ["title"]


class OrderSerializer(serializers.ModelSerializer):
    lines = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = ["lines"]


${views.join("\n\n")}`,
  });
  expect(findings.filter(({ rule, relation }) => rule === "n-plus-one" && relation === "lines__product").length).toBe(3);
});
