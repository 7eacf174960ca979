from django.contrib import admin

from .models import Address, Customer


class AddressInline(admin.StackedInline):
    model = Address
    extra = 0


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ("full_name", "tier", "loyalty_points")
    list_filter = ("tier", "newsletter")
    raw_id_fields = ("user", "referred_by")
    inlines = [AddressInline]
