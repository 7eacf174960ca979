"""What serializers and views of Django REST framework read."""

from rest_framework.test import APIRequestFactory

from project.library import api, serializers
from project.library.models import Book


def fact_key_field_is_free():
    """A foreign key is shown by its key, from the column.

    queries: 1
    verdict: none
    """
    return serializers.KeyOnlySerializer(Book.objects.all(), many=True).data


def fact_key_field_behind_a_hop():
    """Behind a hop only the last one is saved.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.KeyOfHopSerializer(Book.objects.all(), many=True).data


def fact_key_field_behind_a_joined_hop():
    """The hop joined.

    queries: 1
    verdict: none
    """
    return serializers.KeyOfHopSerializer(Book.objects.select_related("author"), many=True).data


def fact_dotted_id():
    """A dotted path to the key is a hop.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.DottedKeySerializer(Book.objects.all(), many=True).data


def fact_dotted_id_joined():
    """The hop joined.

    queries: 1
    verdict: none
    """
    return serializers.DottedKeySerializer(Book.objects.select_related("author"), many=True).data


def fact_dotted_pk():
    """So is `pk`.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.DottedPkSerializer(Book.objects.all(), many=True).data


def fact_column_as_source():
    """The column is free.

    queries: 1
    verdict: none
    """
    return serializers.ColumnKeySerializer(Book.objects.all(), many=True).data


def fact_dotted_source():
    """A dotted source is a hop per row.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.AuthorNameSerializer(Book.objects.all(), many=True).data


def fact_dotted_source_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.AuthorNameSerializer(Book.objects.select_related("author"), many=True).data


def fact_dotted_source_of_two_hops():
    """Two dots, two hops.

    queries: 11
    verdict: n-plus-one author__pub
    """
    return serializers.PublisherNameSerializer(Book.objects.all(), many=True).data


def fact_dotted_source_of_two_hops_half_joined():
    """One joined, one left.

    queries: 6
    verdict: n-plus-one author__pub
    at: fact_dotted_source_of_two_hops
    """
    return serializers.PublisherNameSerializer(Book.objects.select_related("author"), many=True).data


def fact_dotted_source_of_two_hops_joined():
    """Both joined.

    queries: 1
    verdict: none
    """
    return serializers.PublisherNameSerializer(Book.objects.select_related("author__pub"), many=True).data


def fact_slug_field():
    """A slug is an attribute of the related row.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.SlugSerializer(Book.objects.all(), many=True).data


def fact_slug_field_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.SlugSerializer(Book.objects.select_related("author"), many=True).data


def fact_slug_field_on_the_key():
    """Even if the slug is the key.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.SlugOfKeySerializer(Book.objects.all(), many=True).data


def fact_string_field():
    """The text of an author names its publisher.

    queries: 11
    verdict: n-plus-one author__pub
    """
    return serializers.TextSerializer(Book.objects.all(), many=True).data


def fact_string_field_half_joined():
    """One joined, one left.

    queries: 6
    verdict: n-plus-one author__pub
    at: fact_string_field
    at: fact_str_of_fk_follows_another_fk
    """
    return serializers.TextSerializer(Book.objects.select_related("author"), many=True).data


def fact_string_field_joined():
    """Both joined.

    queries: 1
    verdict: none
    """
    return serializers.TextSerializer(Book.objects.select_related("author__pub"), many=True).data


def fact_link_by_key():
    """A link needs only the key.

    queries: 1
    verdict: none
    """
    context = {"request": APIRequestFactory().get("/")}
    return serializers.LinkSerializer(Book.objects.all(), many=True, context=context).data


def fact_link_by_another_column():
    """Unless it is made of another column.

    queries: 6
    verdict: n-plus-one author
    """
    context = {"request": APIRequestFactory().get("/")}
    return serializers.NamedLinkSerializer(Book.objects.all(), many=True, context=context).data


