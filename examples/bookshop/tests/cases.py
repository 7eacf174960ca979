"""
How to reach every planted case whose harm shows in the number of statements.

GROWS: the defect sends more statements for more rows, its twin does not.
EXTRA: the defect sends more statements than its twin.
SHAPE: a statement of the defect matches a pattern that none of its twin's does.
Each entry gives two pieces of work, which take a World and do once what a user would do.
"""

import importlib
import io
import logging
from datetime import date

from catalog import lazy, queries
from catalog.models import Book
from django.core.management import call_command
from inventory import services
from orders import tasks as order_tasks
from reviews import tasks as review_tasks

from .measure import page
from .world import NOW


def at(path):
    """A page of the site; `{name}` stands for an attribute of the world."""
    return lambda world: page("/" + path.format(world=world))


def behind(path):
    """The same for staff only."""
    return lambda world: page("/" + path.format(world=world), staff=world.staff)


def pages(defect, twin):
    return at(defect), at(twin)


def sends(path, data, method="post"):
    """A page that is sent JSON."""
    return lambda world: page("/" + path.format(world=world), method, data(world), content_type="application/json")


def task(function):
    return lambda world: function.delay()


def command(name, **options):
    return lambda world: call_command(name, stdout=io.StringIO(), **options)


def calls(defect, twin):
    """Two functions that need nothing."""
    return (lambda world: defect()), (lambda world: twin())


def logged(function, *args):
    """Calls a function whose log messages are written out, but nowhere that anybody sees."""
    logger = logging.getLogger(function.__module__)
    handler = logging.StreamHandler(io.StringIO())
    logger.addHandler(handler)
    logger.propagate = False
    try:
        return function(*args)
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


GROWS = {
    "shelf-publisher": pages("shelf/", "shelf-joined/"),
    "publisher-key-hop": pages("publisher-keys/", "publisher-key-columns/"),
    "series-truth-test": pages("series-marks/", "series-mark-columns/"),
    "bare-select-related-series": pages("series-all-relations/", "series-named-relation/"),
    "publisher-set": pages("houses-by-set/", "houses-by-column/"),
    "caption-property": pages("captions/", "captions-joined/"),
    "author-house-property": pages("author-houses/", "author-houses-joined/"),
    "helper-two-deep": pages("export/", "export-joined/"),
    "author-profile-reverse": pages("author-sites/", "author-sites-joined/"),
    "profile-author-forward": pages("sites/", "sites-joined/"),
    "profile-hasattr": pages("authors-without-site/", "authors-without-site-joined/"),
    "publisher-books": pages("houses/", "houses-prefetched/"),
    "publisher-of-editions": pages(
        "house-editions/?slug={world.publisher.slug}", "house-with-back-reference/?slug={world.publisher.slug}"
    ),
    "book-authors-m2m": pages("credits/", "credits-prefetched/"),
    "one-path-short": pages("credit-houses/", "credit-houses-whole/"),
    "or-drops-prefetch": pages("right-hand-prefetch/", "left-hand-prefetch/"),
    "mti-child": pages("downloads/", "downloads-from-child/"),
    "mti-narrator": pages("narrations/", "narrations-joined/"),
    "proxy-back-catalogue": pages("back-catalogue/", "back-catalogue-joined/"),
    "prefetch-then-filter": pages("first-printings/", "first-printings-in-python/"),
    "prefetch-then-first": pages("latest-printings/", "latest-awards/"),
    "to-attr-then-all": pages("active-editions/", "active-editions-by-attr/"),
    "prefetch-then-values": pages("genre-slugs/", "genre-slugs-in-python/"),
    "count-per-book": pages("edition-totals-by-query/", "edition-totals/"),
    "prefetch-in-loop": pages("printing-years/", "printing-years-at-once/"),
    "genre-exists": pages("genres-in-use/", "genres-in-use-annotated/"),
    "average-rating-method": pages("ratings/", "ratings-annotated/"),
    "latest-review-per-book": pages("newest-reviews/", "newest-reviews-prefetched/"),
    "template-include-publisher": pages("", "front-joined/"),
    "template-inclusion-tag-authors": pages("gallery/", "gallery-prefetched/"),
    "template-simple-tag-series": pages("price-list/", "price-list-joined/"),
    "template-filter-editions": pages("edition-table/", "edition-table-prefetched/"),
    "template-regroup-publisher": pages("grouped/", "grouped-joined/"),
    "genre-trail-property": pages("genres/", "genres-joined/"),
    "template-series-str": pages("series-index/", "series-index-joined/"),
    "template-nested-loop": pages("by-house/", "by-house-prefetched/"),
    "template-count-method": pages("by-house/", "by-house-prefetched/"),
    "template-house-url": pages("house-links/", "house-links-joined/"),
    "jinja-macro-publisher": pages("jinja-shelf/", "jinja-shelf-joined/"),
    "jinja-include-authors": pages("jinja-credits/", "jinja-credits-prefetched/"),
    "cbv-implicit-queryset": pages("books/", "books-joined/"),
    "cbv-get-queryset-profile": pages("authors/", "authors-joined/"),
    "detail-editions-printer": pages("books/{world.book.pk}/", "books-joined/{world.book.pk}/"),
    "cbv-context-series-books": pages("series-overview/", "series-overview-prefetched/"),
    "series-select-label": pages("books/{world.book.pk}/place/", "books/{world.book.pk}/place-joined/"),
    "genre-label-override": pages("choose-genre/", "choose-genre-joined/"),
    "formset-choices": (behind("edit-books/"), behind("edit-prices/")),
    "formset-series-choices": (behind("edit-books/"), behind("edit-prices/")),
    "filter-series-choices": pages("search/", "search-joined/"),
    "table-accessor": pages("table/", "table-joined/"),
    "table-nullable-accessor": pages("table/", "table-joined/"),
    "table-render-method": pages("credit-table/", "credit-table-prefetched/"),
    "feed-item-publisher": pages("feed/", "feed-joined/"),
    "sitemap-house-url": pages("sitemap.xml", "sitemap-joined.xml"),
    "drf-nested-publisher": pages("api/books/", "api/books-eager/"),
    "drf-nested-authors": pages("api/books/", "api/books-eager/"),
    "drf-dotted-key": pages("api/book-dotted-keys/", "api/book-keys/"),
    "series-string-field": pages("api/book-labels/", "api/book-labels-eager/"),
    "drf-slug-field": pages("api/book-labels/", "api/book-labels-eager/"),
    "drf-method-count": pages("api/book-figures/", "api/book-figures-prefetched/"),
    "drf-method-nested": pages("api/book-figures/", "api/book-figures-prefetched/"),
    "drf-action-queryset": pages("api/series/shelf/", "api/series/houses/"),
    "drf-to-representation": pages("api/authors/", "api/authors-prefetched/"),
    "drf-depth": pages("api/editions/", "api/editions-joined/"),
    "drf-source-count": pages("api/publishers/", "api/publishers-annotated/"),
}


