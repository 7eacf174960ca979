import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("a view of JSON:API prefetches what its serializer includes", async () => {
  await expectMarked({
    "shop/api.py": `from rest_framework import serializers
from rest_framework_json_api.views import ReadOnlyModelViewSet
from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    owner = serializers.CharField(source="customer.name")
    referrer = serializers.CharField(source="customer.referrer.name")  # expect: customer.referrer
    prices = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["owner", "referrer", "prices"]

    class JSONAPIMeta:
        included_resources = ["customer"]

    def get_prices(self, order):
        return [line.price for line in order.lines.all()]


class OrderViewSet(ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    prefetch_for_includes = {"__all__": ["lines"]}


class OtherSerializer(serializers.ModelSerializer):
    owner = serializers.CharField(source="customer.name")  # expect: customer

    class Meta:
        model = Order
        fields = ["owner"]


class OtherViewSet(ReadOnlyModelViewSet):
    queryset = Order.objects.order_by("status")
    serializer_class = OtherSerializer
`,
  });
});
