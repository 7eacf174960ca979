/** Rows that a nullable foreign key leads to, asked whether they are there. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("both ways are gone: rows with the relation one, rows without it the other", async () => {
  await expectMarked({
    "shop/shelves.py": `from shop.models import Category

CATEGORIES = Category.objects.select_related("parent").prefetch_related("parent__products")


def titles():
    rows = []
    for category in CATEGORIES.all():
        if category.parent:
            rows += [product.title for product in category.parent.products.all()]
        else:
            rows += [product.title for product in category.products.all()]  # expect: products
    return rows


def either():
    return [list((category.parent or category).products.all()) for category in CATEGORIES.all()]  # expect: products


def chosen():
    return [list(category.parent.products.all() if category.parent else category.products.all()) for category in CATEGORIES.all()]  # expect: products
`,
  });
});

test("a row that ends an `and` is none", async () => {
  await expectMarked({
    "shop/boxes.py": `from django.db import models


class Room(models.Model):
    name = models.CharField(max_length=20)


class Shelf(models.Model):
    room = models.ForeignKey(Room, models.CASCADE)
    label = models.CharField(max_length=20)

    def __str__(self):
        return self.room.name


class Box(models.Model):
    shelf = models.ForeignKey(Shelf, models.SET_NULL, null=True)
`,
    "shop/views.py": `from shop.boxes import Box


def labels():
    return [str(box.shelf and box.shelf.label) for box in Box.objects.select_related("shelf")]
`,
  });
});

test("a method that goes up to the parent is followed one step", async () => {
  await expectMarked({
    "shop/folders.py": `from django.db import models
from shop.models import Tag


class Folder(models.Model):
    parent = models.ForeignKey("self", models.CASCADE, null=True)
    tags = models.ManyToManyField(Tag)

    def own_tags(self):
        if self.parent:
            return self.parent.own_tags()
        return list(self.tags.all())  # expect: tags, parent.tags


def tags():
    return [folder.own_tags() for folder in Folder.objects.select_related("parent__parent")]
`,
  });
});

test("a loop's row and what a key leads to are not None; what a dictionary or first() gives may be", async () => {
  await expectMarked({
    "shop/prices.py": `from shop.models import Customer, Line, Order


def total_of(line, order=None):
    if order is None:
        order = line.order
    return order.total


def handed():
    for order in Order.objects.all():
        for lines in [Line.objects.filter(order__customer=1)]:
            print([total_of(line, order) for line in lines])


def keyed():
    return [total_of(line, line.order) for line in Line.objects.select_related("order")]


def total_or(line, order):
    if order is None:
        order = line.order  # expect: order
    return order.total


def kept():
    known = {order.pk: order for order in Order.objects.all()}
    return [total_or(line, known.get(line.quantity)) for line in Line.objects.all()]


def newest(customer):
    order = customer.orders.first()  # expect: orders
    if order is None:
        return customer.referrer.name  # expect: referrer
    return order.total


def each():
    return [newest(customer) for customer in Customer.objects.all()]
`,
  });
});

test("a relation that the filter gave is there", async () => {
  await expectMarked({
    "shop/shelves.py": `from shop.models import Category


def labels(parent):
    return [(category.parent or category.products.first()).pk for category in Category.objects.filter(parent=parent).select_related("parent")]


def others():
    return [(category.parent or category.products.first()).pk for category in Category.objects.filter(name="x").select_related("parent")]  # expect: products
`,
  });
});

test("values of a column that cannot be NULL are no None", async () => {
  await expectMarked({
    "shop/letters.py": `from shop.models import Category, Line, Order


def title(line, key):
    return line.product.title if key is None else key


def of_customers():
    lines = Line.objects.all()
    return [title(line, key) for key in Order.objects.values_list("customer_id", flat=True) for line in lines]


def of_totals():
    lines = Line.objects.all()
    return [title(line, key) for key in list(Order.objects.values_list("total", flat=True)) for line in lines]


def label(line, key):
    return line.product.title if key is None else key  # expect: product


def of_parents():
    lines = Line.objects.all()
    return [label(line, key) for key in Category.objects.values_list("parent", flat=True) for line in lines]


def first_total(line, key):
    return line.order.total if key is None else key  # expect: order


def of_both():
    lines = Line.objects.all()
    keys = Order.objects.values_list("customer", flat=True).union(Category.objects.values_list("parent", flat=True))
    return [first_total(line, key) for key in keys for line in lines]
`,
  });
});

test("one row that is put beside many is not one of theirs", async () => {
  await expectMarked({
    "shop/names.py": `from shop.models import Order


def set_of(number):
    first = Order.objects.filter(number=number).first()
    for order in set(Order.objects.select_related("customer")) | {first}:
        print(order.customer.name)


def list_of(number):
    for order in [Order.objects.filter(number=number).first()] + list(Order.objects.all()):
        print(order.customer.name)  # expect: customer


def both(number):
    for order in list(Order.objects.select_related("customer")) + list(Order.objects.filter(number=number)):
        print(order.customer.name)  # expect: customer
`,
  });
});