def fact_nested_serializer():
    """A serializer in a serializer reads the related row.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.NestedSerializer(Book.objects.all(), many=True).data


def fact_nested_serializer_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.NestedSerializer(Book.objects.select_related("author"), many=True).data


def fact_serializer_nested_twice():
    """The join is one relation short of what is nested.

    queries: 6
    verdict: n-plus-one author__pub
    """
    return serializers.NestedTwiceSerializer(Book.objects.select_related("author"), many=True).data


def fact_serializer_nested_twice_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.NestedTwiceSerializer(Book.objects.select_related("author__pub"), many=True).data


def fact_nested_children():
    """Nested children are a query per row.

    queries: 6
    verdict: n-plus-one chaps
    """
    return serializers.ChaptersSerializer(Book.objects.all(), many=True).data


def fact_nested_children_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return serializers.ChaptersSerializer(Book.objects.prefetch_related("chaps"), many=True).data


def fact_keys_of_children():
    """So are their keys.

    queries: 6
    verdict: n-plus-one chaps
    """
    return serializers.ChapterKeysSerializer(Book.objects.all(), many=True).data


def fact_keys_of_children_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return serializers.ChapterKeysSerializer(Book.objects.prefetch_related("chaps"), many=True).data


def fact_keys_of_m2m():
    """A many-to-many relation among the fields is a query per row.

    queries: 6
    verdict: n-plus-one tags
    """
    return serializers.TagKeysSerializer(Book.objects.all(), many=True).data


def fact_keys_of_m2m_prefetched():
    """The twin.

    queries: 2
    verdict: none
    """
    return serializers.TagKeysSerializer(Book.objects.prefetch_related("tags"), many=True).data


def fact_dotted_count():
    """A dotted path may call a method of the manager.

    queries: 6
    verdict: aggregate-in-loop chaps
    """
    return serializers.ChapterCountSerializer(Book.objects.all(), many=True).data


def fact_dotted_count_prefetched():
    """Which counts the cache.

    queries: 2
    verdict: none
    """
    return serializers.ChapterCountSerializer(Book.objects.prefetch_related("chaps"), many=True).data


def fact_dotted_first():
    """Or take the first row.

    queries: 6
    verdict: aggregate-in-loop notes
    """
    return serializers.FirstNoteSerializer(Book.objects.all(), many=True).data


def fact_dotted_first_prefetched():
    """Which is in the cache, if there is an ordering.

    queries: 2
    verdict: none
    """
    return serializers.FirstNoteSerializer(Book.objects.prefetch_related("notes"), many=True).data


def fact_dotted_first_unordered_prefetched():
    """And is not, if there is none.

    queries: 7
    verdict: defeated-prefetch tags
    """
    return serializers.FirstTagSerializer(Book.objects.prefetch_related("tags"), many=True).data


def fact_method_field_filters():
    """A method field that filters and counts.

    queries: 6
    verdict: aggregate-in-loop chaps
    """
    return serializers.FilteringMethodSerializer(Book.objects.all(), many=True).data


def fact_method_field_filters_prefetched():
    """It does not see what was prefetched.

    queries: 7
    verdict: defeated-prefetch chaps
    """
    return serializers.FilteringMethodSerializer(Book.objects.prefetch_related("chaps"), many=True).data


def fact_method_field_orders_prefetched():
    """Neither does one that orders.

    queries: 7
    verdict: defeated-prefetch chaps
    """
    return serializers.OrderingMethodSerializer(Book.objects.prefetch_related("chaps"), many=True).data


def fact_method_field_in_python():
    """A method field that filters in Python.

    queries: 6
    verdict: n-plus-one chaps
    """
    return serializers.PythonMethodSerializer(Book.objects.all(), many=True).data


def fact_method_field_in_python_prefetched():
    """It does see what was prefetched.

    queries: 2
    verdict: none
    """
    return serializers.PythonMethodSerializer(Book.objects.prefetch_related("chaps"), many=True).data


def fact_serializer_in_a_method_field():
    """A method field that uses another serializer.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.NestedInMethodSerializer(Book.objects.all(), many=True).data


def fact_serializer_in_a_method_field_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.NestedInMethodSerializer(Book.objects.select_related("author"), many=True).data


def fact_serializer_reads_model_property():
    """A field may be a property of the model.

    queries: 6
    verdict: n-plus-one author
    at: fact_property_reads_fk
    """
    return serializers.PropertySerializer(Book.objects.all(), many=True).data


def fact_serializer_reads_model_property_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.PropertySerializer(Book.objects.select_related("author"), many=True).data


