"""When a queryset is run, and when it is run again."""

import logging
import pickle

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import StreamingHttpResponse

from project.library.models import Author, Book, Chapter, Note

logger = logging.getLogger(__name__)


def fact_length_then_rows():
    """len() loads the rows that the loop then uses: count() would add a query.

    queries: 1
    verdict: none
    silent: len-for-count
    """
    books = Book.objects.all()
    if len(books) > 3:
        return [book.title for book in books]
    return []


def fact_count_then_rows():
    """The rewrite that tools like to apply to it. Rows that are loaded only sometimes make it merely possible, so nothing is claimed.

    queries: 2
    verdict: none
    """
    books = Book.objects.all()
    if books.count() > 3:
        return [book.title for book in books]
    return []


def fact_length_alone():
    """Loads every row for a number.

    queries: 1
    verdict: len-for-count
    """
    return len(Book.objects.all())  # here


def fact_count_alone():
    """The twin.

    queries: 1
    verdict: none
    """
    return Book.objects.count()


def fact_truth_then_rows():
    """The truth test loads the rows that the loop then uses: exists() would add a query.

    queries: 1
    verdict: none
    silent: bool-for-exists
    """
    books = Book.objects.all()
    if books:
        return [book.title for book in books]
    return []


def fact_exists_then_rows():
    """The rewrite that tools like to apply to it.

    queries: 2
    verdict: exists-then-iterate
    """
    books = Book.objects.all()
    if books.exists():  # here
        return [book.title for book in books]
    return []


def fact_truth_alone():
    """Loads every row for a yes or no.

    queries: 1
    verdict: bool-for-exists
    """
    if Book.objects.filter(title="book 1"):  # here
        return "yes"
    return "no"


def fact_exists_alone():
    """The twin.

    queries: 1
    verdict: none
    """
    return "yes" if Book.objects.filter(title="book 1").exists() else "no"


def fact_rows_then_questions():
    """Count, existence, index and slice of an evaluated queryset read its cache.

    queries: 1
    verdict: none
    """
    books = Book.objects.all()
    titles = [book.title for book in books]
    return titles, books.count(), books.exists(), books[0], books[:2]


def fact_rows_then_first_unordered():
    """first() has to sort an unordered queryset, so it asks again.

    queries: 2
    verdict: evaluated-twice
    """
    books = Book.objects.all()
    titles = [book.title for book in books]
    return titles, books.first()  # here


def fact_rows_then_first_ordered():
    """Of an ordered one it takes the first row at hand.

    queries: 1
    verdict: none
    silent: evaluated-twice
    """
    notes = Note.objects.all()
    positions = [note.position for note in notes]
    return positions, notes.first()


def fact_rows_then_last():
    """last() turns the order round and asks again.

    queries: 2
    verdict: evaluated-twice
    """
    notes = Note.objects.all()
    positions = [note.position for note in notes]
    return positions, notes.last()  # here


def fact_rows_then_latest():
    """So does latest().

    queries: 2
    verdict: evaluated-twice
    """
    notes = Note.objects.all()
    positions = [note.position for note in notes]
    return positions, notes.latest("position")  # here


def fact_all_of_an_evaluated_queryset():
    """all() gives a copy without the rows.

    queries: 2
    verdict: evaluated-twice
    """
    books = Book.objects.all()
    titles = [book.title for book in books]
    return titles + [book.summary for book in books.all()]  # here


def fact_loop_twice():
    """The same queryset twice is one query.

    queries: 1
    verdict: none
    silent: evaluated-twice
    """
    books = Book.objects.all()
    return [book.title for book in books] + [book.summary for book in books]


def fact_same_query_written_twice():
    """Two querysets that are alike are two queries.

    queries: 2
    verdict: duplicate-query
    """
    titles = [book.title for book in Book.objects.all()]
    return titles + [book.summary for book in Book.objects.all()]  # here


def fact_indexes_of_an_unevaluated_queryset():
    """Each index is a query.

    queries: 2
    verdict: evaluated-twice
    """
    books = Book.objects.order_by("pk")
    return books[0].title, books[1].title  # here


