"""
Plays traffic on a filled shop, so that the server's counters and pg_stat_statements have something to say:

    DATABASE_URL=… python -m tests.play --rounds 2

Every planted case and its twin is done once a round, as a user would do it, and rolled back. With --patience, a page that takes
longer is given up, as a user would do that too: on a large shop some of the planted ones take half a minute. With --processes, several
do it at a time, each a share of the cases.
"""

import argparse
import gc
import io
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import django
from django.test.utils import setup_test_environment


DAYS = 1600  # of the chart of events, one question for the quarter from each on
VIEWS = 120
TREES = 2_000  # of genres, one on every page of the old site
STOCKS = 60  # each asked once for every sale
VISIT_EVERY = 8  # pieces of work, somebody opens the list of genres, which counts all books of each
COUNTERS = 100  # books whose views the office looks up
PAYMENTS = 20  # looked up by the provider's reference
DAYS_OF_ORDERS = 10  # opened by the office
MONTHS = 4  # whose books are listed
COPIES = 12  # books whose sold copies are counted
TITLES = 8  # searched for a word
SEARCHES = 8  # for an ISBN or an author
RANKS = 10  # books viewed so often
COMPUTING = 3  # seconds that a page may take for what it has read
COLLECT = (100_000, 20, 20)  # a page of a large shop makes as many objects at once
APART = 30_000  # names of the world's rows begin here, far from those of generated ones
FURTHER = 100  # and those of each further process


class _Undo(Exception):
    """Rolls a piece of work back."""


class _OutOfPatience(BaseException):
    """No view's `except Exception` may hold it up."""


@contextmanager
def patience(seconds):
    """
    Gives up at the first statement after so long, or where none has come for COMPUTING seconds, and lets what is rolled back then pass;
    without a number never.
    """
    from django.db import connection
    from psycopg.pq import TransactionStatus

    deadline = None if seconds is None else time.monotonic() + seconds

    def wait():
        if deadline is not None:
            signal.setitimer(signal.ITIMER_REAL, COMPUTING)

    def execute(send, sql, params, many, context):
        nonlocal deadline
        signal.setitimer(signal.ITIMER_REAL, 0)
        if deadline is not None and time.monotonic() > deadline:
            deadline = None
            raise _OutOfPatience
        try:
            return send(sql, params, many, context)
        finally:
            wait()

    def give_up(*_):
        nonlocal deadline
        if connection.connection.info.transaction_status == TransactionStatus.ACTIVE:  # a cursor fetches: its connection would be lost
            wait()
            return
        deadline = None
        raise _OutOfPatience

    before = signal.signal(signal.SIGALRM, give_up)
    try:
        with connection.execute_wrapper(execute):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def closing_cursors():
    """
    Closes the server's cursors that are left open, which must be before they are rolled back: their generators die in what comes next,
    where closing them would be an error.
    """
    from django.db import connection
    from psycopg import Error

    opened = []
    chunked_cursor = connection.chunked_cursor

    def kept():
        opened.append(chunked_cursor())
        return opened[-1]

    connection.chunked_cursor = kept
    try:
        yield
    finally:
        del connection.chunked_cursor
        for cursor in opened:
            try:
                cursor.close()
            except Error:  # a savepoint took it along; in a transaction that failed, closing asks nothing of the server
                cursor.close()


def within(seconds, work, world):
    """Whether the work came to its end, neither given up nor ended by the server."""
    from django.db import OperationalError

    try:
        with closing_cursors(), patience(seconds):
            work(world)
    except (_OutOfPatience, OperationalError):
        return False
    return True


