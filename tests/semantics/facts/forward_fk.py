"""Reading a foreign key from the side that holds it."""

import itertools

from django.core import serializers
from django.db.models import F
from django.forms.models import model_to_dict

from project.library.models import Author, Book, Category, Loan


def fact_fk_column_is_free():
    """The raw key is a column of the row itself.

    queries: 1
    verdict: none
    """
    return [book.author_id for book in Book.objects.all()]


def fact_fk_pk_costs():
    """The hop over the relation costs, even for nothing but the key.

    queries: 6
    verdict: n-plus-one author
    """
    keys = []
    for book in Book.objects.all():
        keys.append(book.author.pk)  # here
    return keys


def fact_fk_id_costs():
    """`author.id` is no better than `author.pk`.

    queries: 6
    verdict: n-plus-one author
    """
    return [book.author.id for book in Book.objects.all()]  # here


def fact_fk_attribute():
    """The plain case.

    queries: 6
    verdict: n-plus-one author
    """
    names = []
    for book in Book.objects.all():
        names.append(book.author.name)  # here
    return names


def fact_fk_attribute_joined():
    """The plain case, mended by a join.

    queries: 1
    verdict: none
    """
    names = []
    for book in Book.objects.select_related("author"):
        names.append(book.author.name)
    return names


def fact_fk_attribute_prefetched():
    """The plain case, mended by a second query.

    queries: 2
    verdict: none
    """
    return [book.author.name for book in Book.objects.prefetch_related("author")]


def fact_nullable_fk_costs_per_value():
    """NULL needs no query: two of five books have an editor.

    queries: 3
    verdict: n-plus-one editor
    """
    names = []
    for book in Book.objects.all():
        if book.editor:  # here
            names.append(book.editor.name)
    return names


def fact_nullable_fk_filtered_to_null():
    """A filter that leaves rows without a target leaves nothing to fetch.

    queries: 1
    verdict: none
    """
    return [book.editor and book.editor.name for book in Book.objects.filter(editor__isnull=True)]


def fact_nullable_fk_excluded_to_null():
    """The same, said the other way round.

    queries: 1
    verdict: none
    """
    return [book.editor and book.editor.name for book in Book.objects.exclude(editor__isnull=False)]


def fact_nullable_fk_null_or_else():
    """An OR brings back rows that have a target.

    queries: 3
    verdict: n-plus-one editor
    """
    rows = Book.objects.filter(editor=None) | Book.objects.filter(pk__gt=0)
    return [book.editor and book.editor.name for book in rows]  # here


def fact_nullable_fk_tested_by_column():
    """The same question asked of the column.

    queries: 1
    verdict: none
    """
    return [book.title for book in Book.objects.all() if book.editor_id]


def fact_nullable_fk_tested_by_column_then_read():
    """The test of the column does not make the read behind it free.

    queries: 3
    verdict: n-plus-one editor
    """
    names = []
    for book in Book.objects.all():
        if book.editor_id is not None:
            names.append(book.editor.name)  # here
    return names


def fact_nullable_fk_joined():
    """A nullable key that is named is joined.

    queries: 1
    verdict: none
    """
    return [book.editor.name for book in Book.objects.select_related("editor") if book.editor]


def fact_same_target_still_costs():
    """There is no identity map: one author for all books, and yet one query a book.

    queries: 7
    verdict: n-plus-one author
    """
    Book.objects.update(author=1)
    return [book.author.name for book in Book.objects.all()]  # here


def fact_same_target_prefetched():
    """A prefetch asks for each distinct key once.

    queries: 3
    verdict: none
    """
    Book.objects.update(author=1)
    return [book.author.name for book in Book.objects.prefetch_related("author")]


def fact_second_access_is_cached():
    """Once read, the related row stays with its instance.

    queries: 6
    verdict: n-plus-one author
    """
    lines = []
    for book in Book.objects.all():
        lines.append(book.author.name)  # here
        lines.append(book.author.bio)
    return lines


def fact_two_hops():
    """Each hop has its query.

    queries: 11
    verdict: n-plus-one author__pub
    """
    return [book.author.pub.name for book in Book.objects.all()]  # here


