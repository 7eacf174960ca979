from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models

from catalog.models import TimeStamped


class ReviewQuerySet(models.QuerySet):
    def approved(self):
        return self.filter(approved=True)


class Review(TimeStamped):
    book = models.ForeignKey("catalog.Book", models.CASCADE, related_name="reviews")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="reviews")
    rating = models.PositiveSmallIntegerField()
    headline = models.CharField(max_length=120)
    body = models.TextField()
    approved = models.BooleanField(default=False)
    helpful_votes = models.PositiveIntegerField(default=0)

    comments = GenericRelation("reviews.Comment", related_query_name="review")

    objects = ReviewQuerySet.as_manager()

    def __str__(self):
        return self.headline

    def byline(self):
        return f"{self.headline}, by {self.customer.full_name}"  # planted: task-review-byline access


class Comment(TimeStamped):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    author = models.ForeignKey("accounts.User", models.CASCADE, related_name="comments")
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["content_type", "object_id"], name="comment_target_idx")]

    def __str__(self):
        return self.text[:40]


class Badge(models.Model):  # twin: padding-edition
    code = models.CharField(max_length=20, unique=True)
    holders = models.ManyToManyField("customers.Customer", related_name="badges", blank=True)

    def __str__(self):
        return self.code
