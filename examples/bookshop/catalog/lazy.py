"""Columns left out, and relations that are loaded late."""

import logging

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Prefetch
from django.http import JsonResponse
from orders.models import AuditEntry
from reviews.models import Comment

from .models import Author, Book, Edition, Publisher

logger = logging.getLogger(__name__)
PAGE = 50


# only() and defer() --------------------------------------------------------


def blurbs():
    books = Book.objects.only("title")[:PAGE]  # planted: only-then-subtitle queryset
    return [f"{book.title}: {book.subtitle}" for book in books]  # planted: only-then-subtitle access


def blurbs_whole():
    books = Book.objects.only("title", "subtitle")[:PAGE]  # twin: only-then-subtitle
    return [f"{book.title}: {book.subtitle}" for book in books]


def abstracts():
    books = Book.objects.defer("description", "sample_chapter")[:PAGE]  # planted: defer-then-description queryset
    return [book.description[:80] for book in books]  # planted: defer-then-description access


def abstracts_whole():
    books = Book.objects.defer("sample_chapter")[:PAGE]  # twin: defer-then-description
    return [book.description[:80] for book in books]


def replaced_only():
    """The second only() replaces the first."""
    books = Book.objects.only("title").only("isbn")[:PAGE]  # planted: only-replaced queryset
    return [f"{book.isbn} {book.title}" for book in books]  # planted: only-replaced access


def replaced_defer():
    """defer() adds to what was deferred before."""
    books = Book.objects.defer("description").defer("sample_chapter")[:PAGE]  # twin: only-replaced
    return [f"{book.isbn} {book.title}" for book in books]


def joined_columns():
    books = Book.objects.select_related("publisher").only("title", "publisher__name")[:PAGE]  # planted: only-of-joined queryset
    return [f"{book.title}, {book.publisher.about}" for book in books]  # planted: only-of-joined access


def joined_columns_whole():
    books = Book.objects.select_related("publisher").only("title", "publisher__name")[:PAGE]  # twin: only-of-joined
    return [f"{book.title}, {book.publisher.name}" for book in books]


def house_keys():
    """The key column itself was left out."""
    books = Book.objects.only("title")[:PAGE]  # planted: only-then-key queryset
    return [(book.title, book.publisher_id) for book in books]  # planted: only-then-key access


def house_keys_whole():
    books = Book.objects.only("title", "publisher")[:PAGE]  # twin: only-then-key
    return [(book.title, book.publisher_id) for book in books]


def prefetched_houses():
    """The prefetch reads the key that only() left out, book by book."""
    books = Book.objects.only("title").prefetch_related("publisher")[:PAGE]  # planted: only-before-prefetch
    return [f"{book.title}, {book.publisher.name}" for book in books]


def prefetched_houses_whole():
    books = Book.objects.only("title", "publisher").prefetch_related("publisher")[:PAGE]  # twin: only-before-prefetch
    return [f"{book.title}, {book.publisher.name}" for book in books]


def page_counts():
    """To hand out the editions, the prefetch needs their key to the book."""
    pages = Prefetch("editions", queryset=Edition.objects.only("pages"))  # planted: prefetch-only-without-key
    books = Book.objects.prefetch_related(pages)[:PAGE]
    return [sum(edition.pages for edition in book.editions.all()) for book in books]


def page_counts_whole():
    pages = Prefetch("editions", queryset=Edition.objects.only("pages", "book"))  # twin: prefetch-only-without-key
    books = Book.objects.prefetch_related(pages)[:PAGE]
    return [sum(edition.pages for edition in book.editions.all()) for book in books]


def page_counts_of(book):
    """The same on a related manager: it sets the known book on each edition, and reads its key to do so."""
    return [edition.pages for edition in book.editions.only("pages")]  # planted: manager-only-without-key


def page_counts_of_whole(book):
    return [edition.pages for edition in book.editions.only("pages", "book")]  # twin: manager-only-without-key


def book_for_page(pk):
    """One row, read twice: the detail page shows what only() left out."""
    book = Book.objects.only("title", "price").get(pk=pk)  # planted: harmful-only-detail
    return {"title": book.title, "price": book.price, "description": book.description}


def book_for_list(pk):
    book = Book.objects.only("title", "price").get(pk=pk)  # twin: harmful-only-detail
    return {"title": book.title, "price": book.price}


def defer_on_hot_path():
    """The sample chapter is the widest column of the shop; the list shows titles."""
    return [(str(book), book.price) for book in Book.objects.filter(is_active=True)[:PAGE]]  # planted: wide-column-hot-path # planted: unused-columns-list


def defer_on_hot_path_done():
    books = Book.objects.filter(is_active=True).only("title", "price")[:PAGE]  # twin: wide-column-hot-path # twin: unused-columns-list
    return [(str(book), book.price) for book in books]


def titles_as_objects():
    """Built only to be taken apart."""
    return [{"id": author.id, "name": author.name} for author in Author.objects.all()[:PAGE]]  # planted: values-authors


