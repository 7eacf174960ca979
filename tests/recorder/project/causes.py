"""One function for each way to load something lazily; the test reads from the recording what each of them did."""

import copy
import os
import pickle
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

import django

django.setup()

from django.db import models, transaction
from store.models import Card, Customer, Line, Note, Order, Tag


def forward():
    for order in Order.objects.all():
        order.customer


def forward_after_join():
    for line in Line.objects.select_related("order"):
        line.order.customer


def forward_through_iterator():
    for order in Order.objects.iterator():
        order.customer


def reverse_one():
    for customer in Customer.objects.all():
        customer.card


def reverse_many():
    for customer in Customer.objects.all():
        list(customer.orders.all())


def reverse_count():
    for customer in Customer.objects.all():
        customer.orders.count()


def reverse_filter():
    for customer in Customer.objects.all():
        customer.orders.filter(text="").first()


def many_to_many():
    for order in Order.objects.all():
        list(order.tags.all())


def many_to_many_reverse():
    for tag in Tag.objects.all():
        list(tag.tagged.all())


def many_to_many_self():
    for customer in Customer.objects.all():
        list(customer.friends.all())


def many_to_many_count():
    for customer in Customer.objects.all():
        customer.friends.count()


def taggable():
    for order in Order.objects.all():
        list(order.labels.all())


def taggable_of_model():
    list(Order.labels.all())


def generic_relation():
    for customer in Customer.objects.all():
        list(customer.notes.all())


def generic_foreign_key():
    for note in Note.objects.all():
        note.about


def deferred():
    for order in Order.objects.only("id"):
        order.text


def refresh():
    for card in Card.objects.all():
        card.refresh_from_db()


def prefetch():
    list(Order.objects.prefetch_related("line_set", "customer__card"))


def explicit():
    for order in Order.objects.all():
        Customer.objects.get(pk=order.customer_id)


def values():
    list(Order.objects.values("id"))


def in_memory():
    Order(customer_id=1).customer


def unpickled():
    for order in pickle.loads(pickle.dumps(list(Order.objects.all()))):
        order.customer


def copied():
    for order in copy.deepcopy(list(Order.objects.all())):
        order.customer


def in_transaction():
    with transaction.atomic():
        Order.objects.exists()


def nested():
    with transaction.atomic():
        for _ in range(3):
            with transaction.atomic():
                Order.objects.exists()


def failing():
    try:
        list(Order.objects.extra(where=["nowhere = 1"]))
    except Exception:
        pass


CASES = [value for value in list(globals().values()) if getattr(value, "__module__", "") == "__main__" and callable(value)]

if __name__ == "__main__":
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if not Order.objects.exists():
        call_command("fill")
        first = Customer.objects.first()
        first.friends.add(Customer.objects.last())
        for card in Card.objects.all():
            Note.objects.create(text="a", about=card)
    ContentType.objects.get_for_model(Customer)
    for case in CASES:
        case()
