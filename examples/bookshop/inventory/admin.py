from bookshop.backoffice import backoffice
from django.contrib import admin

from .models import StockLevel, Warehouse


@admin.register(StockLevel)
class StockLevelAdmin(admin.ModelAdmin):  # planted: admin-stock-level-str queryset # planted: admin-stock-level-warehouse queryset
    """No list_display: the one column is __str__, which reads two relations."""

    raw_id_fields = ("book", "warehouse")


@admin.register(StockLevel, site=backoffice)
class BackOfficeStockLevelAdmin(admin.ModelAdmin):
    list_select_related = ("book", "warehouse")  # twin: admin-stock-level-str # twin: admin-stock-level-warehouse
    raw_id_fields = ("book", "warehouse")


@admin.register(Warehouse)
class WarehouseAdmin(admin.ModelAdmin):
    list_display = ("code", "name")
    raw_id_fields = ("manager",)