def titles_as_values():
    return list(Author.objects.values("id", "name")[:PAGE])  # twin: values-authors


# What is joined and what is read -------------------------------------------


def prefetched_for_nothing():
    books = Book.objects.prefetch_related("genres", "authors")[:PAGE]  # planted: unused-prefetch-genres
    return [", ".join(author.name for author in book.authors.all()) for book in books]


def prefetched_and_read():
    books = Book.objects.prefetch_related("genres")[:PAGE]  # twin: unused-prefetch-genres
    return [[genre.slug for genre in book.genres.all()] for book in books]


def shared_wide_join():
    """A handful of publishers with long texts, repeated in every row of the join."""
    books = Book.objects.select_related("publisher").order_by("pk")[:1000]  # planted: join-shared-publisher
    return [(book.title, book.publisher.about[:20]) for book in books]


def shared_wide_prefetch():
    books = Book.objects.prefetch_related("publisher").order_by("pk")[:1000]  # twin: join-shared-publisher
    return [(book.title, book.publisher.about[:20]) for book in books]


def total_by_genre():
    """Counts the far table's rows, though the table between has one row for each."""
    from django.db.models import Count

    return list(Book.objects.annotate(total=Count("genres__slug")).values_list("isbn", "total")[:PAGE])  # planted: needless-join-count


def total_by_genre_key():
    from django.db.models import Count

    return list(Book.objects.annotate(total=Count("genres")).values_list("isbn", "total")[:PAGE])  # twin: needless-join-count


def of_publisher(pk):
    """publisher__id is publisher_id to Django: no join."""
    return list(Book.objects.filter(publisher__id=pk).order_by("pk").values_list("isbn", flat=True))  # twin: needless-join-select-related


# Generic foreign keys ------------------------------------------------------


def targets():
    return [str(entry.target) for entry in AuditEntry.objects.order_by("pk")[:PAGE]]  # planted: audit-target-str queryset # planted: audit-target-str access


def targets_prefetched():
    return [str(entry.target) for entry in AuditEntry.objects.prefetch_related("target").order_by("pk")[:PAGE]]  # twin: audit-target-str


# Querysets that nobody reads, or that the log reads ------------------------


def publish(keys):
    books = list(Book.objects.filter(pk__in=keys))  # planted: unused-list
    Book.objects.filter(pk__in=keys).update(is_active=True)


def publish_and_name(keys):
    books = list(Book.objects.filter(pk__in=keys))  # twin: unused-list
    Book.objects.filter(pk__in=keys).update(is_active=True)
    return [book.title for book in books]


def retire(year):
    """filter() returns a new queryset; this one is thrown away."""
    books = Book.objects.filter(is_active=True)
    books.filter(published_on__year=year)  # planted: dropped-filter
    return books.count()


def retire_chained(year):
    books = Book.objects.filter(is_active=True)
    books = books.filter(published_on__year=year)  # twin: dropped-filter
    return books.count()


def find_logged(word):
    books = Book.objects.filter(title__startswith=word)
    logger.warning("found %s", books)  # planted: queryset-in-log
    return [book.isbn for book in books]


def find_logged_briefly(word):
    books = list(Book.objects.filter(title__startswith=word))
    logger.warning("found %d books", len(books))  # twin: queryset-in-log
    return [book.isbn for book in books]


# Asynchronous views --------------------------------------------------------


@transaction.non_atomic_requests
async def async_shelf(request):
    """A lazy relation in an async view is not slow, it is an error."""
    rows = []
    async for book in Book.objects.order_by("pk")[:PAGE]:  # planted: async-lazy-publisher queryset
        rows.append([book.title, book.publisher.name])  # planted: async-lazy-publisher access
    return JsonResponse({"books": rows})


@transaction.non_atomic_requests
async def async_shelf_joined(request):
    rows = []
    async for book in Book.objects.select_related("publisher").order_by("pk")[:PAGE]:  # twin: async-lazy-publisher
        rows.append([book.title, book.publisher.name])
    return JsonResponse({"books": rows})


@transaction.non_atomic_requests
async def async_houses(request):
    """aget in a loop is the old N+1 in new clothes."""
    rows = []
    async for book in Book.objects.order_by("pk")[:PAGE]:
        publisher = await Publisher.objects.aget(pk=book.publisher_id)  # planted: async-get-in-loop
        rows.append([book.title, publisher.name])
    return JsonResponse({"books": rows})


@transaction.non_atomic_requests
async def async_houses_at_once(request):
    books = [book async for book in Book.objects.order_by("pk")[:PAGE]]
    publishers = await Publisher.objects.ain_bulk({book.publisher_id for book in books})  # twin: async-get-in-loop
    return JsonResponse({"books": [[book.title, publishers[book.publisher_id].name] for book in books]})


@transaction.non_atomic_requests
async def async_comments(request):
    """A synchronous helper on its own thread may load lazily."""
    texts = await sync_to_async(_comment_texts)()
    return JsonResponse({"comments": texts})


def _comment_texts():
    return list(Comment.objects.order_by("pk").values_list("text", flat=True)[:PAGE])
