"""Every page, admin page, command, task and service of the shop is called once."""

import asyncio
import io
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from bookshop.backoffice import backoffice
from catalog import lazy, queries
from catalog.models import Book
from django.contrib import admin
from django.core.exceptions import SynchronousOnlyOperation
from django.core.management import call_command
from django.db import connection
from django.test import AsyncRequestFactory, Client, TestCase, TransactionTestCase
from django.urls import URLPattern, get_resolver, reverse
from inventory import services
from marketing import caching
from orders import checkout, tasks as order_tasks
from orders.models import Order
from reviews import tasks as review_tasks
from reviews.models import Review

from .measure import page
from .world import World

# An error by design, see AsyncTest; threads that keep connections open, see ThreadTest.
NOT_READ = {"async/shelf/", "marketing/dashboard/", "marketing/dashboard-closed/"}
ONLY_POST = ("pay", "api/lines", "book-genre-keys")


class PagesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.world = World(2)

    def values(self):
        """What stands for the converters of the address patterns."""
        return {"pk": self.world.book.pk, "slug": self.world.publisher.slug, "number": self.world.order.number}

    def addresses(self):
        for prefix, pattern in _patterns(get_resolver().url_patterns):
            if prefix.startswith(("admin/", "backoffice/")):
                continue
            text = prefix + _text(pattern)
            if "format" in text or text in NOT_READ or any(part in text for part in ONLY_POST):
                continue
            yield text, {name: value for name, value in self.values().items() if name in pattern.pattern.converters or f"(?P<{name}>" in text}

    def test_every_page_answers(self):
        client = Client()
        client.force_login(self.world.customer.user)
        seen = 0
        for text, values in self.addresses():
            path = "/" + _fill(text, self.world, values)
            with self.subTest(path):
                response = client.get(path, {"since": "2026-01-01", "slug": self.world.publisher.slug, "page": 1})
                self.assertIn(response.status_code, (200, 204, 302), response.content[:300])
            seen += 1
        self.assertGreater(seen, 150)

    def test_every_admin_page_answers(self):
        client = Client()
        client.force_login(self.world.staff)
        for site in (admin.site, backoffice):
            for model in site._registry:
                name = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}"
                first = model._default_manager.order_by("pk").first()
                paths = [reverse(f"{name}_changelist")]
                if first is not None:
                    paths.append(reverse(f"{name}_change", args=[first.pk]))
                for path in paths:
                    with self.subTest(path):
                        self.assertEqual(client.get(path).status_code, 200)

    def test_forms_save(self):
        world = self.world
        page(f"/books/{world.book.pk}/place/", "post", {"series": world.book.series_id, "position": 1})
        data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": world.book.pk,
                "form-0-title": "Renamed", "form-0-price": "4.00"}
        with mock.patch("catalog.form_views.PAGE", 1):
            page("/edit-prices/", "post", data, staff=world.staff)
            page("/edit-books/", "post", data | {"form-0-series": ""}, staff=world.staff)
        world.book.refresh_from_db()
        self.assertEqual(world.book.title, "Renamed")

    def test_payment(self):
        with mock.patch("orders.gateway.send", return_value={"ok": True}) as send:
            page(f"/orders/pay-after-commit/{self.world.order.number}/", "post")
            page(f"/orders/pay/{self.world.order.number}/", "post")
        self.assertEqual(send.call_count, 2)
        self.assertEqual(Order.objects.get(pk=self.world.order.pk).status, "paid")

    def test_order_services(self):
        number = self.world.order.number
        checkout.settle(number)
        checkout.settle_between_transactions(number)
        checkout.cancel(number)
        checkout.cancel_with_retry(number)
        self.assertEqual(Order.objects.get(number=number).status, "cancelled")

    def test_tasks(self):
        keys = list(Review.objects.values_list("pk", flat=True))
        review_tasks.approve.delay(keys)
        order_tasks.thank.delay(self.world.order.number)
        self.world.customer.refresh_from_db()
        self.assertGreater(self.world.customer.loyalty_points, 0)

    def test_commands(self):
        out = io.StringIO()
        call_command("purge_events", stdout=out)
        call_command("order_report", stdout=out)
        self.assertIn("events deleted", out.getvalue())

    def test_caching(self):
        world = self.world
        for _ in range(2):
            caching.top_houses()
            caching.campaign_names()
        caching.genre_tree()
        self.assertEqual(caching.stock_of(world.book), 4)
        with self.captureOnCommitCallbacks(execute=True):
            caching.rename(world.campaign, "Renamed")
        self.assertIn("Renamed", caching.campaign_names())
        caching.retitle(world.book, "Retitled")
        self.assertEqual(len(caching.active_books()), len(caching.active_isbns()))


