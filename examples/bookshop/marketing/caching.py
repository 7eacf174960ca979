"""Pages and figures that are kept for a while."""

from catalog.models import Book, Genre, Publisher
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count
from django.http import JsonResponse

from .models import Campaign, Coupon

MINUTE = 60


def genre_tree():
    """Read by every page, written once a month, never kept."""
    return list(Genre.objects.select_related("parent").order_by("name"))  # planted: cache-candidate-genres


def stock_of(book):
    """Written as often as it is read: a cache would only be wrong."""
    return sum(level.on_hand for level in book.stock_levels.all())  # twin: cache-candidate-genres


def top_houses():
    """Kept for ever, and nothing removes it when a book is added."""
    houses = cache.get("top-houses")
    if houses is None:
        houses = list(Publisher.objects.annotate(total=Count("books")).order_by("-total").values("name", "total")[:10])
        cache.set("top-houses", houses, None)  # planted: cache-without-invalidation
    return houses


def campaign_names():
    """Kept for a minute at most, and removed by what writes campaigns."""
    names = cache.get("campaign-names")
    if names is None:
        names = list(Campaign.objects.values_list("name", flat=True))
        cache.set("campaign-names", names, MINUTE)  # twin: cache-without-invalidation
    return names


def rename(campaign, name):
    with transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(name=name)
        transaction.on_commit(lambda: cache.delete("campaign-names"))  # twin: cache-delete-in-transaction


def retitle(book, title):
    with transaction.atomic():
        cache.delete(f"book-{book.pk}")  # planted: cache-delete-in-transaction
        Book.objects.filter(pk=book.pk).update(title=title)


def active_books():
    """A queryset goes into the cache; pickling it loads every row, whole."""
    books = Book.objects.filter(is_active=True)
    cache.set("active-books", books, MINUTE)  # planted: cache-queryset
    return books


def active_isbns():
    isbns = list(Book.objects.filter(is_active=True).values_list("isbn", flat=True))
    cache.set("active-isbns", isbns, MINUTE)  # twin: cache-queryset
    return isbns


def my_coupons(request):
    """One key for everybody, yet what is kept belongs to one customer."""
    codes = cache.get("coupons")
    if codes is None:
        codes = list(Coupon.objects.filter(orders__customer__user=request.user).values_list("code", flat=True))
        cache.set("coupons", codes, MINUTE)  # planted: cache-user-data-shared-key
    return JsonResponse({"coupons": codes})


def my_orders(request):
    key = f"orders-{request.user.pk}"
    numbers = cache.get(key)
    if numbers is None:
        numbers = list(request.user.customer.orders.values_list("number", flat=True))
        cache.set(key, numbers, MINUTE)  # twin: cache-user-data-shared-key
    return JsonResponse({"orders": numbers})
