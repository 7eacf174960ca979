"""What the office asks of the shop now and then: of each two questions, the server has trouble with the first."""

from datetime import timedelta

from accounts.models import User
from catalog.models import Book, Publisher
from customers.models import Address, Customer, LoginEvent
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Subquery, Sum
from inventory.models import StockLevel
from marketing.models import PageView
from reviews.models import Comment

from .models import AuditEntry, Order, OrderEvent, OrderLine, Payment


def orders_with_message(text):
    return list(Order.objects.filter(gift_message=text))  # planted: plan-scan-gift-message


def order_with_number(number):
    return list(Order.objects.filter(number=number))  # twin: plan-scan-gift-message # twin: top-count-events


def event_book():
    return list(OrderEvent.objects.order_by("kind", "payload"))  # planted: plan-sort-events


def latest_events():
    return list(OrderEvent.objects.order_by("kind", "payload")[:10])  # twin: plan-sort-events


def lines_with_books():
    return list(OrderLine.objects.select_related("book"))  # planted: plan-hash-books


def lines_with_orders(number):
    return list(OrderLine.objects.filter(order__number=number).select_related("order"))  # twin: plan-hash-books


def events_since(day):
    return OrderEvent.objects.filter(happened_at__gte=day).count()  # planted: plan-heap-events


def logins_of(user):
    return LoginEvent.objects.filter(user=user).count()  # twin: plan-heap-events


def messages_of_customer(customer, text):
    return list(Order.objects.filter(customer=customer, gift_message=text).values("number"))  # planted: plan-index-customer


def orders_of_customer(customer, day):
    return list(Order.objects.filter(customer=customer, placed_at__gte=day).values("number"))  # twin: plan-index-customer


def sales_by_book():
    return list(OrderLine.objects.values("book").annotate(amount=Sum(F("quantity") * F("unit_price"))).order_by("book_id"))  # planted: plan-jit-sales


def sales_of_order(order):
    return list(OrderLine.objects.filter(order=order).values("book").annotate(amount=Sum("quantity")))  # twin: plan-jit-sales


def overpriced_lines():
    return list(OrderLine.objects.filter(unit_price__gt=F("book__price") * 9).values("pk"))  # planted: plan-join-overpriced


def dearer_lines():
    return list(OrderLine.objects.filter(unit_price__gt=F("book__price")).values("pk"))  # twin: plan-join-overpriced


def lines_with_chapters():
    return list(OrderLine.objects.order_by("pk").values("pk", "book__description", "book__keywords", "book__subtitle"))  # planted: plan-memoize-chapters


def lines_with_bindings():
    return list(OrderLine.objects.order_by("pk").values("quantity", "book__binding"))  # twin: plan-memoize-chapters


def addresses_at(postcode, city, country):
    return list(Address.objects.filter(postcode=postcode, city=city, country_code=country).values("line1"))  # planted: plan-estimate-city


def addresses_in(postcode):
    return list(Address.objects.filter(postcode=postcode).values("line1"))  # twin: plan-estimate-city


def names_at(postcode, city, country):
    rows = Address.objects.filter(postcode=postcode, city=city, country_code=country)
    return list(rows.values("customer__full_name"))  # planted: plan-loop-city


def names_in(postcode):
    return list(Address.objects.filter(postcode=postcode).values("customer__full_name"))  # twin: plan-loop-city


def unsold_books(since):
    return list(Book.objects.filter(published_on__gte=since).exclude(pk__in=OrderLine.objects.values("book")).values("title"))  # planted: plan-not-in-unsold


def unsold_books_by_exists():
    return list(Book.objects.filter(~Exists(OrderLine.objects.filter(book=OuterRef("pk")))).values("title"))  # twin: plan-not-in-unsold


def order_page(number):
    start = number * 20
    return list(Order.objects.order_by("pk")[start : start + 20])  # planted: plan-offset-orders


def orders_after(key):
    return list(Order.objects.filter(pk__gt=key).order_by("pk")[:20])  # twin: plan-offset-orders


def line_with_all(key):
    return list(
        OrderLine.objects.select_related(  # planted: plan-planning-line
            "order__customer__user", "order__coupon__campaign", "order__shipping_address", "order__handled_by", "book__publisher", "book__series__publisher"
        ).filter(pk=key)
    )


def line_alone(key):
    return list(OrderLine.objects.filter(pk=key).values("quantity"))  # twin: plan-planning-line


def last_orders():
    last = Order.objects.filter(customer=OuterRef("pk")).order_by("-placed_at").values("number")[:1]
    return list(Customer.objects.annotate(last=Subquery(last)).values("pk", "last"))  # planted: plan-subplan-last-order


