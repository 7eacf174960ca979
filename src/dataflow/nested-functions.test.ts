/** A function within a method knows the method's object, whoever calls it. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("super() in a function that is handed to another one", async () => {
  await expectMarked({
    "shop/api.py": `from django.core.cache import cache
from rest_framework import serializers, viewsets
from shop.models import Order


def kept(default, args):
    def made():
        return default(*args)

    return cache.get_or_set("orders", made)


class KeptMixin:
    def dispatch(self, *args, **kwargs):
        def answer(*args):
            return super(KeptMixin, self).dispatch(*args).render()

        return kept(answer, args)


class OrderSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="customer.name")  # expect: customer

    class Meta:
        model = Order
        fields = ["name"]


class OrderViewSet(KeptMixin, viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
`,
  });
});