# Orders, reviews, stock, marketing ------------------------------------------

GROWS |= {
    "order-total-method": pages("orders/", "orders/eager/"),
    "order-list-customer": pages("orders/", "orders/eager/"),
    "jinja-recipient-property": pages("orders/invoices/", "orders/invoices-joined/"),
    "jinja-order-coupon": pages("orders/invoices/", "orders/invoices-joined/"),
    "jinja-coupon-describe": pages("orders/invoices/", "orders/invoices-joined/"),
    "payment-hasattr": pages("orders/unpaid/", "orders/unpaid-joined/"),
    "order-page-line-book": pages("orders/page/{world.order.number}/", "orders/page-joined/{world.order.number}/"),
    "shipment-list-nested": (behind("orders/shipments/"), behind("orders/shipments-joined/")),
    "order-form-customer-label": pages("orders/new/", "orders/new-joined/"),
    "audit-target-lazy": pages("orders/history/", "orders/history-prefetched/"),
    "audit-content-type": pages("orders/history-kinds/", "orders/history-kinds-cached/"),
    "drf-nested-line-book": pages("orders/api/orders/", "orders/api/orders-eager/"),
    "drf-order-customer": pages("orders/api/orders/", "orders/api/orders-eager/"),
    "drf-order-customer-user": pages("orders/api/orders/", "orders/api/orders-eager/"),
    "drf-order-payment": pages("orders/api/orders/", "orders/api/orders-eager/"),
    "drf-line-validation": (
        sends("orders/api/lines/", lambda world: [{"book": book.pk, "quantity": 1} for book in world.books]),
        sends("orders/api/lines-by-key/", lambda world: [{"book": book.pk, "quantity": 1} for book in world.books]),
    ),
    "drf-key-per-row-validation": (
        sends("api/book-genres/{world.book.pk}/", lambda world: {"genres": world.genre_keys}, "patch"),
        sends("api/book-genre-keys/{world.book.pk}/", lambda world: {"genres": world.genre_keys}, "put"),
    ),
    "comment-target-lazy": pages("reviews/comments/", "reviews/comments-prefetched/"),
    "comment-target-publisher": pages("reviews/comment-houses/", "reviews/comment-houses-whole/"),
    "book-comments-generic": pages("reviews/discussed/", "reviews/discussed-prefetched/"),
    "badge-holders": pages("reviews/badges/", "reviews/badges-prefetched/"),
    "badge-holder-users": pages("reviews/badges/", "reviews/badges-prefetched/"),
    "render-to-string-book": pages("reviews/widget/", "reviews/widget-joined/"),
    "supplier-series": pages("stock/suppliers/", "stock/suppliers-prefetched/"),
    "supplier-contact": pages("stock/contacts/", "stock/contacts-joined/"),
    "movement-list": pages("stock/movement-objects/", "stock/movements/"),
    "warehouse-levels": pages("stock/levels/", "stock/levels-prefetched/"),
    "warehouse-levels-deep": pages("stock/levels/", "stock/levels-prefetched/"),
    "warehouse-level-books": pages("stock/levels-half-prefetched/", "stock/levels-prefetched/"),
    "campaign-book-publisher": pages("marketing/campaigns/", "marketing/campaigns-whole/"),
    "subscriber-email": pages("marketing/subscribers/", "marketing/subscribers-joined/"),
    "task-review-byline": (task(review_tasks.send_digest), task(review_tasks.send_digest_joined)),
    "task-shipment-customer": (task(order_tasks.send_tracking), task(order_tasks.send_tracking_joined)),
    "command-credit-line": (command("credit_list"), command("credit_list", prefetched=True)),
    "order-list-for-command": (command("order_report"), command("order_report", joined=True)),
    # The admin
    "admin-series-column": (behind("admin/catalog/book/"), behind("backoffice/catalog/book/")),
    "admin-series-str": (behind("admin/catalog/book/"), behind("backoffice/catalog/book/")),
    "admin-callable-credits": (behind("admin/catalog/book/"), behind("backoffice/catalog/book/")),
    "admin-dotted-column": (behind("admin/catalog/edition/"), behind("backoffice/catalog/edition/")),
    "admin-property-column": (behind("admin/catalog/genre/"), behind("backoffice/catalog/genre/")),
    "admin-callable-customer": (behind("admin/orders/order/"), behind("backoffice/orders/order/")),
    "admin-customer-str": (behind("admin/orders/order/"), behind("backoffice/orders/order/")),
    "admin-inline-select": (
        behind("admin/orders/order/{world.order.pk}/change/"),
        behind("backoffice/orders/order/{world.order.pk}/change/"),
    ),
    "admin-stock-level-str": (behind("admin/inventory/stocklevel/"), behind("backoffice/inventory/stocklevel/")),
    "admin-stock-level-warehouse": (behind("admin/inventory/stocklevel/"), behind("backoffice/inventory/stocklevel/")),
    "admin-audit-actor": (behind("admin/orders/auditentry/"), behind("admin/marketing/coupon/")),
    "admin-action-save": (
        lambda world: _admin_action(world, "admin"),
        lambda world: _admin_action(world, "backoffice"),
    ),
    # Loading late
    "only-then-subtitle": calls(lazy.blurbs, lazy.blurbs_whole),
    "defer-then-description": calls(lazy.abstracts, lazy.abstracts_whole),
    "only-replaced": calls(lazy.replaced_only, lazy.replaced_defer),
    "only-of-joined": calls(lazy.joined_columns, lazy.joined_columns_whole),
    "only-then-key": calls(lazy.house_keys, lazy.house_keys_whole),
    "only-before-prefetch": calls(lazy.prefetched_houses, lazy.prefetched_houses_whole),
    "prefetch-only-without-key": calls(lazy.page_counts, lazy.page_counts_whole),
    "manager-only-without-key": (
        lambda world: lazy.page_counts_of(world.book),
        lambda world: lazy.page_counts_of_whole(world.book),
    ),
    "audit-target-str": calls(lazy.targets, lazy.targets_prefetched),
    "async-get-in-loop": pages("async/houses/", "async/houses-at-once/"),
    # Reading and writing in loops
    "get-in-loop-isbn": (
        lambda world: queries.titles_of(world.isbns),
        lambda world: queries.titles_of_at_once(world.isbns),
    ),
    "invariant-in-loop": (
        lambda world: queries.tax_lines(world.orders),
        lambda world: queries.tax_lines_hoisted(world.orders),
    ),
    "get-or-create-genres": (
        lambda world: queries.tag_books(world.words),
        lambda world: queries.tag_books_at_once(world.words),
    ),
    "save-coupons": (
        lambda world: services.raise_discounts(world.big_campaign, 1),
        lambda world: services.raise_discounts_at_once(world.big_campaign, 1),
    ),
    "save-numbered-coupons": (
        lambda world: services.number_coupons_one_by_one(world.coupons),
        lambda world: services.number_coupons(world.coupons),
    ),
    "create-movements": (
        lambda world: services.receive(world.warehouse, world.books),
        lambda world: services.receive_at_once(world.warehouse, world.books),
    ),
    "delete-wishes": (
        lambda world: services.forget_wishes(world.wisher),
        lambda world: services.forget_wishes_at_once(world.wisher),
    ),
    "add-featured": (
        lambda world: services.feature(world.campaign, world.books),
        lambda world: services.feature_at_once(world.campaign, world.books),
    ),
    "wishlist-get-or-create": (
        lambda world: services.wish(world.wisher, world.books),
        lambda world: services.stock(world.book, world.warehouse),
    ),
    "full-clean-rows": (
        lambda world: services.check(world.rows),
        lambda world: services.check_at_once(world.rows),
    ),
    "update-levels": (
        lambda world: services.reserve(world.book, 1),
        lambda world: services.release(world.book),
    ),
}


