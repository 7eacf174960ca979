/** What is a small part of what a round costs is possible only. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";
import { expectMarked } from "../../tests/support/framework-case.ts";

const admin = (work: string): Record<string, string> => ({
  "shop/admin.py": `from django.contrib import admin
from shop.models import Invoice, Order, Shipment


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["status"]
    actions = ["send"]

    def send(self, request, queryset):
        for order in queryset:
            ${work}
`,
});

test("a job of several writes for rows that somebody ticks", async () => {
  const writes = `
            Invoice.objects.filter(order=order).update(sent=True)
            Invoice.objects.create(order=order, number="one")`;
  const called = "\n\ndef ship(order):\n    Shipment.objects.create(order=order, state=order.customer.name)  # expect: customer?\n";
  const { "shop/admin.py": text = "", ...others } = admin(`ship(order)${writes}`);
  await expectMarked({ ...others, "shop/admin.py": `${text}${called}` });
  // What the loop itself reads is a word to load.
  await expectMarked(admin(`Shipment.objects.create(order=order, state=order.customer.name)  # expect: customer${writes}`));
  await expectMarked(admin("print(order.customer.name)  # expect: customer"));
});

const receiver = (rest: string): Record<string, string> => ({
  "shop/kept.py": `from django.db import models
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from shop.models import Order, Tag


class Note(models.Model):
    order = models.OneToOneField(Order, models.CASCADE)
    text = models.TextField()


@receiver(pre_delete, sender=Order)
def keep(sender, instance, **kwargs):
    Tag.objects.create(name=instance.note.text)  # expect: note${rest}


def clear():
    Order.objects.filter(paid=True).delete()
`,
});

test("a receiver that sends several statements for each row", async () => {
  await expectMarked(
    receiver(`?
    Tag.objects.get_or_create(name=instance.status)
    Tag.objects.filter(name="").update(name="none")
    Tag.objects.filter(name="x").delete()`),
  );
  await expectMarked(receiver(""));
});

test("a row that each round fetches in a query of its own", async () => {
  const told = async (rows: string, key: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from shop.models import Order


def names(numbers):
    for one in ${rows}:
        print(Order.objects.get(pk=${key}).customer.name)
`,
    });
    return findings.flatMap(({ rule, confidence }) => (rule === "n-plus-one" || rule === "query-in-loop" ? [`${rule} ${confidence}`] : []));
  };
  expect(await told("numbers", "one")).toEqual(["n-plus-one possible", "query-in-loop likely"]);
  expect(await told("Order.objects.filter(paid=True)", "one.total")).toEqual(["n-plus-one certain", "query-in-loop certain"]);
});

test("a prefetch that a save sets off", async () => {
  const told = async (work: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/dated.py": `from django.db.models.signals import post_save
from django.dispatch import receiver
from shop.models import Customer, Order


@receiver(post_save, sender=Customer)
def show(sender, instance, **kwargs):
    for order in Order.objects.prefetch_related("lines").filter(customer=instance):
        print(len(order.lines.all()))


def work():
    for customer in Customer.objects.filter(vip=True):
        ${work}
`,
    });
    return findings.flatMap(({ rule, confidence }) => (rule === "prefetch-in-loop" ? [confidence] : []));
  };
  expect(await told("customer.vip = False\n        customer.save()")).toEqual(["possible"]);
  expect(await told("show(Customer, customer)")).toEqual(["likely"]);
});