def fact_two_hops_one_joined():
    """The join of the first hop leaves the second.

    queries: 6
    verdict: n-plus-one author__pub
    """
    return [book.author.pub.name for book in Book.objects.select_related("author")]  # here


def fact_two_hops_both_joined():
    """Naming the longest path joins every hop of it.

    queries: 1
    verdict: none
    """
    return [book.author.pub.name for book in Book.objects.select_related("author__pub")]


def fact_two_hops_prefetched():
    """A prefetch of the longest path loads every hop of it.

    queries: 3
    verdict: none
    """
    return [book.author.pub.name for book in Book.objects.prefetch_related("author__pub")]


def fact_two_hops_last_column_is_free():
    """The key of the last hop is a column of the joined row.

    queries: 1
    verdict: none
    """
    return [book.author.pub_id for book in Book.objects.select_related("author")]


def fact_assigned_key_drops_the_cached_row():
    """A new key invalidates the joined row, which is then read again.

    queries: 6
    verdict: n-plus-one author
    """
    names = []
    for book in Book.objects.select_related("author"):
        book.author_id = 6 - book.author_id if book.author_id != 3 else 1
        names.append(book.author.name)  # here
    return names


def fact_save_keeps_the_cached_row():
    """Saving does not forget what was loaded: ten statements are five updates of one row each, and the join.

    queries: 6
    verdict: save-in-loop
    """
    names = []
    for book in Book.objects.select_related("author"):
        book.title = book.title.upper()
        book.save()  # here
        names.append(book.author.name)
    return names


def fact_refresh_drops_the_cached_row():
    """Refreshing costs a query a row, and the relation is then loaded again.

    queries: 11
    verdict: n-plus-one author
    verdict: query-in-loop
    """
    names = []
    for book in Book.objects.select_related("author"):
        book.refresh_from_db()  # here: query-in-loop
        names.append(book.author.name)  # here: n-plus-one
    return names


def fact_bare_select_related_skips_nullable():
    """Without arguments only the keys that may not be NULL are followed.

    queries: 3
    verdict: n-plus-one editor
    verdict: select-related-without-arguments
    """
    names = []
    for book in Book.objects.select_related():  # here: select-related-without-arguments
        if book.editor:  # here: n-plus-one
            names.append(book.editor.name)
    return names


def fact_bare_select_related_joins_non_null():
    """The key that may not be NULL is joined: where that is all that is read, nothing is lost.

    queries: 1
    verdict: none
    """
    names = []
    for book in Book.objects.select_related():
        names.append(book.author.name)
    return names


def fact_bare_select_related_on_nullable_only():
    """A model whose only key may be NULL gets no join at all.

    queries: 6
    verdict: n-plus-one pub
    verdict: select-related-without-arguments
    """
    names = []
    for author in Author.objects.select_related():  # here: select-related-without-arguments
        names.append(author.pub.name)  # here: n-plus-one
    return names


def fact_select_related_accumulates():
    """A second call adds to the first.

    queries: 1
    verdict: none
    """
    books = Book.objects.select_related("author").select_related("editor")
    return [(book.author.name, book.editor and book.editor.name) for book in books]


def fact_select_related_none_clears():
    """`None` takes every join back.

    queries: 6
    verdict: n-plus-one author
    """
    books = Book.objects.select_related("author").select_related(None)
    return [book.author.name for book in books]  # here


def fact_prefetch_related_none_clears():
    """`None` takes every prefetch back.

    queries: 6
    verdict: n-plus-one author
    """
    books = Book.objects.prefetch_related("author").prefetch_related(None)
    return [book.author.name for book in books]  # here


def fact_select_related_reverse_fk_fails():
    """A reverse foreign key has many rows and cannot be joined.

    queries: 0
    raises: FieldError
    verdict: none
    """
    return list(Book.objects.select_related("chaps"))


def fact_select_related_m2m_fails():
    """Neither can a many-to-many relation.

    queries: 0
    raises: FieldError
    verdict: none
    """
    return list(Book.objects.select_related("tags"))


