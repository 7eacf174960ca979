from django.contrib import admin

from .models import Campaign, Coupon


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):
    list_display = ("name", "starts_on", "ends_on")
    raw_id_fields = ("owner", "featured_books")


@admin.register(Coupon)
class CouponAdmin(admin.ModelAdmin):
    """Campaign is a required key, so the changelist joins it by itself."""

    list_display = ("code", "campaign", "percent")  # twin: admin-audit-actor
    raw_id_fields = ("campaign",)
