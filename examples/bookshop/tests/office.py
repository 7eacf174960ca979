"""
How to reach what the planner or a lock makes slow: for each case the office's question, its twin, and settings that bring the server's
sizes down to the shop's: a sort of two hundred kilobytes spills where there are sixty-four, and one of ten megabytes where there is one.
"""

import threading
import time
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone

from catalog.models import Book
from customers.models import Customer
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from orders import office
from orders.models import Order, OrderLine

from .world import NOW

LARGE = 10_000  # books


def little():
    return "1MB" if Book.objects.count() > LARGE else "64kB"


LEAST_MEMORY = {"work_mem": "64kB", "hash_mem_multiplier": "1"}
LITTLE_MEMORY = {**LEAST_MEMORY, "work_mem": little}
ONLY_LOOPS = {"enable_hashjoin": "off", "enable_mergejoin": "off"}
ONLY_BITMAPS = {"enable_seqscan": "off", "enable_indexscan": "off"}
WORKERS = {"max_parallel_workers": "0", "parallel_setup_cost": "0", "parallel_tuple_cost": "0", "min_parallel_table_scan_size": "0"}
LATER = datetime(2030, 1, 1, tzinfo=timezone.utc)
#: Where the most addresses of a shop of any size are.
POSTCODE = "10000"


def often(times, work):
    for turn in range(times):
        work(turn)


def city():
    return office.Address.objects.filter(postcode=POSTCODE).values_list("city", "country_code").first()