def fact_indexes_of_a_list():
    """The twin.

    queries: 1
    verdict: none
    """
    first, second = Book.objects.order_by("pk")[:2]
    return first.title, second.title


def fact_slice_then_loop():
    """A slice is a queryset of its own.

    queries: 2
    verdict: evaluated-twice
    """
    books = Book.objects.order_by("pk")
    return [book.title for book in books[:2]] + [book.title for book in books]  # here


def fact_in_loads_every_row():
    """`in` loads all rows to look for one.

    queries: 2
    verdict: none
    """
    book = Book.objects.get(pk=1)
    return book in Book.objects.all()


def fact_contains_asks_for_one():
    """contains() asks for that one.

    queries: 2
    verdict: none
    """
    book = Book.objects.get(pk=1)
    return Book.objects.contains(book)


def fact_queryset_as_subquery():
    """A queryset in a lookup becomes a subquery.

    queries: 1
    verdict: none
    silent: list-in-filter
    """
    return list(Book.objects.filter(author__in=Author.objects.filter(name__startswith="a")))


def fact_list_in_lookup():
    """A list is loaded first and sent back.

    queries: 2
    verdict: list-in-filter
    """
    return list(Book.objects.filter(author__in=list(Author.objects.filter(name__startswith="a"))))  # here


def fact_evaluated_queryset_as_subquery():
    """Even when its rows are at hand a queryset is sent as a subquery.

    queries: 2
    verdict: none
    """
    authors = Author.objects.filter(name__startswith="a")
    names = [author.name for author in authors]
    return names, list(Book.objects.filter(author__in=authors))


def fact_log_evaluates():
    """Formatting a queryset runs it.

    queries: 1
    verdict: queryset-in-log-or-repr
    """
    books = Book.objects.all()
    logger.error("books: %s", books)  # here


def fact_log_below_its_level():
    """A message that is not written is not formatted.

    queries: 0
    verdict: open
    """
    logger.debug("books: %s", Book.objects.all())


def fact_pickle_evaluates():
    """Pickling a queryset loads its rows into the pickle.

    queries: 1
    verdict: none
    """
    return pickle.dumps(Book.objects.all())


def fact_pickled_query():
    """Pickling its query does not.

    queries: 0
    verdict: none
    """
    return pickle.dumps(Book.objects.all().query)


def fact_repr_and_then_rows():
    """repr() fetches a sample of its own, and the loop asks again.

    queries: 2
    verdict: queryset-in-log-or-repr
    """
    books = Book.objects.all()
    text = repr(books)  # here
    return text, [book.title for book in books]


def fact_assert_evaluates():
    """A truth test in an assertion loads the rows.

    queries: 1
    verdict: bool-for-exists
    """
    assert Book.objects.filter(title="book 1")  # here


def fact_queryset_that_nobody_runs():
    """A queryset that is not used runs nothing.

    queries: 0
    verdict: unused-queryset
    """
    Book.objects.filter(title="book 1")  # here


def fact_page():
    """A page is a count and a slice.

    queries: 2
    verdict: none
    """
    page = Paginator(Book.objects.order_by("pk"), 2).page(1)
    return [book.title for book in page]


def fact_page_twice():
    """The second loop over a page is free.

    queries: 2
    verdict: none
    """
    page = Paginator(Book.objects.order_by("pk"), 2).page(1)
    return [book.title for book in page] + [book.summary for book in page]


def fact_page_is_a_loop():
    """The rows of a page are rows.

    queries: 4
    grows: no
    verdict: n-plus-one author
    """
    page = Paginator(Book.objects.order_by("pk"), 2).page(1)
    return [book.author.name for book in page]  # here


def fact_two_counts_multiply():
    """Two joins to many multiply each other: 3 chapters and 3 tags count as 9.

    queries: 1
    verdict: multi-aggregate-join
    """
    books = list(Book.objects.annotate(chapters=Count("chaps"), labels=Count("tags")))  # here
    assert (books[0].chapters, books[0].labels) == (9, 9)
    return books


