from django.conf import settings
from django.db import models

from catalog.models import TimeStamped


class CustomerQuerySet(models.QuerySet):
    def subscribed(self):
        return self.filter(newsletter=True)

    def with_user(self):
        return self.select_related("user")


class Customer(TimeStamped):
    class Tier(models.TextChoices):
        BASIC = "basic", "Basic"
        SILVER = "silver", "Silver"
        GOLD = "gold", "Gold"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="customer")
    full_name = models.CharField(max_length=120)
    phone1 = models.CharField(max_length=20, blank=True)  # planted: repeating-customer-phones
    phone2 = models.CharField(max_length=20, blank=True)
    phone3 = models.CharField(max_length=20, blank=True)
    tier = models.CharField(max_length=8, choices=Tier.choices, default=Tier.BASIC)  # twin: text-subscriber-source
    vat_number = models.CharField(max_length=20, null=True, blank=True, db_index=True)  # planted: null-heavy-vat-index
    newsletter = models.BooleanField(default=False)
    loyalty_points = models.IntegerField(default=0)
    preferences = models.JSONField(default=dict, blank=True)
    referred_by = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="referrals")

    objects = CustomerQuerySet.as_manager()

    def __str__(self):
        return f"{self.full_name} <{self.user.email}>"  # planted: admin-customer-str access # planted: order-form-customer-label access # planted: drf-order-customer-user access


class Address(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses")
    line1 = models.CharField(max_length=120)  # twin: fd-address-city
    line2 = models.CharField(max_length=120, blank=True)  # twin: repeating-customer-phones
    postcode = models.CharField(max_length=10)
    city = models.CharField(max_length=60)  # planted: fd-address-city
    country_code = models.CharField(max_length=2)
    is_default = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self):
        return f"{self.line1}, {self.postcode} {self.city}"


class WishlistItem(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="wishlist")
    book = models.ForeignKey("catalog.Book", models.CASCADE, related_name="wished_by")  # planted: natural-key-wishlist
    added_at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=200, blank=True)


class LoginEvent(models.Model):  # twin: integer-exhaustion-stock-movement
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="logins")
    at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="login_user_at_idx")]  # twin: null-heavy-vat-index