class AnswersTest(TestCase):
    """Where the twin is a rewrite, it gives the same answer; where the defect is wrong, it differs."""

    @classmethod
    def setUpTestData(cls):
        cls.world = World(3)

    def test_rewrites_agree(self):
        pairs = [
            (queries.bargain_titles_twice, lambda: [book.title for book in Book.objects.filter(price__lt=50)]),
            (queries.cheapest, queries.cheapest_limited),
            (queries.turnover, queries.turnover_by_database),
            (queries.two_lists, queries.two_lists_of_one),
            (lambda: sorted(queries.shelf_labels()), lambda: sorted(queries.shelf_labels_all())),
            (lambda: queries.books_of_country("PT"), lambda: queries.books_of_country_by_subquery("PT")),
            (queries.praised, queries.praised_by_exists),
            (lambda: queries.copies_sold(self.world.book), lambda: queries.copies_sold_by_database(self.world.book)),
            (lambda: queries.titles_of(self.world.isbns), lambda: queries.titles_of_at_once(self.world.isbns)),
            (lambda: queries.tax_lines(self.world.orders), lambda: queries.tax_lines_hoisted(self.world.orders)),
            (lazy.blurbs, lazy.blurbs_whole),
            (lazy.abstracts, lazy.abstracts_whole),
            (lazy.page_counts, lazy.page_counts_whole),
            (lazy.titles_as_objects, lazy.titles_as_values),
            (lazy.targets, lazy.targets_prefetched),
        ]
        for defect, twin in pairs:
            self.assertEqual(defect(), twin())

    def test_wrong_results(self):
        multiplied = {isbn: (a, b) for isbn, a, b in queries.figures()}
        self.assertNotEqual(multiplied[self.world.book.isbn][1], Review.objects.filter(book=self.world.book).count())
        self.world.author.home_publisher = None
        self.world.author.save()
        self.assertEqual(queries.homeless_publishers(), [], "NOT IN with a NULL is never true")
        self.assertGreater(len(queries.publishers_without_books()), 0)

    def test_the_rest(self):
        for function in (
            queries.sea_stories, queries.by_date, queries.by_words, queries.newest, queries.dearest, queries.house_total,
            queries.best_sellers, queries.best_seller_houses, queries.best_seller_mail, queries.sales_by_month,
            queries.newsletter_addresses, queries.tiers, queries.active_total_and_titles, services.managers,
        ):
            function()
        number, email = self.world.order.number, self.world.customer.user.email
        queries.bindings_of("house-0"), queries.sales_of(number), queries.paid_from("PT"), queries.find_in_one_table("x")
        queries.authors_from("a"), queries.account(email), queries.account_exactly(email), queries.payment_of("ref-0")
        queries.order_of(number), queries.lines_of(self.world.order)
        lazy.publish([1]), lazy.publish_and_name([1])
        self.assertGreater(lazy.retire(1900), lazy.retire_chained(1900))
        services.forget_wishes_of(self.world.book)
        self.assertEqual(services.movements_of(self.world.warehouse).count(), 1)


class AsyncTest(TransactionTestCase):
    def test_lazy_relation_is_an_error(self):
        World(2)
        request = AsyncRequestFactory().get("/")
        with self.assertRaises(SynchronousOnlyOperation):
            asyncio.run(_awaited(lazy.async_shelf, request))
        asyncio.run(_awaited(lazy.async_shelf_joined, request))


class ThreadTest(TransactionTestCase):
    def setUp(self):
        _end_other_sessions()
        pool = ThreadPoolExecutor(max_workers=2)
        patch = mock.patch("marketing.views.POOL", pool)
        patch.start()
        self.addCleanup(_end_other_sessions)
        self.addCleanup(pool.shutdown)
        self.addCleanup(patch.stop)

    def test_a_pool_of_threads_keeps_its_connections(self):
        page("/marketing/dashboard/")
        self.assertGreater(_other_sessions(), 0)

    def test_threads_that_close_leave_none(self):
        page("/marketing/dashboard-closed/")
        self.assertEqual(_settled(_other_sessions, 0), 0)


def _other_sessions():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {OTHERS}")
        return cursor.fetchone()[0]


def _end_other_sessions():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
    _settled(_other_sessions, 0)


def _settled(read, wanted):
    """A server process takes a moment to go after its client has gone."""
    for _ in range(100):
        if read() == wanted:
            break
        time.sleep(0.02)
    return read()


OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"


async def _awaited(view, request):
    return await view(request)


class GenerateTest(TransactionTestCase):
    def filled(self, seed):
        out = io.StringIO()
        call_command("generate", rows=3000, seed=seed, replace=True, no_analyze=True, stdout=out)
        with connection.cursor() as cursor:
            cursor.execute("SELECT md5(string_agg(b::text, '' ORDER BY id)) FROM catalog_book b")
            return out.getvalue().split("checksum ")[1], cursor.fetchone()[0]

    def test_same_seed_same_rows(self):
        first = self.filled(7)
        self.assertEqual(first, self.filled(7))
        self.assertNotEqual(first, self.filled(8))
        Book.objects.create(
            title="After COPY", isbn="1", price=1, published_on="2026-01-01", publisher_id=1
        )  # the sequences were moved on

    def test_wear(self):
        self.filled(7)
        out = io.StringIO()
        call_command("wear", stdout=out)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
            self.assertEqual(cursor.fetchone()[0], 1)
            cursor.execute("DROP INDEX payment_provider_once, payment_country_idx")


def _patterns(patterns, prefix=""):
    for pattern in patterns:
        text = prefix + _text(pattern)
        if isinstance(pattern, URLPattern):
            yield prefix, pattern
        else:
            yield from _patterns(pattern.url_patterns, text)


def _text(pattern):
    return str(pattern.pattern)


def _fill(text, world, values):
    """Writes values over the converters; books, orders and the rest each have keys of their own."""
    keys = {
        "api/publishers": world.publisher.pk, "api/series": world.book.series_id, "api/authors": world.author.pk,
        "api/editions": world.book.editions.first().pk,
    }
    text = text.replace("(?P<pk>[^/.]+)", "<int:pk>").replace("^", "")
    key = next((key for part, key in keys.items() if text.startswith(part)), values.get("pk", world.book.pk))
    text = text.replace("<int:pk>", str(key))
    text = text.replace("<slug:slug>", world.publisher.slug).replace("<str:number>", world.order.number)
    return text.removesuffix("$").removesuffix("\\Z")
