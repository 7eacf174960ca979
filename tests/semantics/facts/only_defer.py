"""What only(), defer(), values() and values_list() leave out, and what that costs later."""

from django.db.models import Prefetch

from project.library.models import Book, Chapter, Note


def fact_only_then_its_columns():
    """The case that only() is for.

    queries: 1
    verdict: none
    """
    return [book.title for book in Book.objects.only("title")]


def fact_only_then_another_column():
    """A column that was left out costs a query a row.

    queries: 6
    verdict: deferred-field-load summary
    """
    return [book.summary for book in Book.objects.only("title")]  # here


def fact_only_keeps_the_primary_key():
    """The primary key is never left out.

    queries: 1
    verdict: none
    """
    return [(book.pk, book.id) for book in Book.objects.only("title")]


def fact_defer_then_the_column():
    """Deferred and read: a query a row.

    queries: 6
    verdict: deferred-field-load summary
    """
    return [book.summary for book in Book.objects.defer("summary")]  # here


def fact_defer_then_the_others():
    """Deferred and not read.

    queries: 1
    verdict: none
    """
    return [book.title for book in Book.objects.defer("summary")]


def fact_two_deferred_columns():
    """Each deferred column has a query of its own; the two are told together.

    queries: 11
    verdict: deferred-field-load title
    """
    rows = []
    for book in Book.objects.only("author"):
        rows.append((book.title, book.summary))  # here
    return rows


def fact_second_only_replaces_the_first():
    """only() after only() replaces it.

    queries: 6
    verdict: deferred-field-load title
    """
    return [book.title for book in Book.objects.only("title").only("summary")]  # here


def fact_second_defer_adds_to_the_first():
    """defer() after defer() adds to it.

    queries: 6
    verdict: deferred-field-load summary
    """
    return [book.summary for book in Book.objects.defer("summary").defer("title")]  # here


def fact_defer_none_clears():
    """`None` defers nothing any more.

    queries: 1
    verdict: none
    """
    return [book.summary for book in Book.objects.defer("summary").defer(None)]


def fact_defer_after_only_takes_away():
    """defer() takes a name out of only().

    queries: 6
    verdict: deferred-field-load summary
    """
    return [book.summary for book in Book.objects.only("title", "summary").defer("summary")]  # here


def fact_only_defers_the_fk_column():
    """A foreign key that only() does not name is deferred: even its column costs.

    queries: 6
    verdict: deferred-field-load author
    """
    return [book.author_id for book in Book.objects.only("title")]  # here


def fact_only_with_the_fk_column():
    """Named, its column is there.

    queries: 1
    verdict: none
    """
    return [book.author_id for book in Book.objects.only("title", "author")]


def fact_only_defers_the_fk_then_hop():
    """The hop then costs two: the key, and the row.

    queries: 11
    verdict: n-plus-one author
    verdict: deferred-field-load author
    """
    return [book.author.name for book in Book.objects.only("title")]  # here


def fact_select_related_without_its_key_fails():
    """A join over a deferred key is refused.

    queries: 0
    raises: FieldError
    verdict: none
    """
    return list(Book.objects.select_related("author").only("title"))


def fact_only_across_a_join():
    """Columns of the joined row can be chosen.

    queries: 1
    verdict: none
    """
    books = Book.objects.select_related("author").only("title", "author__name")
    return [(book.title, book.author.name) for book in books]


def fact_only_across_a_join_then_another_column():
    """And what was not chosen there is deferred there.

    queries: 6
    verdict: deferred-field-load author__bio
    """
    books = Book.objects.select_related("author").only("title", "author__name")
    return [(book.title, book.author.bio) for book in books]  # here


def fact_defer_across_a_join():
    """defer() reaches across a join too.

    queries: 6
    verdict: deferred-field-load author__bio
    """
    books = Book.objects.select_related("author").defer("author__bio")
    return [book.author.bio for book in books]  # here


def fact_prefetch_reads_the_deferred_key():
    """The prefetch needs the key of each row, and loads it row by row.

    queries: 7
    verdict: only-without-foreign-key author
    """
    books = Book.objects.only("title").prefetch_related("author")  # here
    return [book.author.name for book in books]


def fact_prefetch_with_the_key_loaded():
    """With the key among the columns it is one query.

    queries: 2
    verdict: none
    """
    books = Book.objects.only("title", "author").prefetch_related("author")
    return [book.author.name for book in books]


