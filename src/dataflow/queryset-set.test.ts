/** What a method gives is asked anew once the object has another queryset. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(before: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from rest_framework import serializers, viewsets
from shop.models import Line, Order


class LineSerializer(serializers.ModelSerializer):
    customer = serializers.CharField(source="order.customer.name")

    class Meta:
        model = Line
        fields = ["customer"]


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]


class OrderView(viewsets.ModelViewSet):
    queryset = Order.objects.all()

    def get_serializer_class(self):
        return {"list": LineSerializer}.get(self.action, OrderSerializer)

    def list(self, request, *args, **kwargs):
        ${before}
        self.queryset = Line.objects.filter(quantity=1)
        return super().list(request, *args, **kwargs)
`,
  });
  return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ relation, model }) => `${model} ${relation}`);
}

test("a view that sets its queryset serializes that, whatever it has asked of the other", async () => {
  expect(await told("print(request)")).toEqual(["shop.Line order__customer"]);
  expect(await told("order = self.get_object()")).toEqual(["shop.Line order__customer"]);
});