def fact_two_distinct_counts():
    """Distinct they are right.

    queries: 1
    verdict: none
    silent: multi-aggregate-join
    """
    books = list(Book.objects.annotate(chapters=Count("chaps", distinct=True), labels=Count("tags", distinct=True)))
    assert (books[0].chapters, books[0].labels) == (3, 3)
    return books


def fact_get_per_key():
    """One query per key of a literal: a cost that is short and known, so nothing is claimed.

    queries: 3
    verdict: none
    """
    return [Book.objects.get(pk=key).title for key in (1, 2, 3)]


def fact_in_bulk_for_keys():
    """The twin.

    queries: 1
    verdict: none
    """
    books = Book.objects.in_bulk([1, 2, 3])
    return [books[key].title for key in (1, 2, 3)]


def fact_query_per_row():
    """A query keyed by the row of another.

    queries: 6
    verdict: query-in-loop
    """
    numbers = []
    for book in Book.objects.all():
        numbers.append(list(Chapter.objects.filter(book=book)))  # here
    return numbers


def fact_query_that_does_not_depend_on_the_row():
    """The same query each time.

    queries: 6
    verdict: query-in-loop
    """
    shares = []
    for book in Book.objects.all():
        shares.append((book.title, Author.objects.count()))  # here
    return shares


def fact_query_before_the_loop():
    """The twin.

    queries: 2
    verdict: none
    """
    total = Author.objects.count()
    return [(book.title, total) for book in Book.objects.all()]


def fact_iterable_of_the_loop_runs_once():
    """What stands in the head of a loop runs once.

    queries: 1
    verdict: none
    """
    titles = []
    for book in Book.objects.filter(title__startswith="book").order_by("title"):
        titles.append(book.title)
    return titles


def fact_query_in_a_loop_that_ends_at_once():
    """A loop that leaves after its first turn is none.

    queries: 2
    verdict: none
    """
    for book in Book.objects.order_by("pk"):
        return Chapter.objects.filter(book=book).count()


def fact_batches_of_a_stream():
    """iterator() with a chunk size prefetches per chunk: 5 rows by 2 are 3 prefetches.

    queries: 4
    grows: yes
    verdict: none
    """
    books = Book.objects.prefetch_related("chaps").iterator(chunk_size=2)
    return [[chapter.number for chapter in book.chaps.all()] for book in books]


def fact_stream_without_chunk_size():
    """Without one the prefetch is refused; before 5.0 it was dropped with a warning.

    queries: 0
    queries[<5.0]: 6
    raises[5.0+]: ValueError
    verdict: none
    verdict[<5.0]: n-plus-one chaps
    """
    books = Book.objects.prefetch_related("chaps").iterator()
    return [[chapter.number for chapter in book.chaps.all()] for book in books]  # here


def fact_stream_is_lazy_too():
    """A stream of rows is a loop like any other.

    queries: 6
    verdict: n-plus-one author
    """
    return [book.author.name for book in Book.objects.iterator()]  # here


def fact_stream_keeps_joins():
    """And keeps its joins.

    queries: 1
    verdict: none
    """
    return [book.author.name for book in Book.objects.select_related("author").iterator()]


def fact_generator_runs_when_used():
    """A generator expression loads while it is consumed.

    queries: 6
    verdict: n-plus-one author
    """
    names = (book.author.name for book in Book.objects.all())  # here
    return ", ".join(names)


def author_lines():
    for book in Book.objects.all():
        yield book.author.name  # here: fact_streamed_response


def fact_streamed_response():
    """A streamed response runs its generator after the view has returned.

    queries: 6
    verdict: n-plus-one author
    code: facts/evaluation.py author_lines
    """
    return b"".join(StreamingHttpResponse(author_lines()))


def fact_generator_that_nobody_reads():
    """And not at all if nobody reads it.

    queries: 0
    verdict: none
    """
    return author_lines()
