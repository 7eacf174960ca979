from django.db.models import Count
from django.db.models.signals import post_save
from django.dispatch import receiver

from customers.models import Customer

from .models import Review

POINTS = 5


@receiver(post_save, sender=Review)
def reward_reviewer(sender, instance, created, **kwargs):
    """Approved reviews are worth points; an update() of many rows would not give them."""
    if not instance.approved:
        return
    written = Review.objects.approved().filter(customer_id=instance.customer_id).aggregate(total=Count("pk"))["total"]
    Customer.objects.filter(pk=instance.customer_id).update(loyalty_points=POINTS * written)
