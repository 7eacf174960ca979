from django.core.management.base import BaseCommand
from store.models import Order


class Command(BaseCommand):
    def handle(self, *args, **options):
        for order in Order.objects.all():
            self.stdout.write(order.customer.name)