def last_page():
    return max(50, Order.objects.count() // 20 - 1)


def lately():
    """Looking at each book for each line takes minutes in a large shop: of the newest ones only."""
    newest = Book.objects.order_by("-published_on").values_list("published_on", flat=True)
    return newest[60] if len(newest) > LARGE else newest.last()


def import_size():
    """A month's lines of a large shop."""
    return max(200, OrderLine.objects.count() // 30)


def unsteady():
    often(250, lambda turn: office.payments_since(LATER))
    often(10, lambda turn: office.payments_since(NOW - timedelta(days=5000)))


#: The plan shows it.
PLANNED = {
    "plan-scan-gift-message": (lambda: office.orders_with_message("To Ada"), lambda: office.order_with_number("N00000007"), {}),
    "plan-sort-events": (office.event_book, office.latest_events, LITTLE_MEMORY),
    "plan-hash-books": (office.lines_with_books, lambda: office.lines_with_orders("N00000007"), LITTLE_MEMORY),
    "plan-heap-events": (lambda: office.events_since(NOW - timedelta(days=5000)), lambda: office.logins_of(1), {"enable_bitmapscan": "off", "enable_seqscan": "off"}),
    "plan-index-customer": (lambda: office.messages_of_customer(1, "To Ada"), lambda: office.orders_of_customer(1, NOW - timedelta(days=90)), {}),
    "plan-jit-sales": (office.sales_by_book, lambda: office.sales_of_order(7), {"jit": "on", "jit_above_cost": "60", "jit_inline_above_cost": "60", "jit_optimize_above_cost": "60"}),
    "plan-join-overpriced": (office.overpriced_lines, office.dearer_lines, {}),
    "plan-memoize-chapters": (office.lines_with_chapters, office.lines_with_bindings, {**LITTLE_MEMORY, **ONLY_LOOPS, "enable_sort": "off", "random_page_cost": "100"}),
    "plan-estimate-city": (lambda: office.addresses_at(POSTCODE, *city()), lambda: office.addresses_in(POSTCODE), {}),
    "plan-loop-city": (lambda: office.names_at(POSTCODE, *city()), lambda: office.names_in(POSTCODE), {}),
    "plan-not-in-unsold": (lambda: office.unsold_books(lately()), office.unsold_books_by_exists, LITTLE_MEMORY),
    "plan-offset-orders": (lambda: office.order_page(last_page()), lambda: office.orders_after(1000), {}),
    "plan-subplan-last-order": (office.last_orders, lambda: office.last_order_of(1), {}),
    "plan-temp-stock": (lambda: office.never_in_stock(lately()), office.never_in_stock_by_exists, LITTLE_MEMORY),
    "plan-partitions-session": (lambda: office.session_views("a"), lambda: office.session_views_since("a", NOW - timedelta(days=3)), {}),
    "plan-triggers-import": (lambda: office.import_lines(Order.objects.first(), Book.objects.first(), import_size()), lambda: office.import_subscribers(list(Customer.objects.all()[:100])), {}),
    "plan-wide-books": (office.whole_catalogue, office.isbns, {}),
    "plan-workers-lines": (lambda: office.lines_of_quantity(1), lambda: office.line_of_key(7), WORKERS),
    "plan-limit-user": (lambda: office.first_user_named("A"), office.first_user, {"enable_seqscan": "off"}),
    "plan-bitmap-lines": (lambda: office.lines_of_both(1, Order.objects.count() // 12), lambda: office.lines_of_one(7), {**ONLY_BITMAPS, "random_page_cost": "20", "seq_page_cost": "20"}),
    "plan-distinct-houses": (office.houses_that_sell, office.houses_that_sell_by_exists, {}),
    "plan-lossy-comments": (lambda: office.comments_on(ContentType.objects.get_for_model(Book)), lambda: office.comment(7), {**LEAST_MEMORY, **ONLY_BITMAPS}),
}

#: Counters show it: what has a plan is judged by that.
COUNTED = {
    "plan-planning-line": (lambda: often(40, lambda turn: office.line_with_all(1 + turn)), lambda: often(40, lambda turn: office.line_alone(1 + turn)), {"pg_stat_statements.track_planning": "on"}),
    "plan-unstable-payments": (unsteady, lambda: often(200, lambda turn: office.payment_of(1 + turn)), {}),
    "plan-blocks-logins": (lambda: often(80, lambda turn: office.logins_from("10.5.5.5")), lambda: often(25, lambda turn: office.login(1 + turn)), {}),
    "plan-regression-logins": (lambda: often(25, lambda turn: office.slow_day(NOW - timedelta(days=turn))), lambda: often(25, lambda turn: office.quick_day(NOW - timedelta(days=turn))), {}),
    "plan-cold-entries": (lambda: office.entries_of(1), lambda: office.entry("00000000-0000-0000-0000-000000000000"), {}),
}

#: Shelves that another clerk counts at the same time: (the question, its twin), each with the shelf's key.
LOCKS = {"lock-waits-shelf": (lambda key: office.count_shelf(key, 5), lambda key: office.count_free_shelf(key, 5))}
WAITS = 4
#: Versions of each comment, in a small shop and in a large one, of whose comments there are many.
REWRITES = 150
FEW_REWRITES = 6
#: The server tells of locks that are waited for longer than this.
DEADLOCK_MS = 20


def ask(seconds=None, part=0, parts=1):
    """
    Asks all, each rolled back; plans and waits for locks go into the server's log. With `seconds`, as a large shop needs it, a question
    that takes longer is given up. Of several parts, one asks every so-manieth.
    """
    counted, planned = _share(COUNTED, part, parts), _share(PLANNED, part + 1, parts)
    if "plan-lossy-comments" in planned:
        _rewrite_comments(REWRITES if seconds is None else FEW_REWRITES)
    limit = {} if seconds is None else {"statement_timeout": f"{seconds}s"}
    _each(counted, limit)
    with _explained():
        _each(planned, limit)
        for works in LOCKS.values() if part == parts - 1 else ():
            for work in works:
                for key in range(1, 1 + WAITS):
                    _beside_another_clerk(work, key)


def _share(cases, part, parts):
    return {name: case for number, (name, case) in enumerate(cases.items()) if number % parts == part % parts}


def _each(cases, limit):
    too_long = (OperationalError,) if limit else ()
    for defect, twin, settings in cases.values():
        for work in (defect, twin):
            with suppress(*too_long), _rolled_back():
                _set({**settings, **limit}, local=True)
                work()


def _rewrite_comments(times):
    """An import wrote every comment anew, time and again, in one transaction: of each page next to nothing is alive."""
    with transaction.atomic(), connection.cursor() as cursor:
        _set({"pg_stat_statements.track": "none"}, local=True)
        for _ in range(times):
            cursor.execute("UPDATE reviews_comment SET updated_at = updated_at + interval '1 second', object_id = object_id + 1")


@contextmanager
def _explained():
    """All plans of this connection, with what each step really did, in the server's log."""
    with connection.cursor() as cursor:
        cursor.execute("LOAD 'auto_explain'")
    wanted = {
        "auto_explain.log_analyze": "on", "auto_explain.log_buffers": "on", "auto_explain.log_format": "json", "auto_explain.log_triggers": "on",
        "auto_explain.log_verbose": "on", "log_lock_waits": "on", "deadlock_timeout": f"{DEADLOCK_MS}ms", "auto_explain.log_min_duration": "0",
    }
    _set(wanted, local=False)
    try:
        yield
    finally:
        _set({"auto_explain.log_min_duration": "-1"}, local=False)


@contextmanager
def _rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _set(settings, local):
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, %s)", [name, value() if callable(value) else value, local])


def _beside_another_clerk(work, key):
    """Asks while another session holds the same shelf, for longer than the server takes to speak of it."""
    held = threading.Event()

    def hold():
        with transaction.atomic():
            office.StockLevel.objects.select_for_update().get(pk=key)
            held.set()
            time.sleep(DEADLOCK_MS * 5 / 1000)
        connection.close()

    clerk = threading.Thread(target=hold)
    clerk.start()
    held.wait()
    with _rolled_back():
        work(key)
    clerk.join()
