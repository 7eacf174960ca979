from bookshop.backoffice import backoffice
from django.contrib import admin

from .models import Order, OrderLine, Shipment


class LineInline(admin.TabularInline):  # planted: admin-inline-select queryset
    """A select of every book in every row of the inline."""

    model = OrderLine
    fields = ("book", "quantity", "unit_price")  # planted: admin-inline-select access
    extra = 0


class ReadOnlyLineInline(admin.TabularInline):
    model = OrderLine
    fields = ("book", "quantity", "unit_price")
    readonly_fields = ("book", "quantity", "unit_price")
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("book")  # twin: admin-inline-select


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):  # planted: admin-callable-customer queryset
    list_display = ("number", "customer_name", "status")
    list_filter = ("status", "customer")  # planted: admin-customer-str queryset
    raw_id_fields = ("customer", "shipping_address", "coupon", "handled_by")
    inlines = [LineInline]
    show_full_result_count = False

    @admin.display(description="customer")
    def customer_name(self, order):
        return order.customer.full_name  # planted: admin-callable-customer access


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return Order.Status.choices  # twin: admin-customer-str

    def queryset(self, request, queryset):
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Order, site=backoffice)
class BackOfficeOrderAdmin(admin.ModelAdmin):
    list_display = ("number", "customer_name", "status")
    list_filter = (StatusFilter,)
    list_select_related = ("customer",)  # twin: admin-callable-customer
    raw_id_fields = ("customer", "shipping_address", "coupon", "handled_by")
    inlines = [ReadOnlyLineInline]
    show_full_result_count = False

    @admin.display(description="customer")
    def customer_name(self, order):
        return order.customer.full_name


@admin.register(Shipment)
class ShipmentAdmin(admin.ModelAdmin):
    """The keys are shown as numbers: they are columns of the row."""

    list_display = ("id", "order_id", "carrier_id", "shipped_at")
    raw_id_fields = ("order", "warehouse", "carrier")
from . import audit_admin  # noqa: E402, F401
