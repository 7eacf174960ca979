import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("a relation that is surely loaded is told beside one below it that is only possible", async () => {
  await expectMarked({
    "shop/listing.py": `from shop.models import Order


def recent():
    return Order.objects.filter(paid=True)


def names():
    return [order.customer.name for order in recent()]  # expect: customer
`,
    "shop/schema.py": `import graphene
from graphene_django import DjangoObjectType
from shop.listing import recent
from shop.models import Order


class OrderType(DjangoObjectType):
    referrer = graphene.String(source="customer.referrer.name")  # expect: customer, customer.referrer?

    class Meta:
        model = Order
        fields = ["status"]


class Query(graphene.ObjectType):
    orders = graphene.List(OrderType)

    def resolve_orders(self, info):
        return recent()
`,
  });
});
