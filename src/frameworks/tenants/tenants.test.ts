/** Loops over tenants: each round asks tables of its own, and no query before the loop answers for all of them. */
import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

test("what a round asks of its schema is asked there, and rows within a round are judged as ever", async () => {
  await expectMarked({
    "shop/tenants.py": `from django.db import connection
from django_tenants.utils import schema_context, tenant_context
from shop.models import Category, Customer, Order, Product


def on_the_connection():
    for customer in Customer.objects.all():
        connection.set_tenant(customer)
        print(Product.objects.count())
        print(customer.referrer.name)  # expect: referrer
        for order in Order.objects.all():
            print(order.customer.name)  # expect: customer
        product = Product.objects.get(title="Gift")
        print([tag.name for tag in product.tags.all()])


def in_a_context():
    for customer in Customer.objects.all():
        with schema_context(customer.name):
            print(list(Product.objects.all()))
    for customer in Customer.objects.all():
        with tenant_context(customer):
            print(Category.objects.exists())


def go_to(name):
    connection.set_schema(name)


def by_a_helper():
    for customer in Customer.objects.all():
        go_to(customer.name)
        print(list(Order.objects.all()))


def by_the_same_helper():
    for customer in Customer.objects.exclude(vip=True):
        go_to(customer.name)
        print(list(Order.objects.all()))


def in_a_loop_of_its_own(names):
    for name in names:
        go_to(name)
    for customer in Customer.objects.all():
        print(customer.orders.exists())  # expect: orders


def in_one_schema(name):
    with schema_context(name):
        for customer in Customer.objects.all():
            print(customer.orders.count())  # expect: orders
`,
  });
});