def _admin_action(world, site):
    data = {"action": "halve", "_selected_action": [coupon.pk for coupon in world.coupons]}
    return page(f"/{site}/marketing/coupon/", "post", data, staff=world.staff)


# The defect sends more statements than its twin, however many rows there are.
EXTRA = {
    "exists-then-loop": calls(queries.bargain_titles_twice, queries.bargain_titles),
    "count-then-loop": calls(queries.counted_titles, queries.titles_then_count),
    "evaluated-twice-hardcovers": calls(queries.two_lists, queries.two_lists_of_one),
    "duplicate-publisher-get": (
        lambda world: queries.house_summary(world.publisher.slug),
        lambda world: queries.house_summary_once(world.publisher.slug),
    ),
    "list-in-filter-country": (
        lambda world: queries.books_of_country("PT"),
        lambda world: queries.books_of_country_by_subquery("PT"),
    ),
    "harmful-only-detail": (
        lambda world: lazy.book_for_page(world.book.pk),
        lambda world: lazy.book_for_list(world.book.pk),
    ),
    "queryset-in-log": (
        lambda world: logged(lazy.find_logged, "Book"),
        lambda world: logged(lazy.find_logged_briefly, "Book"),
    ),
    "unused-prefetch-genres": calls(lazy.prefetched_for_nothing, lazy.prefetched_and_read),
    "query-at-import": (lambda world: _import_choices(), lambda world: _import_forms()),
    "count-pagination-events": pages("orders/events/page/", "orders/events/after/"),
}


