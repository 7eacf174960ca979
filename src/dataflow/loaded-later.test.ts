/** What `prefetch_related_objects()` loads onto a row is there for whoever reads that row, through the row that keeps it as well. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const MODELS = `from django.db import models
from shop.models import Order


class Parcel(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)

    def prefetch(self):
        models.prefetch_related_objects([self], "order__lines__product")


class Pallet(models.Model):
    parcel = models.ForeignKey(Parcel, models.CASCADE)
`;

test("onto the row of another row's foreign key", async () => {
  await expectMarked({
    "shop/parcels.py": MODELS,
    "shop/work.py": `from shop.parcels import Pallet


def loaded(pk):
    pallet = Pallet.objects.get(pk=pk)
    pallet.parcel.prefetch()
    return [line.product.title for line in pallet.parcel.order.lines.all()]


def bare(pk):
    pallet = Pallet.objects.get(pk=pk)
    return [line.product.title for line in pallet.parcel.order.lines.all()]  # expect: product
`,
  });
});

test("by a method that was followed before", async () => {
  await expectMarked({
    "shop/parcels.py": MODELS,
    "shop/work.py": `from shop.parcels import Pallet


class Pallets:
    def get(self, pk):
        return Pallet.objects.get(pk=pk)

    def titles(self, pk):
        pallet = self.get(pk)
        pallet.parcel.prefetch()
        return [line.product.title for line in pallet.parcel.order.lines.all()]

    def prices(self, pk):
        pallet = self.get(pk)
        pallet.parcel.prefetch()
        return [line.product.price for line in pallet.parcel.order.lines.all()]

    def stocks(self, pk):
        pallet = self.get(pk)
        return [line.product.stock for line in pallet.parcel.order.lines.all()]  # expect: product
`,
  });
});

test("onto the row that one caller was given, not that of another", async () => {
  await expectMarked({
    "shop/parcels.py": MODELS,
    "shop/work.py": `from shop.parcels import Parcel


def parcel_of(pk):
    return Parcel.objects.get(pk=pk)


def loaded(pk):
    parcel = parcel_of(pk)
    parcel.prefetch()
    return [line.product.title for line in parcel.order.lines.all()]


def bare(pk):
    parcel = parcel_of(pk)
    return [line.product.title for line in parcel.order.lines.all()]  # expect: product
`,
  });
});
