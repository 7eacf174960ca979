from bookshop.backoffice import backoffice
from django.contrib import admin
from django.db.models import F

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
    actions = ["halve"]

    @admin.action(description="Halve the discount")
    def halve(self, request, queryset):
        for coupon in queryset:
            coupon.percent = coupon.percent // 2
            coupon.save()  # planted: admin-action-save


@admin.register(Coupon, site=backoffice)
class BackOfficeCouponAdmin(admin.ModelAdmin):
    list_display = ("code", "campaign", "percent")
    raw_id_fields = ("campaign",)
    actions = ["halve"]

    @admin.action(description="Halve the discount")
    def halve(self, request, queryset):
        queryset.update(percent=F("percent") / 2)  # twin: admin-action-save