def fact_prefetched_children_without_their_key():
    """The prefetch sorts the children by a key that they do not have: one query per child.

    queries: 17
    verdict: only-without-foreign-key chaps
    """
    chapters = Prefetch("chaps", queryset=Chapter.objects.only("number"))  # here
    return [[c.number for c in book.chaps.all()] for book in Book.objects.prefetch_related(chapters)]


def fact_prefetched_children_with_their_key():
    """The twin.

    queries: 2
    verdict: none
    """
    chapters = Prefetch("chaps", queryset=Chapter.objects.only("number", "book"))
    return [[c.number for c in book.chaps.all()] for book in Book.objects.prefetch_related(chapters)]


def fact_prefetched_children_with_deferred_key():
    """defer() of the key does the same harm.

    queries: 17
    verdict: only-without-foreign-key chaps
    """
    chapters = Prefetch("chaps", queryset=Chapter.objects.defer("book"))  # here
    return [[c.number for c in book.chaps.all()] for book in Book.objects.prefetch_related(chapters)]


def fact_only_on_the_manager():
    """only() on the manager: before 6.1 each child reads its key while it is told its parent.

    queries: 21
    queries[6.1+]: 6
    verdict[<6.1]: n-plus-one chaps
    verdict[<6.1]: only-without-foreign-key chaps
    verdict[6.1+]: n-plus-one chaps
    """
    numbers = []
    for book in Book.objects.all():
        for chapter in book.chaps.only("number"):  # here
            numbers.append(chapter.number)
    return numbers


def fact_only_on_the_prefetched_manager():
    """On a prefetched manager the prefetch is wasted as well.

    queries: 22
    queries[6.1+]: 7
    verdict[<6.1]: defeated-prefetch chaps
    verdict[<6.1]: only-without-foreign-key chaps
    verdict[6.1+]: defeated-prefetch chaps
    """
    numbers = []
    for book in Book.objects.prefetch_related("chaps"):
        for chapter in book.chaps.only("number"):  # here
            numbers.append(chapter.number)
    return numbers


def fact_only_on_the_manager_of_one_parent():
    """One parent is enough: before 6.1 a query per child.

    queries: 5
    queries[6.1+]: 2
    grows: no
    verdict[<6.1]: only-without-foreign-key chaps
    verdict[6.1+]: none
    """
    book = Book.objects.get(pk=1)
    return [chapter.number for chapter in book.chaps.only("number")]  # here


def fact_only_on_the_manager_with_its_key():
    """The twin.

    queries: 2
    verdict: none
    """
    book = Book.objects.get(pk=1)
    return [chapter.number for chapter in book.chaps.only("number", "book")]


def fact_values_across_a_relation():
    """A column across a relation is a join, and there is no instance to be lazy.

    queries: 1
    verdict: none
    """
    return [row["author__name"] for row in Book.objects.values("title", "author__name")]


def fact_values_ignore_a_prefetch():
    """Dictionaries have no managers: the prefetch is not even run.

    queries: 1
    verdict: unused-eager-load chaps
    """
    return [row["title"] for row in Book.objects.prefetch_related("chaps").values("title")]  # here


def fact_values_list_ignores_a_join():
    """Tuples have no relations: the join is not made.

    queries: 1
    verdict: unused-eager-load author
    """
    return list(Book.objects.select_related("author").values_list("title", flat=True))  # here


def fact_select_related_after_values_fails():
    """The other way round it is refused.

    queries: 0
    raises: TypeError
    verdict: none
    """
    return list(Book.objects.values("title").select_related("author"))


def fact_only_after_values_fails():
    """So is only().

    queries: 0
    raises: TypeError
    verdict: none
    """
    return list(Book.objects.values("title").only("title"))


def fact_values_with_a_query_per_row():
    """Rows that are dictionaries can still drive a query each.

    queries: 6
    verdict: query-in-loop
    """
    counts = []
    for row in Book.objects.values("id"):
        counts.append(Chapter.objects.filter(book_id=row["id"]).count())  # here
    return counts


def fact_named_rows():
    """Named tuples behave as values() do.

    queries: 1
    verdict: none
    """
    return [row.author__name for row in Book.objects.values_list("title", "author__name", named=True)]


def fact_save_of_an_instance_with_deferred_columns():
    """Only what was loaded is written back: no read, one update a row.

    queries: 16
    verdict: save-in-loop
    """
    for note in Note.objects.only("position"):
        note.position = note.position + 1
        note.save()  # here


def fact_defer_on_a_single_row():
    """One row, one more query: no loop.

    queries: 2
    verdict: none
    """
    book = Book.objects.defer("summary").get(pk=1)
    return book.summary
