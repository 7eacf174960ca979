import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

const shown = (serializers: string): Record<string, string> => ({
  "shop/api.py": `import serpy
from django.http import JsonResponse
from shop.models import Order


class CustomerSerializer(serpy.Serializer):
    name = serpy.StrField()


${serializers}


def orders(request):
    return JsonResponse(OrderSerializer(Order.objects.all(), many=True).data, safe=False)
`,
});

test("a field of serpy follows its attribute, a method is asked for the row", async () => {
  await expectMarked(
    shown(`class LineSerializer(serpy.Serializer):
    product = serpy.StrField("product.name")  # expect: lines.product


class OrderSerializer(serpy.Serializer):
    customer = CustomerSerializer()  # expect: customer
    customer_id = serpy.IntField()
    number = serpy.StrField(attr="invoice.number")  # expect: invoice
    lines = LineSerializer(attr="lines.all", call=True, many=True)
    parcels = serpy.MethodField(method="get_shipments")

    def get_shipments(self, order):
        return [one.id for one in order.shipments.all()]  # expect: shipments`),
  );
});

test("a serializer's own to_value() is given all rows at once, a field's the value", async () => {
  await expectMarked(
    shown(`class Names(serpy.Field):
    def to_value(self, customer):
        return [one.name for one in customer.customer_set.all()]  # expect: customer.customer_set


class Cached(serpy.Serializer):
    def to_value(self, rows):
        self.seen = {}
        return super().to_value(rows)


class OrderSerializer(Cached):
    names = Names(attr="customer")`),
  );
});
