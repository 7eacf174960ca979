"""What templates read, and the views that render them."""

from django.contrib.auth.models import AnonymousUser, User
from django.template.loader import render_to_string
from django.test import RequestFactory

from project.library import views
from project.library.models import Author, Book, Shelf


def fact_template_author_pk():
    """The key of a related row, by way of the row.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/author_pk.html", {"books": Book.objects.all()})


def fact_template_author_pk_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/author_pk.html", {"books": Book.objects.select_related("author")})


def fact_template_author_id():
    """The column.

    queries: 1
    verdict: none
    """
    return render_to_string("library/author_id.html", {"books": Book.objects.all()})


def fact_template_author_name():
    """The plain case.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/author_name.html", {"books": Book.objects.all()})


def fact_template_author_name_joined():
    """The plain case, mended.

    queries: 1
    verdict: none
    """
    return render_to_string("library/author_name.html", {"books": Book.objects.select_related("author")})


def fact_template_author_name_of_a_list():
    """A list of rows is as lazy as a queryset.

    queries: 6
    verdict: n-plus-one author
    at: fact_template_author_name
    """
    return render_to_string("library/author_name.html", {"books": list(Book.objects.all())})


def fact_template_prints_fk():
    """The text of an author names its publisher.

    queries: 11
    verdict: n-plus-one author__pub
    """
    return render_to_string("library/author_text.html", {"books": Book.objects.all()})


def fact_template_prints_fk_half_covered():
    """One joined, one left.

    queries: 6
    verdict: n-plus-one author__pub
    at: fact_template_prints_fk
    at: fact_str_of_fk_follows_another_fk
    """
    return render_to_string("library/author_text.html", {"books": Book.objects.select_related("author")})


def fact_template_prints_fk_covered():
    """Both joined.

    queries: 1
    verdict: none
    """
    return render_to_string("library/author_text.html", {"books": Book.objects.select_related("author__pub")})


def fact_template_tests_nullable_fk():
    """A test of the relation loads it.

    queries: 3
    verdict: n-plus-one editor
    """
    return render_to_string("library/editor_if.html", {"books": Book.objects.all()})


def fact_template_tests_nullable_fk_joined():
    """The relation joined.

    queries: 1
    verdict: none
    """
    return render_to_string("library/editor_if.html", {"books": Book.objects.select_related("editor")})


def fact_template_tests_column():
    """A test of the column does not.

    queries: 1
    verdict: none
    """
    return render_to_string("library/editor_if_column.html", {"books": Book.objects.all()})


