"""Change lists and change forms of the admin. A change list alone is three queries: rows, count, and full count."""

from django.contrib.auth.models import User
from django.test import RequestFactory

from project.library import admin, admin_dotted
from project.library.models import Author, Book


def fact_admin_fk_column():
    """A key that may not be NULL is joined by itself, but its text names a publisher.

    queries: 8
    verdict: n-plus-one author__pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py AuthorColumnAdmin
    """
    return change_list(admin.author_column)


def fact_admin_fk_column_covered():
    """The twin.

    queries: 3
    verdict: none
    code: project/library/admin.py AuthorColumnCoveredAdmin
    """
    return change_list(admin.author_column_covered)


def fact_admin_nullable_fk_column():
    """A key that may be NULL is not, before 6.1: two editors, and their publishers.

    queries: 7
    queries[6.1+]: 5
    verdict: n-plus-one editor__pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py EditorColumnAdmin
    """
    return change_list(admin.editor_column)


def fact_admin_method_beside_fk_column():
    """Before 6.1 any key among the columns joins all that may not be NULL; from then on it joins itself alone.

    queries: 7
    queries[6.1+]: 10
    verdict[<6.1]: n-plus-one editor__pub
    verdict[6.1+]: n-plus-one editor__pub
    verdict[6.1+]: n-plus-one author
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py MethodBesideKeyAdmin
    """
    return change_list(admin.method_beside_key)


def fact_admin_key_column():
    """The column of the key costs nothing.

    queries: 3
    verdict: none
    code: project/library/admin.py KeyColumnAdmin
    """
    return change_list(admin.key_column)


def fact_admin_dotted_column():
    """A path is not seen to need a join.

    since: 5.1
    queries: 8
    verdict: n-plus-one author
    code: project/library/admin_dotted.py DottedColumnAdmin
    """
    return change_list(admin_dotted.dotted_column)


def fact_admin_dotted_column_joined():
    """The twin.

    since: 5.1
    queries: 3
    verdict: none
    code: project/library/admin_dotted.py DottedColumnJoinedAdmin
    """
    return change_list(admin_dotted.dotted_column_joined)


def fact_admin_callable_column():
    """A callable may read anything.

    queries: 8
    verdict: n-plus-one author
    code: project/library/admin.py CallableColumnAdmin
    """
    return change_list(admin.callable_column)


def fact_admin_callable_column_joined():
    """`list_select_related = True` joins every key that may not be NULL.

    queries: 3
    verdict: none
    code: project/library/admin.py CallableColumnJoinedAdmin
    """
    return change_list(admin.callable_column_joined)


def fact_admin_method_column():
    """A method of the admin class, whatever it is ordered by.

    queries: 8
    verdict: n-plus-one author
    code: project/library/admin.py MethodColumnAdmin
    """
    return change_list(admin.method_column)


def fact_admin_method_column_joined():
    """The twin, by an attribute.

    queries: 3
    verdict: none
    code: project/library/admin.py MethodColumnJoinedAdmin
    """
    return change_list(admin.method_column_joined)


def fact_admin_method_column_joined_by_queryset():
    """The twin, by get_queryset().

    queries: 3
    verdict: none
    code: project/library/admin.py QuerysetJoinedAdmin
    """
    return change_list(admin.queryset_joined)


def fact_admin_bare_select_related():
    """Nor does `True` follow the publisher, which may be NULL.

    queries: 8
    verdict: n-plus-one author__pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py EverythingJoinedAdmin
    """
    return change_list(admin.everything_joined)


def fact_admin_tuple_that_omits():
    """A list of one's own takes the place of the join that would have come by itself.

    queries: 13
    verdict: n-plus-one author__pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py TupleThatOmitsAdmin
    """
    return change_list(admin.tuple_that_omits)


def fact_admin_related_filter():
    """A filter by a relation lists all authors, and their text names a publisher each.

    queries: 9
    verdict: n-plus-one pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py RelatedFilterAdmin
    """
    return change_list(admin.related_filter)


def fact_admin_without_full_count():
    """One count can be turned off.

    queries: 2
    verdict: none
    code: project/library/admin.py NoFullCountAdmin
    """
    return change_list(admin.no_full_count)


def fact_admin_m2m_column():
    """A many-to-many relation in a column.

    queries: 8
    verdict: n-plus-one tags
    code: project/library/admin.py M2MColumnAdmin
    """
    return change_list(admin.m2m_column)


def fact_admin_m2m_column_prefetched():
    """The twin.

    queries: 4
    verdict: none
    code: project/library/admin.py M2MColumnPrefetchedAdmin
    """
    return change_list(admin.m2m_column_prefetched)


def fact_admin_editable_fk_column():
    """An editable column is a choice of all authors in each row.

    queries: 33
    verdict: query-in-loop
    verdict: n-plus-one pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py EditableAuthorAdmin
    """
    return change_list(admin.editable_author)


def fact_admin_inline_one_row():
    """An inline with a choice: the row and the hidden empty form list all authors each.

    queries: 15
    verdict: query-in-loop
    verdict: n-plus-one pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py BookInline
    """
    return change_form(admin.inline_select)


def fact_admin_inline_five_rows():
    """Five rows list them five times.

    queries: 40
    verdict: query-in-loop
    verdict: n-plus-one pub
    at: fact_str_of_fk_follows_another_fk
    code: project/library/admin.py BookInline
    """
    Book.objects.update(author=1)
    return change_form(admin.inline_select)


def fact_admin_inline_five_rows_joined():
    """The texts covered, the list itself is still one query a row.

    queries: 10
    verdict: open
    code: project/library/admin.py JoinedChoicesInline
    """
    Book.objects.update(author=1)
    return change_form(admin.inline_joined)


def fact_admin_inline_five_rows_raw_id():
    """A raw key shows the text of the one row that is chosen.

    queries: 8
    verdict: open
    code: project/library/admin.py RawBookInline
    """
    Book.objects.update(author=1)
    return change_form(admin.inline_raw_id)


def change_list(site):
    return show(site._registry[Book].changelist_view)


def change_form(site):
    return show(site._registry[Author].change_view, "1")


def show(view, *arguments):
    request = RequestFactory().get("/")
    request.user = User(pk=1, username="root", is_active=True, is_staff=True, is_superuser=True)
    return view(request, *arguments).render().content
