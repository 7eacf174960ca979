/** The project that rules' fixtures and documentation blocks run in: a shop with the traps that models can set. */
export const SHOP_FILES: Readonly<Record<string, string>> = {
  "manage.py": `import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
`,
  "requirements.txt": "Django==5.2.1\n",
  "config/__init__.py": "",
  "config/settings.py": `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
ROOT_URLCONF = "config.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
`,
  "shop/__init__.py": "",
  "shop/apps.py": `from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from shop import signals
`,
  "shop/models.py": `from django.contrib.auth.models import User
from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField(unique=True)
    vip = models.BooleanField(default=False)
    joined = models.DateField()
    referrer = models.ForeignKey("self", models.SET_NULL, null=True)


class Category(models.Model):
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", models.CASCADE, null=True)


class Tag(models.Model):
    name = models.CharField(max_length=30)


class Product(models.Model):
    title = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=9, decimal_places=2)
    stock = models.IntegerField(default=0)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    tags = models.ManyToManyField(Tag, related_name="products")
    discount = models.IntegerField(null=True)


class GiftCard(Product):
    code = models.CharField(max_length=20)


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    status = models.CharField(max_length=20)
    placed_at = models.DateTimeField()
    total = models.DecimalField(max_digits=9, decimal_places=2)
    paid = models.BooleanField(default=False)

    class Meta:
        ordering = ["placed_at"]


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    quantity = models.IntegerField()
    price = models.DecimalField(max_digits=9, decimal_places=2)


class Review(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    author = models.ForeignKey(User, models.CASCADE)
    rating = models.IntegerField()
    text = models.TextField()


class Invoice(models.Model):
    """Its own save() numbers it."""

    order = models.OneToOneField(Order, models.CASCADE)
    number = models.CharField(max_length=20)
    sent = models.BooleanField(default=False)

    def save(self, *args, **kwargs):
        if not self.number:
            self.number = "new"
        super().save(*args, **kwargs)


class Shipment(models.Model):
    """A signal follows each save."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="shipments")
    state = models.CharField(max_length=20)


class Stamped(models.Model):
    """auto_now stamps each save."""

    name = models.CharField(max_length=20)
    changed = models.DateTimeField(auto_now=True)
`,
  "shop/signals.py": `from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from shop.models import Shipment


@receiver(post_save, sender=Shipment)
def announce(sender, instance, **kwargs):
    print(instance.pk)


@receiver(pre_delete, sender=Shipment)
def forget(sender, instance, **kwargs):
    print(instance.pk)
`,
};

/** What a block of documentation may use without importing it. */
export const PRELUDE =
  "from shop.models import *; from django.db.models import *; from django.db import transaction; " +
  "from django.shortcuts import render, get_object_or_404; from django.core.paginator import Paginator; " +
  "from django.http import HttpResponse, JsonResponse; from django.views.generic import ListView; " +
  "from django.contrib.auth.models import User";