def fact_join_gives_one_instance_per_row():
    """Rows that share an author get an author each.

    queries: 2
    verdict: none
    """
    Book.objects.update(author=1)
    books = list(Book.objects.select_related("author"))
    assert books[0].author is not books[1].author
    return books


def fact_prefetch_shares_the_instance():
    """Rows that share an author get the same instance.

    queries: 3
    verdict: none
    """
    Book.objects.update(author=1)
    books = list(Book.objects.prefetch_related("author"))
    assert books[0].author is books[1].author
    return books


def fact_raw_is_lazy():
    """Instances of a raw query load their relations one by one.

    queries: 6
    verdict: n-plus-one author
    """
    names = []
    for book in Book.objects.raw("SELECT id, title, summary, author_id, editor_id FROM library_book"):
        names.append(book.author.name)  # here
    return names


def fact_raw_prefetched():
    """A raw query can be prefetched for.

    queries: 2
    verdict: none
    """
    books = Book.objects.raw("SELECT * FROM library_book").prefetch_related("author")
    return [book.author.name for book in books]


def fact_raw_omitted_column():
    """A column that the raw statement leaves out is deferred.

    queries: 6
    verdict: deferred-field-load title
    """
    titles = []
    for book in Book.objects.raw("SELECT id, author_id FROM library_book"):
        titles.append(book.title)  # here
    return titles


def fact_related_row_as_key_of_a_dict():
    """Using the row as a key reads it.

    queries: 6
    verdict: n-plus-one author
    """
    return {book.author: book for book in Book.objects.all()}  # here


def fact_related_row_compared():
    """Comparing two related rows reads both.

    queries: 3
    verdict: none
    """
    first, second = Book.objects.all()[:2]
    return first.author == second.author


def fact_related_row_compared_with_each():
    """Comparing in a loop reads one row a turn.

    queries: 7
    verdict: n-plus-one author
    """
    wanted = Author.objects.get(pk=1)
    return [book for book in Book.objects.all() if book.author == wanted]  # here


def fact_sort_key_reads_fk():
    """The key function runs once a row.

    queries: 6
    verdict: n-plus-one author
    """
    return sorted(Book.objects.all(), key=lambda book: book.author.name)  # here


def fact_groupby_key_reads_fk():
    """So does the key function of groupby.

    queries: 6
    verdict: n-plus-one author
    """
    groups = itertools.groupby(Book.objects.all(), key=lambda book: book.author.name)  # here
    return [(name, list(books)) for name, books in groups]


def fact_filter_built_in_reads_fk():
    """So does the predicate of filter().

    queries: 6
    verdict: n-plus-one author
    """
    return list(filter(lambda book: book.author.name > "b", Book.objects.all()))  # here


def fact_any_reads_until_true():
    """any() stops at the first hit, here the first row.

    queries: 2
    verdict: open
    """
    return any(book.author.name for book in Book.objects.all())


def fact_str_of_fk_follows_another_fk():
    """Printing an author reads its publisher.

    queries: 11
    verdict: n-plus-one author__pub
    """
    return [str(book.author) for book in Book.objects.all()]


def fact_str_of_fk_covered():
    """Printing an author, with everything that this reads.

    queries: 1
    verdict: none
    """
    return [f"{book.author}" for book in Book.objects.select_related("author__pub")]


def fact_annotation_instead_of_hop():
    """An annotated column needs no instance.

    queries: 1
    verdict: none
    """
    return [book.author_title for book in Book.objects.annotate(author_title=F("author__name"))]


def fact_filter_on_fk_loads_nothing():
    """A join for a condition does not load the related row.

    queries: 6
    verdict: n-plus-one author
    """
    books = Book.objects.filter(author__name__startswith="author")
    return [book.author.name for book in books]  # here


def fact_model_to_dict_reads_m2m():
    """model_to_dict() reads every many-to-many relation of the row.

    queries: 6
    verdict: n-plus-one tags
    """
    return [model_to_dict(book) for book in Book.objects.all()]  # here


