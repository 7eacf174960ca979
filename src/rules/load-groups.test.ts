import { expect, test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";
import type { LazyLoad } from "../model/index.ts";
import { oncePerReceiver, type LoadGroup } from "./load-groups.ts";

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

test("of a tree whose levels are rows between, those below the levels that code loads are possible only", async () => {
  await expectMarked({
    "shop/parts.py": `from django.db import models
from shop.models import Product


class Kit(models.Model):
    product = models.ForeignKey(Product, models.CASCADE)

    def texts(self):
        return [self.product.title] + [text for one in self.kit_parts.all() for text in one.part.texts()]  # expect: kit_parts.part.kit_parts, kit_parts.part.kit_parts.part.kit_parts.part?, kit_parts.part.kit_parts.part.product?


class KitPart(models.Model):
    kit = models.ForeignKey(Kit, models.CASCADE, related_name="kit_parts")
    part = models.ForeignKey(Kit, models.CASCADE, related_name="kits")
`,
    "shop/work.py": `from shop.parts import Kit


def texts():
    return [kit.texts() for kit in Kit.objects.select_related("product").prefetch_related("kit_parts__part__product")]
`,
  });
});

const collected = (model: string, doubts: readonly string[]): LoadGroup => {
  const load = {
    origin: { id: 1, model, collected: true },
    path: "user__cache",
    access: { file: "shop/signals.py", start: 9, end: 20 },
    doubts,
  } as unknown as LazyLoad;
  return { load, loads: [load] };
};

test("of rows of several models that receivers read at one place, the surest are told", () => {
  const told = oncePerReceiver([collected("shop.Log", ["its receiver may not run"]), collected("shop.Session", [])]);
  expect(told.map(({ load, others }) => [load.origin.model, others])).toEqual([["shop.Session", 1]]);
});
