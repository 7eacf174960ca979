from datetime import timedelta

from celery import shared_task
from django.core.mail import send_mail

from .models import Order, OrderEvent, Shipment


@shared_task
def send_tracking():
    """Two hops behind the shipment, in a task."""
    sent = 0
    for shipment in Shipment.objects.select_related("order").filter(tracking_code=""):  # planted: task-shipment-customer queryset
        sent += _mail(shipment)
    return sent


def _mail(shipment):
    name = shipment.order.customer.full_name  # planted: task-shipment-customer access
    return send_mail(f"{name}, your order is on its way", shipment.carrier_id and "Soon." or "", None, ["post@example.org"])


@shared_task
def send_tracking_joined():
    sent = 0
    for shipment in Shipment.objects.select_related("order__customer").filter(tracking_code=""):  # twin: task-shipment-customer
        sent += _mail(shipment)
    return sent


@shared_task
def thank(number):
    """A task for one order: nothing multiplies."""
    order = Order.objects.select_related("customer").get(number=number)
    send_mail("Thank you", order.customer.full_name, None, ["post@example.org"])


@shared_task
def count_events(start, days):
    """For the chart of what happened when."""
    return OrderEvent.objects.filter(happened_at__gte=start, happened_at__lt=start + timedelta(days=days)).count()  # planted: top-count-events