def fact_model_to_dict_prefetched():
    """Prefetched, it reads from the cache.

    queries: 2
    verdict: none
    """
    return [model_to_dict(book) for book in Book.objects.prefetch_related("tags")]


def fact_model_to_dict_own_fields():
    """Limited to columns it costs nothing.

    queries: 1
    verdict: none
    """
    return [model_to_dict(book, fields=["title", "author"]) for book in Book.objects.all()]


def fact_core_serializer_reads_m2m():
    """So does the serializer of fixtures.

    queries: 6
    verdict: n-plus-one tags
    """
    return serializers.serialize("json", Book.objects.all())  # here


def fact_self_fk_walks_to_the_root():
    """A chain of five: 0+1+2+3+4 hops, and no join is deep enough for a recursion.

    queries: 11
    verdict: n-plus-one parent
    """
    return [category.full_name() for category in Category.objects.all()]


def fact_self_fk_one_hop():
    """One hop on a relation of the model with itself; the root has no parent.

    queries: 5
    verdict: n-plus-one parent
    """
    names = []
    for category in Category.objects.all():
        if category.parent:  # here
            names.append(category.parent.name)
    return names


def fact_self_fk_one_hop_joined():
    """One hop, joined.

    queries: 1
    verdict: none
    """
    return [category.parent.name for category in Category.objects.select_related("parent") if category.parent]


def fact_hidden_reverse_name_is_a_plain_fk():
    """`related_name='+'` hides only the way back.

    queries: 6
    verdict: n-plus-one book
    """
    return [loan.book.title for loan in Loan.objects.all()]  # here


def fact_while_loop_over_a_list():
    """A loop need not be a `for`.

    queries: 6
    verdict: n-plus-one author
    """
    books = list(Book.objects.all())
    names = []
    while books:
        book = books.pop()
        names.append(book.author.name)  # here
    return names


def fact_enumerate_and_zip_keep_the_rows():
    """Wrapped iteration is still iteration.

    queries: 6
    verdict: n-plus-one author
    """
    return [(n, book.author.name) for n, book in enumerate(Book.objects.all())]  # here


def fact_single_row_is_no_loop():
    """One row, one hop.

    queries: 2
    verdict: none
    """
    book = Book.objects.get(pk=1)
    return book.author.name


def fact_one_row_of_slice_is_no_loop():
    """An index gives one row.

    queries: 2
    verdict: none
    """
    book = Book.objects.order_by("pk")[0]
    return book.author.name


def fact_loop_over_one_column():
    """A flat list of values has no relations to read.

    queries: 1
    verdict: none
    """
    return [title.upper() for title in Book.objects.values_list("title", flat=True)]


def fact_union_of_querysets_loses_the_right_prefetch():
    """The pipe keeps the prefetches of its left side alone.

    queries: 6
    verdict: n-plus-one author
    """
    books = Book.objects.filter(pk__lte=3) | Book.objects.filter(pk__gt=3).prefetch_related("author")
    return [book.author.name for book in books]  # here


def fact_union_of_querysets_keeps_the_left_prefetch():
    """A prefetch on the left side serves the whole.

    queries: 2
    verdict: none
    """
    books = Book.objects.filter(pk__lte=3).prefetch_related("author") | Book.objects.filter(pk__gt=3)
    return [book.author.name for book in books]


def fact_prefetch_after_union_fails():
    """After union() nothing may be prefetched.

    queries: 0
    raises: NotSupportedError
    verdict: none
    """
    books = Book.objects.filter(pk=1).union(Book.objects.filter(pk=2))
    return list(books.prefetch_related("author"))


def fact_union_is_lazy():
    """Rows of a union load their relations one by one.

    queries: 3
    grows: no
    verdict: n-plus-one author
    """
    books = Book.objects.filter(pk=1).union(Book.objects.filter(pk=2))
    return [book.author.name for book in books]  # here


def fact_chained_lists_stay_lazy():
    """chain() keeps the rows of both sides.

    queries: 7
    verdict: n-plus-one author
    """
    books = itertools.chain(Book.objects.filter(pk__lte=3), Book.objects.filter(pk__gt=3))
    return [book.author.name for book in books]  # here
