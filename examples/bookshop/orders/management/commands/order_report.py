from django.core.management.base import BaseCommand

from orders.models import Order


class Command(BaseCommand):
    """Prints one line an order, for the accountants."""

    help = "Lists open orders with the customer's e-mail address"

    def add_arguments(self, parser):
        parser.add_argument("--joined", action="store_true")

    def handle(self, joined=False, **options):
        orders = self.orders_joined() if joined else self.orders()
        for order in orders:  # planted: xmin-order-report
            self.write_order(order)

    def orders(self):
        return Order.objects.open().order_by("pk")  # planted: order-list-for-command queryset

    def orders_joined(self):
        return self.orders().select_related("customer__user")  # twin: order-list-for-command

    def write_order(self, order):
        self.stdout.write(f"{order.number} {order.customer.user.email}")  # planted: order-list-for-command access