def _import_choices():
    return importlib.reload(importlib.import_module("catalog.navigation_choices"))


def _import_forms():
    return importlib.reload(importlib.import_module("catalog.forms"))


# Some statement of the defect matches the pattern, no statement of its twin does.
SHAPE = {
    "len-active-books": (
        lambda world: queries.active_total(),
        lambda world: Book.objects.filter(is_active=True).count(),
        r'"description".*WHERE "catalog_book"."is_active" ORDER',
    ),
    "bool-bargains": (
        lambda world: queries.has_bargains(),
        lambda world: Book.objects.filter(price__lt=5).exists(),
        r'"description".*"price" < 5',
    ),
    "index-cheapest": (*calls(queries.cheapest, queries.cheapest_limited), r'ORDER BY "catalog_book"."price" ASC$'),
    "python-filter-active": (*calls(queries.active_isbns, queries.sea_stories), r'FROM "catalog_book" ORDER'),
    "python-sum-turnover": (*calls(queries.turnover, queries.turnover_by_database), r'SELECT "orders_orderline"."id"'),
    "all-then-slice": (*calls(queries.ten_authors, queries.ten_authors_limited), r'FROM "catalog_author"$'),
    "random-surprise": (
        lambda world: queries.surprise(),
        lambda world: queries.surprise_by_key(lambda keys: keys[:3]),
        r"RANDOM\(\)",
    ),
    "needless-order-set": (*calls(queries.house_names, queries.house_total), "ORDER BY"),
    "distinct-praised": (*calls(queries.praised, queries.praised_by_exists), "SELECT DISTINCT"),
    "multi-count-figures": (*calls(queries.figures, queries.figures_of_one_relation), r"JOIN .* JOIN"),
    "not-in-home-publisher": (
        *calls(queries.homeless_publishers, queries.publishers_without_books),
        r"NOT \(.*home_publisher_id",
    ),
    "exclude-panned": (*calls(queries.not_panned, queries.not_panned_by_exists), r"NOT \(EXISTS.* AND EXISTS|NOT \(.* AND .*EXISTS"),
    "or-across-find": (lambda world: queries.find("97"), lambda world: queries.find_by_union("97"), r"DISTINCT.* OR "),
    "function-placed-date": (
        lambda world: queries.orders_of_day(date(2026, 5, 4)),
        lambda world: queries.orders_of_day_by_range(NOW, NOW),
        r"::date =",
    ),
    "function-published-month": (
        lambda world: queries.books_of_month(3),
        lambda world: queries.books_of_year(2020),
        r"EXTRACT\(MONTH",
    ),
    "cast-view-count": (
        lambda world: queries.popular(3),
        lambda world: queries.popular_by_integer(3),
        r"::numeric",
    ),
    "expression-email-iexact": (
        lambda world: queries.account("c1@example.org"),
        lambda world: queries.account_exactly("c1@example.org"),
        r"= UPPER\(",
    ),
    "covering-line-quantity": (
        lambda world: queries.copies_sold(1),
        lambda world: queries.lines_of(world.order),
        r'^SELECT "orders_orderline"\."quantity"',
    ),
    "wildcard-subtitle": (lambda world: queries.search("cc"), lambda world: queries.search_prefix("cc"), r"LIKE '%"),
    "wildcard-keywords": (
        lambda world: queries.search_keyword("sea"),
        lambda world: queries.search_prefix("sea"),
        r"LIKE '%,sea,%'",
    ),
    "leading-wildcard-title": (*pages("search/?title=Book", "search-joined/?title=Book"), r"LIKE UPPER\('%Book%'\)"),
    "union-disjoint": (*calls(queries.shelf_labels, queries.shelf_labels_all), r"UNION (?!ALL)"),
    "wide-lock-reserve": (
        lambda world: services.reserve(world.book, 1),
        lambda world: services.reserve_narrowly(world.book, 1),
        r"FOR UPDATE$",
    ),
    "needless-join-count": (*calls(lazy.total_by_genre, lazy.total_by_genre_key), r'JOIN "catalog_genre"'),
    "needless-join-select-related": (
        at("award-years/"),
        lambda world: lazy.of_publisher(world.publisher.pk),
        r"JOIN",
    ),
    "bare-select-related": (*pages("series-all-relations/", "series-named-relation/"), r'JOIN "catalog_publisher"'),
    "wide-column-hot-path": (*calls(lazy.defer_on_hot_path, lazy.defer_on_hot_path_done), r'"sample_chapter"'),
    "unused-columns-list": (*calls(lazy.defer_on_hot_path, lazy.defer_on_hot_path_done), r'"keywords"'),
    "values-authors": (*calls(lazy.titles_as_objects, lazy.titles_as_values), r'"biography"'),
    "join-shared-publisher": (*calls(lazy.shared_wide_join, lazy.shared_wide_prefetch), r"JOIN"),
    "unbounded-events": (*pages("orders/events/", "orders/events/recent/"), r'FROM "orders_orderevent" ORDER BY "orders_orderevent"."id" ASC$'),
    "offset-lines": (*pages("orders/lines/page/?page=2", "orders/events/after/?after=1"), r"OFFSET"),
    "page-views-all-partitions": (
        *pages("marketing/views/{world.book.pk}/", "marketing/views-since/{world.book.pk}/?since=2026-01-01"),
        r'"book_id" = \d+\)?$',
    ),
    "matview-sales-by-month": (
        lambda world: queries.sales_by_month(),
        lambda world: queries.sales_of(world.order.number),
        r"GROUP BY .*EXTRACT\(MONTH|EXTRACT\(MONTH.*GROUP BY",
    ),
    "eav-self-join": (
        lambda world: queries.sized("blue", "big"),
        lambda world: queries.shipped_to("City 0"),
        r"catalog_bookattribute.* JOIN .*catalog_bookattribute",
    ),
    "json-key-book-facts": (
        lambda world: queries.blue_books(),
        lambda world: queries.with_facts(world.book.isbn),
        r'"facts" ->',
    ),
}