def last_order_of(customer):
    last = Order.objects.filter(customer=OuterRef("pk")).order_by("-placed_at").values("number")[:1]
    return list(Customer.objects.filter(pk=customer).annotate(last=Subquery(last)).values("pk", "last"))  # twin: plan-subplan-last-order


def never_in_stock(since):
    return list(Book.objects.filter(published_on__gte=since).exclude(pk__in=OrderLine.objects.filter(quantity__gt=0).values("book")).values("isbn"))  # planted: plan-temp-stock


def never_in_stock_by_exists():
    return list(Book.objects.filter(~Exists(OrderLine.objects.filter(quantity__gt=0, book=OuterRef("pk")))).values("isbn"))  # twin: plan-temp-stock


def session_views(key):
    return list(PageView.objects.filter(session_key=key).values("path"))  # planted: plan-partitions-session


def session_views_since(key, day):
    return list(PageView.objects.filter(session_key=key, viewed_at__gte=day).values("path"))  # twin: plan-partitions-session


def import_lines(order, book, count):
    """Has bad keys told by the statement that brings them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _add_lines(order, book, count)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _add_lines(order, book, count):
    rows = [OrderLine(order=order, book=book, book_title=book.title, unit_price=book.price) for _ in range(count)]
    OrderLine.objects.bulk_create(rows)  # planted: plan-triggers-import


def import_subscribers(rows):
    Customer.objects.bulk_update(rows, ["loyalty_points"])  # twin: plan-triggers-import


def payments_since(day):
    return list(Payment.objects.filter(paid_at__gte=day).values("amount"))  # planted: plan-unstable-payments


def payment_of(order):
    return list(Payment.objects.filter(order=order).values("amount"))  # twin: plan-unstable-payments


def whole_catalogue():
    return list(Book.objects.order_by("isbn"))  # planted: plan-wide-books


def isbns():
    return list(Book.objects.order_by("isbn").values_list("isbn", flat=True))  # twin: plan-wide-books


def lines_of_quantity(quantity):
    return list(OrderLine.objects.filter(quantity=quantity).values("pk"))  # planted: plan-workers-lines


def line_of_key(key):
    return list(OrderLine.objects.filter(pk=key).values("pk", "quantity"))  # twin: plan-workers-lines


def first_user_named(name):
    return User.objects.filter(first_name__gt=name, is_staff=True).order_by("pk").first()  # planted: plan-limit-user


def first_user():
    return User.objects.filter(is_staff=False).order_by("pk").first()  # twin: plan-limit-user


def lines_of_both(book, order):
    return list(OrderLine.objects.filter(book=book, order__lte=order).values("quantity"))  # planted: plan-bitmap-lines


def lines_of_one(order):
    return list(OrderLine.objects.filter(order=order).values("quantity"))  # twin: plan-bitmap-lines


def logins_from(address):
    return list(LoginEvent.objects.filter(address=address).values("at"))  # planted: plan-blocks-logins


def login(key):
    return list(LoginEvent.objects.filter(pk=key).values("at"))  # twin: plan-blocks-logins


def comments_on(kind):
    return list(Comment.objects.filter(content_type=kind).values("created_at"))  # planted: plan-lossy-comments


def comment(key):
    return list(Comment.objects.filter(pk=key).values("created_at"))  # twin: plan-lossy-comments


def entries_of(actor):
    return list(AuditEntry.objects.filter(actor=actor, action="delete").values("at"))  # planted: plan-cold-entries


def entry(key):
    return list(AuditEntry.objects.filter(pk=key).values("at"))  # twin: plan-cold-entries


def houses_that_sell():
    return list(Publisher.objects.filter(books__order_lines__quantity=1).distinct().values("name"))  # planted: plan-distinct-houses


def houses_that_sell_by_exists():
    sold = OrderLine.objects.filter(book__publisher=OuterRef("pk"), quantity=1)
    return list(Publisher.objects.filter(Exists(sold)).values("name"))  # twin: plan-distinct-houses


def count_shelf(key, found):
    with transaction.atomic():
        level = StockLevel.objects.select_for_update().get(pk=key)  # planted: lock-waits-shelf
        level.on_hand = found
        level.save()


def count_free_shelf(key, found):
    with transaction.atomic():
        level = StockLevel.objects.select_for_update(skip_locked=True).filter(pk=key).first()  # twin: lock-waits-shelf
        if level is not None:
            level.on_hand = found
            level.save()


def slow_day(day):
    return list(LoginEvent.objects.filter(at__gte=day, at__lt=day + timedelta(days=1)).values("user"))  # planted: plan-regression-logins


def quick_day(day):
    return list(OrderEvent.objects.filter(happened_at__gte=day, happened_at__lt=day + timedelta(days=1)).values("kind"))  # twin: plan-regression-logins
