from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from .models import Order, OrderEvent


@receiver(post_save, sender=Order)
def note_new_order(sender, instance, created, **kwargs):
    if created:
        OrderEvent.objects.create(order=instance, kind="created", happened_at=timezone.now())
