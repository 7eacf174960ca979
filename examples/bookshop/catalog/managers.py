from django.db import models
from django.db.models import Avg, Count, Q


class BookQuerySet(models.QuerySet):
    def on_sale(self):
        return self.filter(is_active=True, price__gt=0)

    def with_credits(self):
        return self.select_related("publisher").prefetch_related("authors")

    def with_figures(self):
        return self.annotate(
            review_total=Count("reviews", filter=Q(reviews__approved=True)),  # planted: denormalise-review-total
            mean_rating=Avg("reviews__rating", filter=Q(reviews__approved=True)),
        )


class BookManager(models.Manager.from_queryset(BookQuerySet)):
    def newest(self, limit):
        return self.get_queryset().on_sale().order_by("-published_on")[:limit]


class AuthorQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(died_on__isnull=True)

    def with_profiles(self):
        return self.select_related("profile")
