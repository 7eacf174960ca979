import uuid
from decimal import Decimal

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import DecimalField, F, Sum

from catalog.models import TimeStamped


class OrderQuerySet(models.QuerySet):
    def open(self):
        return self.exclude(status__in=["delivered", "cancelled"])

    def for_list(self):
        return self.select_related("customer__user", "shipping_address", "coupon")

    def with_totals(self):
        amount = Sum(F("lines__quantity") * F("lines__unit_price"), output_field=DecimalField())
        return self.annotate(amount=amount)


class Order(TimeStamped):
    class Status(models.TextChoices):
        NEW = "new", "New"
        PAID = "paid", "Paid"
        SHIPPED = "shipped", "Shipped"
        DELIVERED = "delivered", "Delivered"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="orders")
    shipping_address = models.ForeignKey(
        "customers.Address", models.SET_NULL, null=True, blank=True, related_name="shipped_orders"
    )
    coupon = models.ForeignKey(
        "marketing.Coupon", models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)  # planted: partial-index-open-orders
    placed_at = models.DateTimeField()  # twin: partition-order-event # twin: brin-order-event
    gift_message = models.TextField(blank=True)
    channel = models.CharField(max_length=10, default="web", db_index=True)  # planted: constant-channel-index
    handled_by = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="handled_orders"
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-placed_at"], name="order_placed_idx"),
            models.Index(fields=["customer", "placed_at"], name="order_customer_placed_idx"),
        ]

    def __str__(self):
        return self.number

    def total(self):
        return sum((line.amount for line in self.lines.all()), Decimal(0))  # planted: order-total-method access

    @property
    def recipient(self):
        return self.customer.full_name  # planted: jinja-recipient-property access

    def is_paid(self):
        return hasattr(self, "payment")  # planted: payment-hasattr access


class OrderLine(models.Model):  # twin: integer-key-order-event # twin: random-uuid-audit-entry
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    book = models.ForeignKey("catalog.Book", models.PROTECT, related_name="order_lines")
    book_title = models.CharField(max_length=200)  # planted: copied-line-book-title
    quantity = models.PositiveSmallIntegerField(default=1)
    unit_price = models.DecimalField(max_digits=8, decimal_places=2)  # twin: copied-line-book-title
    discount = models.DecimalField(max_digits=8, decimal_places=2, default=0)

    @property
    def amount(self):
        return self.quantity * self.unit_price - self.discount


class Payment(models.Model):
    order = models.OneToOneField(Order, models.CASCADE, related_name="payment")
    amount = models.FloatField()  # planted: float-payment-amount
    fee = models.DecimalField(max_digits=8, decimal_places=2, default=0)  # twin: float-payment-amount
    provider = models.CharField(max_length=40)
    provider_reference = models.CharField(max_length=36)  # planted: uuid-text-payment-reference
    paid_at = models.DateTimeField(null=True)  # planted: never-null-paid-at
    response = models.JSONField(default=dict)  # planted: json-key-payment-country
    country = models.CharField(max_length=2, blank=True)  # twin: json-key-payment-country

    class Meta:
        indexes = [models.Index(fields=["paid_at"], name="payment_paid_at_idx")]


class Shipment(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="shipments")
    warehouse = models.ForeignKey(
        "inventory.Warehouse", models.PROTECT, related_name="shipments", db_index=False  # planted: fk-index-shipment-warehouse
    )
    carrier = models.ForeignKey("inventory.Carrier", models.PROTECT, related_name="shipments")  # twin: fk-index-shipment-warehouse
    tracking_code = models.CharField(max_length=40, blank=True)  # twin: uuid-text-payment-reference
    shipped_at = models.DateTimeField(null=True, blank=True)  # twin: never-null-paid-at


class OrderEvent(models.Model):  # twin: wraparound-audit-entry
    """What happened to an order; nothing is changed here once written, and rows older than two years are purged."""

    id = models.AutoField(primary_key=True)  # planted: integer-key-order-event
    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)  # twin: partial-index-open-orders
    happened_at = models.DateTimeField(db_index=True)  # planted: partition-order-event # planted: brin-order-event
    payload = models.JSONField(default=dict)  # twin: json-legacy-extra

    class Meta:
        indexes = [models.Index(fields=["kind", "happened_at"], name="event_kind_time_idx")]


class AuditEntry(models.Model):  # planted: wraparound-audit-entry
    """Who changed what: points at a row of any model."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # planted: random-uuid-audit-entry
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.BigIntegerField()  # twin: oversized-movement-change
    target = GenericForeignKey("content_type", "object_id")
    actor = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="audit_entries")
    action = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["content_type", "object_id"], name="audit_target_idx"),  # twin: duplicate-audit-index
            models.Index(fields=["at"], name="audit_at_idx"),
            models.Index(fields=["at"], name="audit_at_again_idx"),  # planted: duplicate-audit-index
        ]
