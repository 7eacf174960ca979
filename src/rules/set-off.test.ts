/** What is a small part of what a round costs is possible only. */
import { test } from "vitest";
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
  await expectMarked(
    admin(`Shipment.objects.create(order=order, state=order.customer.name)  # expect: customer?
            Invoice.objects.filter(order=order).update(sent=True)
            Invoice.objects.create(order=order, number="one")`),
  );
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