def everyday(world):
    """What is done all day long beside the planted cases, some of which are harmful only for it."""
    from datetime import timedelta

    from catalog import queries
    from catalog.filters import BookFilter
    from catalog.models import Book
    from customers.models import Customer
    from django.core.management import call_command
    from orders.tasks import count_events

    from inventory.models import StockLevel
    from marketing.caching import genre_tree, stock_of

    from .measure import page
    from .world import NOW

    for day in range(DAYS):
        count_events(NOW - timedelta(days=day), 90)
    for _ in range(VIEWS):
        page(f"/books/{world.book.pk}/viewed/")
    for _ in range(TREES):
        genre_tree()
    for _ in range(COUNTERS):
        page(f"/marketing/views/{world.book.pk}/")
    for number in range(PAYMENTS):
        queries.payment_of(f"ref-{number}")
    for day in range(DAYS_OF_ORDERS):
        queries.orders_of_day(NOW.date() - timedelta(days=day))
    for month in range(1, 1 + MONTHS):
        queries.books_of_month(month)
    for number in range(COPIES):
        queries.copies_sold(1 + number)
    for number in range(TITLES):
        BookFilter({"title": f"ba{number}"}, queryset=Book.objects.all()).qs.count()
    for number in range(SEARCHES):
        queries.find(f"97{number}")
    for views in range(RANKS):
        queries.popular(views)
    for _ in range(STOCKS):
        stock_of(world.book)
        StockLevel.objects.filter(book=world.book).update(on_hand=4)
    call_command("purge_events", stdout=io.StringIO())
    for number in list(Customer.objects.exclude(vat_number=None).values_list("vat_number", flat=True)[:20]):
        Customer.objects.filter(vat_number=number).first()


def visit(world):
    """What visitors open all day long, in between."""
    from .measure import page

    page("/genres-in-use-annotated/")


def deal(cases, part, parts):
    """A process's share of the cases. The last one has the everyday work too, and so every second time no case."""
    turns = [*range(parts), *range(parts - 1)]
    return [case for number, case in enumerate(cases) if turns[number % len(turns)] == part]


def play(rounds, seconds, longest=None, part=0, parts=1):
    from django.db import connection, transaction

    from .cases import EXTRA, GROWS, SHAPE
    from .world import World

    planted = [(2 * number + twin, case[twin]) for number, case in enumerate({**GROWS, **EXTRA, **SHAPE}.values()) for twin in (0, 1)]
    cases = deal([planted[at : at + 2] for at in range(0, len(planted), 2)], part, parts)
    works = [one for case in cases for number, work in case for one in ((work, visit) if number % VISIT_EVERY == 0 else (work,))]
    if part == parts - 1:
        works.append(everyday)
    done, given_up = 0, 0
    try:
        with transaction.atomic():
            world = World(3, first=APART + FURTHER * part)
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
            # What is there by now stays: collecting looks at what the works leave alone, of which most is freed without it.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*COLLECT)
            for work in works * rounds:
                try:
                    with transaction.atomic():
                        ended = within(None if work is everyday else longest, work, world)
                        raise _Undo
                except _Undo:
                    done += ended
                    given_up += not ended
            raise _Undo
    except _Undo:
        pass
    return done, given_up


def beside(parts):
    """Starts this with the same arguments once for each part; the worst exit status of all."""
    started = [subprocess.Popen([sys.executable, "-m", "tests.play", *sys.argv[1:], "--part", str(part)]) for part in range(parts)]
    return max(abs(one.wait()) for one in started)


SECONDS = 5


def main():
    parser = argparse.ArgumentParser(description="Plays traffic on a filled shop")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="longest statement: 5 of the traffic, any of the office's")
    parser.add_argument("--patience", type=float, help="seconds after which a page is given up")
    parser.add_argument("--office", action="store_true", help="ask the office's questions instead, their plans into the server's log")
    parser.add_argument("--processes", type=int, default=1, help="so many at a time, each with its share of the cases")
    parser.add_argument("--part", type=int, help="of the processes, the one with this number, from 0; all without")
    arguments = parser.parse_args()
    part, parts = arguments.part or 0, arguments.processes
    if arguments.part is None and parts > 1:
        sys.exit(beside(parts))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookshop.settings.test")
    django.setup()
    setup_test_environment()
    if arguments.office:
        from .office import ask

        ask(arguments.seconds, part, parts)
        return
    started = time.monotonic()
    done, given_up = play(arguments.rounds, arguments.seconds or SECONDS, arguments.patience, part, parts)
    print(f"{done} works done, {given_up} given up, in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
