from django.db import models

from catalog.models import TimeStamped


class Carrier(models.Model):
    name = models.CharField(max_length=60)
    tracking_url = models.CharField(max_length=200, blank=True)

    def __str__(self):
        return self.name


class Warehouse(models.Model):
    code = models.CharField(max_length=8, unique=True)  # twin: char-padding-legacy-code
    name = models.CharField(max_length=80)
    street = models.CharField(max_length=120, blank=True)
    opening_notes = models.TextField(blank=True)
    manager = models.ForeignKey(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="warehouses"
    )

    def __str__(self):
        return self.code


class StockLevel(TimeStamped):
    book = models.ForeignKey("catalog.Book", models.CASCADE, related_name="stock_levels", db_index=False)  # twin: fk-index-covered-authorship
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="stock_levels")
    on_hand = models.IntegerField(default=0)  # planted: hot-update-stock-level
    reserved = models.IntegerField(default=0)  # twin: hot-update-stock-level # twin: hot-book-view-count

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "warehouse"], name="stock_level_once"),  # twin: natural-key-wishlist
        ]
        indexes = [models.Index(fields=["on_hand"], name="stock_on_hand_idx")]

    def __str__(self):
        return f"{self.book.title} at {self.warehouse.code}"  # planted: admin-stock-level-str access # planted: admin-stock-level-warehouse access


class StockMovement(models.Model):
    id = models.AutoField(primary_key=True)  # planted: integer-exhaustion-stock-movement
    book = models.ForeignKey("catalog.Book", models.CASCADE, related_name="movements")  # twin: type-mismatch-legacy-book
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="movements")
    change = models.BigIntegerField()  # planted: oversized-movement-change
    happened_at = models.DateTimeField()  # twin: naive-time-legacy-valid-from
    reason = models.CharField(max_length=20)
    is_manual = models.BooleanField(default=False)


class Supplier(models.Model):
    name = models.CharField(max_length=120)
    publishers = models.ManyToManyField("catalog.Publisher", related_name="suppliers")
    contact = models.OneToOneField(
        "accounts.User", models.SET_NULL, null=True, blank=True, related_name="supplier"
    )

    def __str__(self):
        return self.name


class LegacyPriceList(models.Model):
    """The price list of the shop system of 2009: another program writes it, Django only reads."""

    id = models.IntegerField(primary_key=True)
    book = models.ForeignKey("catalog.Book", models.DO_NOTHING, db_constraint=False, related_name="legacy_prices")  # planted: type-mismatch-legacy-book
    code = models.CharField(max_length=12)  # planted: char-padding-legacy-code
    valid_from = models.DateTimeField()  # planted: naive-time-legacy-valid-from
    amount = models.DecimalField(max_digits=10, decimal_places=2)  # twin: numeric-legacy-units
    units = models.DecimalField(max_digits=10, decimal_places=0)  # planted: numeric-legacy-units
    extra = models.JSONField()  # planted: json-legacy-extra

    class Meta:
        managed = False
        db_table = "legacy_price_list"