def fact_template_get_absolute_url():
    """Callables are called.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/absolute_url.html", {"books": Book.objects.all()})


def fact_template_get_absolute_url_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/absolute_url.html", {"books": Book.objects.select_related("author")})


def fact_template_chapters():
    """A loop in a loop; the way back is known.

    queries: 6
    verdict: n-plus-one chaps
    """
    return render_to_string("library/chapters.html", {"books": Book.objects.all()})


def fact_template_chapters_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return render_to_string("library/chapters.html", {"books": Book.objects.prefetch_related("chaps")})


def fact_template_count():
    """A count a row.

    queries: 6
    verdict: aggregate-in-loop chaps
    """
    return render_to_string("library/chapter_count.html", {"books": Book.objects.all()})


def fact_template_count_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return render_to_string("library/chapter_count.html", {"books": Book.objects.prefetch_related("chaps")})


def fact_template_length_of_related():
    """The length of all rows loads them.

    queries: 6
    verdict: n-plus-one chaps
    """
    return render_to_string("library/chapter_length.html", {"books": Book.objects.all()})


def fact_template_length_of_related_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return render_to_string("library/chapter_length.html", {"books": Book.objects.prefetch_related("chaps")})


def fact_template_first_unordered_prefetched():
    """first without an ordering is a query.

    queries: 7
    verdict: defeated-prefetch chaps
    """
    return render_to_string("library/first_chapter.html", {"books": Book.objects.prefetch_related("chaps")})


def fact_template_first_filter_prefetched():
    """The filter of that name takes the first of the cache.

    queries: 2
    verdict: none
    """
    return render_to_string("library/first_chapter_by_filter.html", {"books": Book.objects.prefetch_related("chaps")})


def fact_template_first_ordered_prefetched():
    """With an ordering first is in the cache.

    queries: 2
    verdict: none
    """
    return render_to_string("library/first_note.html", {"books": Book.objects.prefetch_related("notes")})


def fact_template_last_prefetched():
    """last never is.

    queries: 7
    verdict: defeated-prefetch notes
    """
    return render_to_string("library/last_note.html", {"books": Book.objects.prefetch_related("notes")})


def fact_template_exists_then_loop():
    """Asks, and then loads.

    queries: 2
    verdict: exists-then-iterate
    """
    return render_to_string("library/exists_then_for.html", {"books": Book.objects.all()})


def fact_template_truth_then_loop():
    """Loads once.

    queries: 1
    verdict: none
    """
    return render_to_string("library/if_then_for.html", {"books": Book.objects.all()})


def fact_template_count_then_loop():
    """Counts, and then loads.

    queries: 2
    verdict: count-then-iterate
    """
    return render_to_string("library/count_then_for.html", {"books": Book.objects.all()})


def fact_template_length_then_loop():
    """Loads once.

    queries: 1
    verdict: none
    """
    return render_to_string("library/length_then_for.html", {"books": Book.objects.all()})


def fact_template_first_then_loop():
    """The first row by itself, and then all.

    queries: 2
    verdict: evaluated-twice
    """
    return render_to_string("library/first_then_for.html", {"books": Book.objects.order_by("pk")})


def fact_template_loop_then_first():
    """All rows, the first among them.

    queries: 1
    verdict: none
    """
    return render_to_string("library/for_then_first.html", {"books": Book.objects.order_by("pk")})


def fact_template_slice_then_loop():
    """Two rows, and then all.

    queries: 2
    verdict: evaluated-twice
    """
    return render_to_string("library/slice_then_for.html", {"books": Book.objects.order_by("pk")})


def fact_template_test_then_slice():
    """The test loaded all rows, and the slice is cut out of them.

    queries: 1
    verdict: none
    """
    return render_to_string("library/if_then_slice.html", {"books": Book.objects.order_by("pk")})


def fact_template_indexes():
    """A query per index.

    queries: 2
    verdict: evaluated-twice
    """
    return render_to_string("library/indexes.html", {"books": Book.objects.order_by("pk")})


def fact_template_loop_with_empty():
    """The empty case needs no question of its own.

    queries: 1
    verdict: none
    """
    return render_to_string("library/for_empty.html", {"books": Book.objects.all()})


def fact_template_loop_twice():
    """The second loop reads the cache.

    queries: 1
    verdict: none
    """
    return render_to_string("library/for_twice.html", {"books": Book.objects.all()})


def fact_template_include():
    """An include in a loop.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/include.html", {"books": Book.objects.all()})


def fact_template_include_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/include.html", {"books": Book.objects.select_related("author")})


def fact_template_include_only():
    """An include that sees nothing else.

    queries: 6
    verdict: n-plus-one author
    at: fact_template_include
    """
    return render_to_string("library/include_only.html", {"books": Book.objects.all()})


def fact_template_simple_tag():
    """A tag is a function.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/simple_tag.html", {"books": Book.objects.all()})


def fact_template_simple_tag_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/simple_tag.html", {"books": Book.objects.select_related("author")})


def fact_template_filter():
    """So is a filter.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/filter.html", {"books": Book.objects.all()})


def fact_template_filter_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/filter.html", {"books": Book.objects.select_related("author")})


def fact_template_inclusion_tag():
    """A tag with a template of its own.

    queries: 6
    verdict: n-plus-one tags
    """
    return render_to_string("library/inclusion_tag.html", {"books": Book.objects.all()})


def fact_template_inclusion_tag_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return render_to_string("library/inclusion_tag.html", {"books": Book.objects.prefetch_related("tags")})


def fact_template_regroup():
    """Grouping by a relation reads it.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/regroup.html", {"books": Book.objects.all()})


def fact_template_regroup_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/regroup.html", {"books": Book.objects.select_related("author")})


def fact_template_regroup_by_column():
    """Grouping by its column does not.

    queries: 1
    verdict: none
    """
    return render_to_string("library/regroup_column.html", {"books": Book.objects.all()})


def fact_template_ifchanged():
    """Watching an attribute of a relation reads it.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/ifchanged.html", {"books": Book.objects.all()})


def fact_template_ifchanged_column():
    """Watching its column does not.

    queries: 1
    verdict: none
    """
    return render_to_string("library/ifchanged_column.html", {"books": Book.objects.all()})