def fact_depth_of_one():
    """depth nests the related rows.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.DepthOneSerializer(Book.objects.all(), many=True).data


def fact_depth_of_one_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.DepthOneSerializer(Book.objects.select_related("author"), many=True).data


def fact_depth_of_two():
    """And theirs.

    queries: 11
    verdict: n-plus-one author__pub
    """
    return serializers.DepthTwoSerializer(Book.objects.all(), many=True).data


def fact_depth_of_two_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.DepthTwoSerializer(Book.objects.select_related("author__pub"), many=True).data


def fact_to_representation():
    """An override may read more than the fields do.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.RepresentationSerializer(Book.objects.all(), many=True).data


def fact_to_representation_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.RepresentationSerializer(Book.objects.select_related("author"), many=True).data


def fact_plain_serializer():
    """A serializer without a model is no different.

    queries: 6
    verdict: n-plus-one author
    """
    return serializers.PlainSerializer(Book.objects.all(), many=True).data


def fact_plain_serializer_joined():
    """The twin.

    queries: 1
    verdict: none
    """
    return serializers.PlainSerializer(Book.objects.select_related("author"), many=True).data


def fact_serializer_of_one_row():
    """One row: a hop and no loop.

    queries: 2
    verdict: none
    """
    return serializers.AuthorNameSerializer(Book.objects.get(pk=1)).data


def fact_list_action_multiplies():
    """The list of a view set.

    queries: 6
    verdict: n-plus-one author
    code: project/library/api.py LazyBookViewSet
    """
    return show(api.LazyBookViewSet.as_view({"get": "list"}))


def fact_retrieve_action_is_one_row():
    """The same view set shows one row: a hop and no loop.

    queries: 2
    verdict: none
    """
    return show(api.LazyBookViewSet.as_view({"get": "retrieve"}), pk=1)


def fact_list_action_joined():
    """The join stands in get_queryset().

    queries: 1
    verdict: none
    code: project/library/api.py JoinedBookViewSet
    """
    return show(api.JoinedBookViewSet.as_view({"get": "list"}))


def fact_list_action_with_a_serializer_of_its_own():
    """What only the other action's serializer reads costs the list nothing.

    queries: 1
    verdict: none
    code: project/library/api.py PerActionViewSet
    """
    return show(api.PerActionViewSet.as_view({"get": "list"}))


def fact_retrieve_action_with_a_serializer_of_its_own():
    """Two hops of one row.

    queries: 3
    verdict: none
    code: project/library/api.py PerActionViewSet
    """
    return show(api.PerActionViewSet.as_view({"get": "retrieve"}), pk=1)


def fact_page_of_a_list_action():
    """A page adds its count.

    queries: 2
    verdict: none
    code: project/library/api.py PagedBookViewSet
    """
    return show(api.PagedBookViewSet.as_view({"get": "list"}))


def fact_writing_many_keys():
    """Each key of the input is looked up by itself.

    queries: 3
    grows: no
    verdict: validation-per-row tags
    code: project/library/serializers.py WriteTagsSerializer
    """
    serializer = serializers.WriteTagsSerializer(data={"title": "new", "tags": [1, 2, 3]})
    assert serializer.is_valid(), serializer.errors


def fact_writing_many_rows():
    """So is the key of each row, though it is always the same.

    queries: 5
    grows: no
    verdict: validation-per-row book
    code: project/library/serializers.py WriteChapterSerializer
    """
    rows = [{"number": number, "book": 1} for number in range(5)]
    serializer = serializers.WriteChapterSerializer(data=rows, many=True)
    assert serializer.is_valid(), serializer.errors


def fact_writing_one_row():
    """One row, one look-up.

    queries: 1
    verdict: none
    """
    serializer = serializers.WriteChapterSerializer(data={"number": 1, "book": 1})
    assert serializer.is_valid(), serializer.errors


def fact_writing_a_row_that_must_be_unique():
    """Two targets, and the pair that must be unique.

    queries: 3
    verdict: none
    """
    serializer = serializers.WritePlacementSerializer(data={"shelf": 1, "book": 1, "position": 1})
    assert not serializer.is_valid()


def show(view, **arguments):
    response = view(APIRequestFactory().get("/"), **arguments)
    return response.render().content
