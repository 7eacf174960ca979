from celery import shared_task
from django.core.mail import send_mail

from .models import Review


@shared_task
def send_digest():
    lines = [review.byline() for review in Review.objects.approved()]  # planted: task-review-byline queryset
    return send_mail("Reviews of the week", "\n".join(lines), None, ["editors@example.org"])


@shared_task
def send_digest_joined():
    lines = [review.byline() for review in Review.objects.approved().select_related("customer")]  # twin: task-review-byline
    return send_mail("Reviews of the week", "\n".join(lines), None, ["editors@example.org"])


@shared_task
def approve(keys):
    """Saving fires a signal that a bulk update would skip, so one save a row is right here."""
    for review in Review.objects.filter(pk__in=keys):
        review.approved = True
        review.save()  # twin: save-coupons
