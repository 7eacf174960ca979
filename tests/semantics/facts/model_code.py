"""Loads that hide in the models' own code, in managers and in helpers."""

from django.db.models import prefetch_related_objects

from project.library.models import Author, Book, BookProxy, Report


def fact_property_reads_fk():
    """A property looks like a column and is a hop.

    queries: 6
    verdict: n-plus-one author
    """
    return [book.author_name for book in Book.objects.all()]


def fact_property_reads_fk_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return [book.author_name for book in Book.objects.select_related("author")]


def fact_property_through_fk():
    """A property of the joined row may go further.

    queries: 6
    verdict: n-plus-one author__pub
    """
    return [book.author.pub_name for book in Book.objects.select_related("author")]


def fact_cached_property_in_loop():
    """A cached property is cached for each instance, which does not help a loop.

    queries: 6
    verdict: aggregate-in-loop chaps
    """
    return [book.chapter_total + book.chapter_total for book in Book.objects.all()]


def fact_cached_property_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return [book.chapter_total for book in Book.objects.prefetch_related("chaps")]


def fact_cached_property_of_one_row():
    """One row: asked twice, queried once.

    queries: 2
    verdict: none
    """
    book = Book.objects.get(pk=1)
    return book.chapter_total + book.chapter_total


def fact_method_reads_m2m():
    """A method reads a relation.

    queries: 6
    verdict: n-plus-one tags
    """
    return [book.tag_labels() for book in Book.objects.all()]


def fact_method_reads_m2m_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return [book.tag_labels() for book in Book.objects.prefetch_related("tags")]


def fact_method_defeats_prefetch():
    """A method that asks for values goes past the prefetched rows.

    queries: 7
    verdict: defeated-prefetch chaps
    """
    return [book.chapter_numbers() for book in Book.objects.prefetch_related("chaps")]


def fact_queryset_method_joins():
    """A method of the custom queryset adds the join.

    queries: 1
    verdict: none
    """
    return [book.author.name for book in Book.objects.with_author()]


def fact_queryset_method_joins_in_a_chain():
    """Wherever it stands in the chain.

    queries: 1
    verdict: none
    """
    return [book.author.name for book in Book.objects.filter(pk__gt=0).with_author().order_by("title")]


def fact_queryset_method_counts():
    """Another annotates.

    queries: 1
    verdict: none
    """
    return [book.chapter_count for book in Book.objects.with_chapter_count()]


def fact_queryset_method_defers():
    """A third leaves columns out.

    queries: 6
    verdict: deferred-field-load summary
    """
    return [book.summary for book in Book.objects.only_titles()]  # here


def fact_manager_joins_always():
    """A manager that joins in get_queryset().

    queries: 1
    verdict: none
    """
    return [book.author.name for book in Book.eager.all()]


def fact_manager_joins_and_still_one_short():
    """It joins no more than it says.

    queries: 3
    verdict: n-plus-one editor
    """
    return [book.editor.name for book in Book.eager.filter(pk__gt=0) if book.editor]  # here


def fact_related_manager_is_the_default_one():
    """A related manager is built on the default manager, which joins nothing here.

    queries: 7
    grows: no
    verdict: n-plus-one editor
    """
    author = Author.objects.get(pk=1)
    Book.objects.update(author=author)
    Book.objects.update(editor=2)
    names = []
    for book in author.books.all()[:3]:
        names.append(book.editor.name)  # here
    return names


def fact_proxy_method_reads_fk():
    """A proxy has the relations of its model.

    queries: 6
    verdict: n-plus-one author
    """
    return [book.by_line() for book in BookProxy.objects.all()]


def fact_proxy_method_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return [book.by_line() for book in BookProxy.objects.select_related("author")]


def fact_abstract_base_method():
    """The method and the key come from an abstract base.

    queries: 6
    verdict: n-plus-one created_by
    """
    return [report.creator_name() for report in Report.objects.all()]


def fact_abstract_base_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return [report.creator_name() for report in Report.objects.select_related("created_by")]


def fact_abstract_base_names_the_way_back():
    """`%(class)s` in a related name is the name of the concrete class.

    queries: 6
    verdict: n-plus-one report_created
    """
    return [[report.subject for report in author.report_created.all()] for author in Author.objects.all()]  # here


def name_of(book):
    return book.author.name  # here: fact_helper_reads_fk


def names_of(books):
    return [entry.author.name for entry in books]  # here: fact_helper_iterates_its_argument


def books_for_reading():
    return Book.objects.filter(title__startswith="book")


def books_with_authors():
    return books_for_reading().select_related("author")


def fact_helper_reads_fk():
    """A helper that is called once a row.

    queries: 6
    verdict: n-plus-one author
    """
    return [name_of(book) for book in Book.objects.all()]


def fact_helper_reads_fk_joined():
    """The caller decides.

    queries: 1
    verdict: none
    """
    return [name_of(book) for book in Book.objects.select_related("author")]


def fact_helper_called_by_map():
    """Calling through map() is calling.

    queries: 6
    verdict: n-plus-one author
    at: fact_helper_reads_fk
    """
    return list(map(name_of, Book.objects.all()))


def fact_helper_iterates_its_argument():
    """A helper that holds the loop.

    queries: 6
    verdict: n-plus-one author
    """
    return names_of(Book.objects.all())


def fact_helper_iterates_joined_argument():
    """The twin.

    queries: 1
    verdict: none
    """
    return names_of(Book.objects.select_related("author"))


def fact_helper_gives_a_lazy_queryset():
    """A helper that makes the queryset.

    queries: 6
    verdict: n-plus-one author
    code: facts/model_code.py books_for_reading
    """
    return [book.author.name for book in books_for_reading()]  # here


def fact_helper_gives_a_joined_queryset():
    """A helper that adds to what another made.

    queries: 1
    verdict: none
    """
    return [book.author.name for book in books_with_authors()]


def fact_helper_result_is_narrowed():
    """The caller adds what the helper left out.

    queries: 1
    verdict: none
    """
    return [book.author.name for book in books_for_reading().select_related("author")]


def fact_rows_prefetched_later():
    """Rows loaded here, relations loaded there, before the loop.

    queries: 2
    verdict: none
    """
    books = list(books_for_reading())
    prefetch_related_objects(books, "author")
    return [book.author.name for book in books]


def fact_join_on_one_branch_only():
    """What one branch joins the other does not.

    queries: 6
    verdict: n-plus-one author
    """
    books = Book.objects.all()
    if books.db == "replica":
        books = books.select_related("author")
    return [book.author.name for book in books]  # here


def fact_join_result_thrown_away():
    """Querysets are not changed in place.

    queries: 6
    verdict: n-plus-one author
    """
    books = Book.objects.all()
    books.select_related("author")
    return [book.author.name for book in books]  # here
