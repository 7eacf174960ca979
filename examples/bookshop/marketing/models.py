import uuid

from django.db import models


class Campaign(models.Model):
    name = models.CharField(max_length=80)
    starts_on = models.DateField()
    ends_on = models.DateField()
    featured_books = models.ManyToManyField("catalog.Book", related_name="campaigns", blank=True)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="campaigns")

    class Meta:
        ordering = ["-starts_on"]

    def __str__(self):
        return self.name


class Coupon(models.Model):
    code = models.CharField(max_length=20, unique=True)
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="coupons")
    percent = models.PositiveSmallIntegerField(default=10)
    valid_until = models.DateField(null=True, blank=True)

    def __str__(self):
        return self.code

    def describe(self):
        return f"{self.percent} % off with {self.campaign.name}"  # planted: jinja-coupon-describe access


class Subscriber(models.Model):
    email = models.EmailField(unique=True)
    customer = models.OneToOneField(  # twin: always-joined-profile
        "customers.Customer", models.SET_NULL, null=True, blank=True, related_name="subscription"
    )
    source = models.CharField(max_length=120, default="")  # planted: text-subscriber-source
    fax = models.CharField(max_length=30, null=True, blank=True)  # planted: sparse-subscriber-columns
    second_fax = models.CharField(max_length=30, null=True, blank=True)
    telex = models.CharField(max_length=30, null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)  # twin: sparse-subscriber-columns


class PageView(models.Model):
    """Range partitioned by month in the database; see migration 0002."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    viewed_at = models.DateTimeField()
    path = models.CharField(max_length=200)
    book = models.ForeignKey(
        "catalog.Book", models.DO_NOTHING, null=True, db_constraint=False, related_name="page_views"
    )
    session_key = models.CharField(max_length=40)

    class Meta:
        managed = False
        db_table = "marketing_pageview"
