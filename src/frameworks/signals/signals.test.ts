import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("receivers get one row; what they loop over is many", async () => {
  await expectMarked({
    "shop/signals.py": `from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from shop.models import Order, Shipment


@receiver(post_save, sender=Order)
def on_save(sender, instance, **kwargs):
    print(instance.customer.name)
    for line in instance.lines.all():
        print(line.product.title)  # expect: product


@receiver(post_save, sender=Order)
def covered(sender, instance, **kwargs):
    for line in instance.lines.select_related("product"):
        print(line.product.title)


def on_delete(sender, instance, **kwargs):
    for line in instance.order.lines.all():
        print(line.product.price)  # expect: product


post_delete.connect(on_delete, sender=Shipment)
`,
  });
});

test("what create() makes has no key before it is saved, and is new after it", async () => {
  await expectMarked({
    "shop/signals.py": `from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from shop.models import Order, Shipment


@receiver(pre_save, sender=Shipment)
def before(sender, instance, raw, **kwargs):
    if raw or not instance.pk:
        return
    print(list(instance.order.lines.all()))


@receiver(post_save, sender=Shipment)
def after(sender, instance, created, **kwargs):
    if not created:
        print(list(instance.order.lines.all()))
    if created and instance.pk:
        print(instance.order.customer.name)  # expect: customer


def ship():
    for order in Order.objects.all():
        Shipment.objects.create(order=order)
`,
  });
});

test("receivers of links are told the model of the rows that are linked, and one row of the other end", async () => {
  await expectMarked({
    "shop/signals.py": `from django.db import models
from django.db.models.signals import m2m_changed
from django.dispatch import receiver
from shop.models import Customer, Order, Product


class Wish(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    order = models.ForeignKey(Order, models.CASCADE)


@receiver(m2m_changed, sender=Wish)
def check(sender, instance, action, model, pk_set, **kwargs):
    for one in model.objects.filter(pk__in=pk_set):
        print(one.customer)  # expect: customer


@receiver(m2m_changed, sender=Product.tags.through)
def tagged(sender, instance, action, model, pk_set, **kwargs):
    for one in model.objects.filter(pk__in=pk_set):
        print(one.category.name)  # expect: category
`,
  });
});

test("a bound task's first parameter is the task, and its calls run elsewhere", async () => {
  await expectMarked({
    "shop/tasks.py": `from celery import shared_task
from shop.models import Order


@shared_task(bind=True)
def send(self, order_id):
    order = Order.objects.get(pk=order_id)
    print(order.customer.name, self.request.id)


@shared_task
def send_all():
    for order in Order.objects.all():
        send.delay(order.pk)
        send.apply_async(args=[order.pk])
        send.delay(order.customer.pk)  # expect: customer
`,
    "shop/management/__init__.py": "",
    "shop/management/commands/__init__.py": "",
    "shop/management/commands/mail.py": `from django.core.management.base import BaseCommand
from shop.models import Order


class Command(BaseCommand):
    def handle(self, *args, **options):
        for order in Order.objects.all():
            self.stdout.write(order.customer.name)  # expect: customer
        for order in Order.objects.select_related("customer"):
            self.stdout.write(order.customer.name)
`,
  });
});

test("a row that is saved again is not created, and a receiver is not run for its own delete", async () => {
  await expectMarked({
    "shop/signals.py": `from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from shop.models import Customer, Line, Order


@receiver(post_save, sender=Order)
def announce(sender, instance, created, **kwargs):
    if created:
        print(instance.customer.name)
    print(instance.invoice.number)  # expect: invoice


@receiver(post_delete, sender=Order)
def forget(sender, instance, **kwargs):
    if not Order.objects.filter(customer=instance.customer_id).exists():
        Customer.objects.filter(pk=instance.customer_id).delete()


def close():
    for order in Order.objects.all():
        order.status = "closed"
        order.save()
`,
  });
});

test("a receiver gets what its signal sends, and nothing of the other signals that it listens to", async () => {
  await expectMarked({
    "shop/signals.py": `from django.db.models.signals import m2m_changed, post_save
from django.dispatch import receiver
from shop.models import Order


@receiver((post_save, m2m_changed), sender=Order)
def announce(sender, instance, **kwargs):
    changed = False
    if kwargs.get("created"):
        print("new")
    elif "created" in kwargs:
        print("saved")
    elif kwargs.get("action") in ["post_add", "post_remove"] and kwargs["pk_set"]:
        changed = True
    else:
        return
    if changed:
        print(instance.customer.name)
    print(instance.invoice.number)  # expect: invoice


def close():
    for order in Order.objects.all():
        order.status = "closed"
        order.save()
`,
  });
});

const PARTS = `from django.db import models
from shop.models import Customer


class Plugin(models.Model):
    name = models.CharField(max_length=10)


class Revision(models.Model):
    number = models.IntegerField()


class Attachment(Plugin):
    current = models.OneToOneField(Revision, models.CASCADE)


class Article(Plugin):
    title = models.CharField(max_length=10)


class Version(models.Model):
    article = models.ForeignKey(Article, models.CASCADE)
    author = models.ForeignKey(Customer, models.CASCADE)
`;

test("a delete takes the parent's row with it, which is no other child's, and rows of a child with its parent", async () => {
  const signals = (mark: string, deleted: string): string => `from django.db.models.signals import post_delete
from shop.parts import ${deleted}, Version


def on_delete(sender, instance, **kwargs):
    print(instance.author.name)${mark}


post_delete.connect(on_delete, Version)


def forget(pk):
    ${deleted}.objects.get(pk=pk).delete()
`;
  await expectMarked({ "shop/parts.py": PARTS, "shop/signals.py": signals("", "Revision") });
  await expectMarked({ "shop/parts.py": PARTS, "shop/signals.py": signals("  # expect: author", "Plugin") });
});
