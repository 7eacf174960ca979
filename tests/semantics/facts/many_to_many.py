"""Many-to-many managers, with and without a model of one's own in between."""

from django.db.models import Prefetch

from project.library.models import Book, Placement, Shelf, Tag


def fact_m2m_all():
    """The plain case.

    queries: 6
    verdict: n-plus-one tags
    """
    return [[tag.label for tag in book.tags.all()] for book in Book.objects.all()]  # here


def fact_m2m_all_prefetched():
    """The plain case, mended.

    queries: 2
    verdict: none
    """
    return [[tag.label for tag in book.tags.all()] for book in Book.objects.prefetch_related("tags")]


def fact_m2m_backwards():
    """The other direction, three tags.

    queries: 4
    verdict: n-plus-one books
    """
    return [[book.title for book in tag.books.all()] for tag in Tag.objects.all()]  # here


def fact_m2m_backwards_prefetched():
    """The other direction, mended.

    queries: 2
    verdict: none
    """
    return [[book.title for book in tag.books.all()] for tag in Tag.objects.prefetch_related("books")]


def fact_m2m_count():
    """Counts the rows of the table in between.

    queries: 6
    verdict: aggregate-in-loop tags
    """
    return [book.tags.count() for book in Book.objects.all()]  # here


def fact_m2m_count_prefetched():
    """Counts the cache.

    queries: 2
    verdict: none
    """
    return [book.tags.count() for book in Book.objects.prefetch_related("tags")]


def fact_m2m_exists():
    """Looks into the table in between.

    queries: 6
    verdict: aggregate-in-loop tags
    """
    return [book.tags.exists() for book in Book.objects.all()]  # here


def fact_m2m_exists_prefetched():
    """Asks the cache.

    queries: 2
    verdict: none
    """
    return [book.tags.exists() for book in Book.objects.prefetch_related("tags")]


def fact_m2m_contains_prefetched():
    """Asks the cache.

    queries: 3
    verdict: none
    """
    tag = Tag.objects.get(pk=1)
    return [book.tags.contains(tag) for book in Book.objects.prefetch_related("tags")]


def fact_m2m_in_prefetched():
    """Membership of the list.

    queries: 3
    verdict: none
    """
    tag = Tag.objects.get(pk=1)
    return [tag in book.tags.all() for book in Book.objects.prefetch_related("tags")]


def fact_m2m_first_prefetched_unordered():
    """Unordered, first() is a query.

    queries: 7
    verdict: defeated-prefetch tags
    """
    return [book.tags.first().label for book in Book.objects.prefetch_related("tags")]  # here


def fact_m2m_filter_prefetched():
    """filter() is a query.

    queries: 7
    verdict: defeated-prefetch tags
    """
    books = Book.objects.prefetch_related("tags")
    return [[tag.label for tag in book.tags.filter(label="tag 1")] for book in books]  # here


def fact_m2m_filter_exists_prefetched():
    """An exists() behind a filter does not help.

    queries: 7
    verdict: defeated-prefetch tags
    """
    books = Book.objects.prefetch_related("tags")
    return [book.tags.filter(label="tag 1").exists() for book in books]  # here


def fact_m2m_values_list_prefetched():
    """values_list() is a query.

    queries: 7
    verdict: defeated-prefetch tags
    """
    books = Book.objects.prefetch_related("tags")
    return [list(book.tags.values_list("label", flat=True)) for book in books]  # here


def fact_m2m_filtered_in_its_prefetch():
    """The condition belongs in the prefetch.

    queries: 2
    verdict: none
    """
    second = Prefetch("tags", queryset=Tag.objects.filter(label="tag 1"), to_attr="second_tags")
    return [[tag.label for tag in book.second_tags] for book in Book.objects.prefetch_related(second)]


def fact_m2m_add_drops_the_cache():
    """Writing through the manager drops what was prefetched.

    queries: 13
    verdict: add-in-loop tags
    verdict: defeated-prefetch tags
    """
    tag = Tag.objects.create(label="new")
    counts = []
    for book in Book.objects.prefetch_related("tags"):
        book.tags.add(tag)  # here: add-in-loop
        counts.append(len(book.tags.all()))  # here: defeated-prefetch
    return counts


def fact_m2m_through_model():
    """A relation through a model of one's own behaves the same.

    queries: 6
    verdict: n-plus-one shelves
    """
    return [[shelf.name for shelf in book.shelves.all()] for book in Book.objects.all()]  # here


def fact_m2m_through_model_prefetched():
    """And is prefetched the same.

    queries: 2
    verdict: none
    """
    return [[shelf.name for shelf in book.shelves.all()] for book in Book.objects.prefetch_related("shelves")]


def fact_through_rows_reach_the_far_side():
    """From the rows in between the far side is a foreign key.

    queries: 7
    verdict: n-plus-one placements__book
    """
    titles = []
    for shelf in Shelf.objects.prefetch_related("placements"):
        for placement in shelf.placements.all():
            titles.append((placement.position, placement.book.title))  # here
    return titles


def fact_through_rows_joined():
    """The join belongs inside the prefetch.

    queries: 2
    verdict: none
    """
    placements = Prefetch("placements", queryset=Placement.objects.select_related("book"))
    titles = []
    for shelf in Shelf.objects.prefetch_related(placements):
        for placement in shelf.placements.all():
            titles.append((placement.position, placement.book.title))
    return titles


def fact_fk_behind_prefetched_m2m():
    """A prefetched relation does not load the keys of its rows.

    queries: 7
    verdict: n-plus-one books__author
    """
    names = []
    for shelf in Shelf.objects.prefetch_related("books"):
        for book in shelf.books.all():
            names.append(book.author.name)  # here
    return names


def fact_fk_behind_prefetched_m2m_covered():
    """A longer path does.

    queries: 3
    verdict: none
    """
    return [book.author.name for shelf in Shelf.objects.prefetch_related("books__author") for book in shelf.books.all()]