def fact_template_dictsort():
    """Sorting by an attribute of a relation reads it.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/dictsort.html", {"books": Book.objects.all()})


def fact_template_dictsort_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/dictsort.html", {"books": Book.objects.select_related("author")})


def fact_template_join():
    """Joining texts loads the rows.

    queries: 6
    verdict: n-plus-one tags
    """
    return render_to_string("library/join.html", {"books": Book.objects.all()})


def fact_template_join_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return render_to_string("library/join.html", {"books": Book.objects.prefetch_related("tags")})


def fact_template_with():
    """A new name for the related row.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/with.html", {"books": Book.objects.all()})


def fact_template_with_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/with.html", {"books": Book.objects.select_related("author")})


def fact_template_block():
    """A block of a template that extends another.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/child.html", {"books": Book.objects.all()})


def fact_template_block_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return render_to_string("library/child.html", {"books": Book.objects.select_related("author")})


def fact_template_cache_cold():
    """A cached fragment costs the first time.

    queries: 6
    verdict: n-plus-one author
    """
    return render_to_string("library/cache.html", {"books": Book.objects.all()})


def fact_template_cache_warm():
    """And nothing the second time, whatever the queryset is.

    queries: 6
    verdict: n-plus-one author
    at: fact_template_cache_cold
    """
    render_to_string("library/cache.html", {"books": Book.objects.all()})
    return render_to_string("library/cache.html", {"books": Book.objects.all()})


def fact_template_swallows_a_missing_row():
    """A missing related row prints as nothing, and has cost its query.

    queries: 6
    verdict: n-plus-one profile
    """
    return render_to_string("library/swallowed.html", {"authors": Author.objects.all()})


def fact_template_swallows_a_missing_row_joined():
    """The join knows that there is none.

    queries: 1
    verdict: none
    """
    return render_to_string("library/swallowed.html", {"authors": Author.objects.select_related("profile")})


def fact_template_loop_over_related():
    """The loop runs over a relation of a single row.

    queries: 7
    verdict: n-plus-one books__author
    """
    return render_to_string("library/for_items.html", {"shelf": Shelf.objects.get(pk=1)})


def fact_template_loop_over_related_prefetched():
    """The twin.

    queries: 3
    verdict: none
    """
    shelf = Shelf.objects.prefetch_related("books__author").get(pk=1)
    return render_to_string("library/for_items.html", {"shelf": shelf})


def fact_template_permissions():
    """The permissions of a user are loaded once for all questions: those of the user, and those of its groups.

    queries: 3
    verdict: none
    """
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="reader")
    return render_to_string("library/perms.html", {}, request)


def fact_template_groups_of_user():
    """But a manager is asked as often as it is named: three times here.

    queries: 4
    verdict: open
    """
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="reader")
    return render_to_string("library/groups.html", {}, request)


def fact_list_view():
    """A list view makes its queryset from `model`.

    queries: 6
    verdict: n-plus-one author
    code: project/library/views.py LazyBookList
    """
    return show(views.LazyBookList.as_view())


def fact_list_view_joined():
    """A get_queryset() of its own.

    queries: 1
    verdict: none
    code: project/library/views.py JoinedBookList
    """
    return show(views.JoinedBookList.as_view())


def fact_list_view_joined_in_a_subclass():
    """One that adds to what it inherits.

    queries: 1
    verdict: none
    code: project/library/views.py InheritedBookList
    """
    return show(views.InheritedBookList.as_view())


def fact_list_view_of_pages():
    """A page adds its count.

    queries: 2
    verdict: none
    code: project/library/views.py PagedBookList
    """
    return show(views.PagedBookList.as_view())


def fact_detail_view():
    """One row: a hop and no loop.

    queries: 2
    verdict: none
    code: project/library/views.py OneBook
    """
    return show(views.OneBook.as_view(), pk=1)


def fact_function_view():
    """A function that renders.

    queries: 6
    verdict: n-plus-one author
    code: project/library/views.py lazy_books
    """
    return show(views.lazy_books)


def fact_function_view_joined():
    """The twin.

    queries: 1
    verdict: none
    code: project/library/views.py joined_books
    """
    return show(views.joined_books)


def show(view, **arguments):
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    response = view(request, **arguments)
    return response.render() if hasattr(response, "render") else response
