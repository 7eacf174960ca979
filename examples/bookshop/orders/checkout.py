import logging
import time

from django.db import OperationalError, transaction
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from . import gateway
from .models import Order, Payment

logger = logging.getLogger(__name__)


@csrf_exempt
def pay(request, number):
    """The row lock is held for as long as the provider takes to answer."""
    with transaction.atomic():  # planted: long-transaction-pay
        order = Order.objects.select_for_update().get(number=number)
        answer = gateway.charge(order.number, order.total())  # planted: http-in-transaction
        order.status = Order.Status.PAID
        order.save(update_fields=["status"])
    return JsonResponse(answer)


@csrf_exempt
@transaction.non_atomic_requests
def pay_after_commit(request, number):
    """Asks the provider first, then writes what it said in a transaction of two statements."""
    order = Order.objects.get(number=number)
    answer = gateway.charge(order.number, order.total())  # twin: http-in-transaction
    with transaction.atomic():  # twin: long-transaction-pay
        paid = Order.objects.filter(pk=order.pk, status=Order.Status.NEW).update(status=Order.Status.PAID)
        logger.info("order %s paid: %s rows", order.number, paid)
    return JsonResponse(answer)


def settle(number):
    """Waits inside the transaction for a row of another process."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(number=number)
        for _ in range(3):
            if Payment.objects.filter(order=order, paid_at__isnull=False).exists():
                break
            time.sleep(0.01)  # planted: sleep-in-transaction
        order.status = Order.Status.PAID
        order.save(update_fields=["status"])


def settle_between_transactions(number):
    for _ in range(3):
        if Payment.objects.filter(order__number=number, paid_at__isnull=False).exists():
            break
        time.sleep(0.01)  # twin: sleep-in-transaction
    with transaction.atomic():
        Order.objects.filter(number=number).update(status=Order.Status.PAID)


def cancel(number):
    """A deadlock or a dropped connection ends in a traceback for the customer."""
    with transaction.atomic():  # planted: no-retry-cancel
        order = Order.objects.select_for_update().get(number=number)
        order.status = Order.Status.CANCELLED
        order.save(update_fields=["status"])


def cancel_with_retry(number, attempts=3):
    for attempt in range(1, attempts + 1):
        try:
            with transaction.atomic():  # twin: no-retry-cancel
                order = Order.objects.select_for_update().get(number=number)
                order.status = Order.Status.CANCELLED
                order.save(update_fields=["status"])
            return
        except OperationalError:
            if attempt == attempts:
                raise
            logger.warning("cancelling %s again after a conflict", number)
