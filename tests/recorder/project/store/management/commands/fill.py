from django.core.management.base import BaseCommand
from store.models import Card, Customer, Line, Order, Tag


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--orders", type=int, default=5)

    def handle(self, *args, **options):
        tag = Tag.objects.create(name="new")
        for number in range(options["orders"]):
            customer = Customer.objects.create(name=f"customer {number}")
            Card.objects.create(customer=customer, number=str(number))
            order = Order.objects.create(customer=customer)
            order.tags.add(tag)
            Line.objects.create(order=order, title=f"line {number}")
