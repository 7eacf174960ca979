"""What happens in the warehouses: rows are written here."""

from catalog.models import Book
from customers.models import WishlistItem
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from marketing.models import Coupon

from .models import StockLevel, StockMovement, Warehouse


def raise_discounts(campaign, percent):
    for coupon in campaign.coupons.all():
        coupon.percent = coupon.percent + percent
        coupon.save()  # planted: save-coupons


def raise_discounts_at_once(campaign, percent):
    Coupon.objects.filter(campaign=campaign).update(percent=F("percent") + percent)


def number_coupons(coupons):
    """Another value for each row, still one statement."""
    for number, coupon in enumerate(coupons):
        coupon.percent = number
    Coupon.objects.bulk_update(coupons, ["percent"], batch_size=500)  # twin: save-numbered-coupons


def number_coupons_one_by_one(coupons):
    for number, coupon in enumerate(coupons):
        coupon.percent = number
        coupon.save(update_fields=["percent"])  # planted: save-numbered-coupons


def receive(warehouse, books):
    for book in books:
        StockMovement.objects.create(book=book, warehouse=warehouse, change=1, happened_at=timezone.now(), reason="delivery")  # planted: create-movements


def receive_at_once(warehouse, books):
    now = timezone.now()
    rows = [StockMovement(book=book, warehouse=warehouse, change=1, happened_at=now, reason="delivery") for book in books]
    StockMovement.objects.bulk_create(rows, batch_size=1000)  # twin: create-movements


def forget_wishes(customer):
    for item in customer.wishlist.all():
        item.delete()  # planted: delete-wishes


def forget_wishes_at_once(customer):
    customer.wishlist.all().delete()  # twin: delete-wishes


def forget_wishes_of(book):
    """One statement that was built in a loop."""
    stale = []
    for item in WishlistItem.objects.filter(book=book).only("pk", "note"):
        if not item.note.strip():
            stale.append(item.pk)
    WishlistItem.objects.filter(pk__in=stale).delete()


def feature(campaign, books):
    for book in books:
        campaign.featured_books.add(book)  # planted: add-featured


def feature_at_once(campaign, books):
    campaign.featured_books.add(*books)  # twin: add-featured


def wish(customer, books):
    """No unique constraint stands behind this, so two requests can make two rows."""
    for book in books:
        WishlistItem.objects.get_or_create(customer=customer, book=book)  # planted: wishlist-get-or-create


def stock(book, warehouse):
    """A constraint stands behind this one, and it is one row."""
    level, _ = StockLevel.objects.get_or_create(book=book, warehouse=warehouse)  # twin: wishlist-get-or-create
    return level


def check(rows):
    """full_clean asks for the uniqueness and the foreign keys of every row."""
    problems = []
    for row in rows:
        try:
            Book(**row).full_clean()  # planted: full-clean-rows
        except ValidationError as error:
            problems.append(error.messages)
    return problems


def check_at_once(rows):
    problems = []
    known = set(Book.objects.filter(isbn__in=[row["isbn"] for row in rows]).values_list("isbn", flat=True))
    for row in rows:
        try:
            book = Book(**row)
            book.clean_fields(exclude=["publisher", "series"])  # twin: full-clean-rows
        except ValidationError as error:
            problems.append(error.messages)
        if row["isbn"] in known:
            problems.append(["known already"])
    return problems


def reserve(book, quantity):
    """Locks the book and the warehouse too, because they are joined."""
    with transaction.atomic():
        levels = StockLevel.objects.select_for_update().select_related("warehouse", "book").filter(book=book)  # planted: wide-lock-reserve
        return [_reserve(level, quantity) for level in levels]


def reserve_narrowly(book, quantity):
    with transaction.atomic():
        levels = StockLevel.objects.select_for_update(of=("self",)).select_related("warehouse", "book").filter(book=book)  # twin: wide-lock-reserve
        return [_reserve(level, quantity) for level in levels]


def _reserve(level, quantity):
    StockLevel.objects.filter(pk=level.pk).update(reserved=F("reserved") + quantity)  # planted: update-levels
    return f"{level.book.title} in {level.warehouse.name}"


def release(book):
    StockLevel.objects.filter(book=book).update(reserved=0)  # twin: update-levels


def movements_of(warehouse):
    return StockMovement.objects.filter(warehouse=warehouse)


def managers():
    rows = []
    for warehouse in Warehouse.objects.select_related("manager"):
        manager = warehouse.manager
        rows.append((warehouse.code, manager.email if manager else ""))
    return rows
