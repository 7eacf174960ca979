"""Fetch modes, which change what a lazy load loads.

since: 6.1
"""

from django.db import models
from django.db.models.fetch_modes import FetchMode

from project.library.models import Author, Book, Comment, Tag


def fact_peers_load_fk_together():
    """The first hop loads the row for all peers.

    queries: 2
    verdict: none
    """
    return [book.author.name for book in Book.objects.fetch_mode(models.FETCH_PEERS)]


def fact_peers_load_each_hop_together():
    """The mode is passed on to what it loads.

    queries: 3
    verdict: none
    """
    return [book.author.pub.name for book in Book.objects.fetch_mode(models.FETCH_PEERS)]


def fact_peers_load_deferred_columns_together():
    """So do deferred columns.

    queries: 2
    verdict: none
    """
    return [book.summary for book in Book.objects.only("title").fetch_mode(models.FETCH_PEERS)]


def fact_peers_load_o2o_backwards_together():
    """So does a one-to-one relation backwards.

    queries: 2
    verdict: none
    """
    return [hasattr(author, "profile") for author in Author.objects.fetch_mode(models.FETCH_PEERS)]


def fact_peers_load_generic_fk_together():
    """So does a generic foreign key.

    queries: 2
    verdict: none
    """
    return [comment.target.title for comment in Comment.objects.fetch_mode(models.FETCH_PEERS)]


def fact_peers_do_not_share_reverse_fk():
    """Managers are not covered.

    queries: 6
    verdict: n-plus-one chaps
    """
    books = Book.objects.fetch_mode(models.FETCH_PEERS)
    return [[chapter.number for chapter in book.chaps.all()] for book in books]  # here


def fact_peers_do_not_share_m2m():
    """Neither many-to-many.

    queries: 6
    verdict: n-plus-one tags
    """
    books = Book.objects.fetch_mode(models.FETCH_PEERS)
    return [[tag.label for tag in book.tags.all()] for book in books]  # here


def fact_rows_of_a_manager_inherit_the_mode():
    """But the rows that a manager returns are peers: three tags, a list of books each, the authors of each list.

    queries: 7
    verdict: n-plus-one books
    """
    names = []
    for tag in Tag.objects.fetch_mode(models.FETCH_PEERS):
        for book in tag.books.all():  # here
            names.append(book.author.name)
    return names


def fact_peers_of_a_stream():
    """A stream keeps each row alone: nobody is left to load with.

    queries: 6
    verdict: n-plus-one author
    """
    books = Book.objects.fetch_mode(models.FETCH_PEERS).iterator(chunk_size=1)
    return [book.author.name for book in books]  # here


def fact_one_is_the_default_mode():
    """FETCH_ONE is what always was.

    queries: 6
    verdict: n-plus-one author
    """
    return [book.author.name for book in Book.objects.fetch_mode(models.FETCH_ONE)]  # here


def fact_raise_refuses_to_load():
    """The strict mode makes a lazy load an error.

    queries: 1
    raises: FieldFetchBlocked
    verdict: none
    """
    return [book.author.name for book in Book.objects.fetch_mode(models.FETCH_RAISE)]


def fact_raise_does_not_mind_a_join():
    """What is joined is not loaded lazily.

    queries: 1
    verdict: none
    """
    books = Book.objects.select_related("author").fetch_mode(models.FETCH_RAISE)
    return [book.author.name for book in books]


class CountingMode(FetchMode):
    """Loads one by one, as the default does, and counts."""

    count = 0

    def fetch(self, fetcher, instance):
        self.count += 1
        fetcher.fetch_one(instance)


def fact_mode_of_ones_own():
    """A mode of one's own sees each lazy load.

    queries: 6
    verdict: n-plus-one author
    """
    mode = CountingMode()
    names = []
    for book in Book.objects.fetch_mode(mode):
        names.append(book.author.name)  # here
    assert mode.count == 5
    return names


def fact_manager_chooses_the_mode():
    """A manager may choose the mode for all its rows.

    queries: 2
    verdict: none
    """
    return [book.author.name for book in Book.sharing.all()]
