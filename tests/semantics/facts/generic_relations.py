"""Generic foreign keys and generic relations."""

from django.contrib.contenttypes.models import ContentType

from project.library.models import Book, Comment


def fact_generic_fk():
    """One query per row.

    queries: 6
    verdict: generic-foreign-key-lazy target
    """
    return [comment.target.title for comment in Comment.objects.all()]  # here


def fact_generic_fk_prefetched():
    """One query per content type.

    queries: 2
    verdict: none
    """
    return [comment.target.title for comment in Comment.objects.prefetch_related("target")]


def fact_generic_fk_cannot_be_joined():
    """A generic foreign key has no table to join.

    queries: 0
    raises: FieldError
    verdict: none
    """
    return list(Comment.objects.select_related("target"))


def fact_generic_fk_then_hop():
    """What lies behind the target costs again.

    queries: 7
    verdict: n-plus-one target__author
    """
    return [comment.target.author.name for comment in Comment.objects.prefetch_related("target")]  # here


def fact_generic_fk_deep_path():
    """If every target has the relation, the path may go on.

    queries: 3
    verdict: none
    """
    return [comment.target.author.name for comment in Comment.objects.prefetch_related("target__author")]


def fact_generic_fk_columns_are_free():
    """Type and key are columns.

    queries: 1
    verdict: none
    """
    return [(comment.content_type_id, comment.object_id) for comment in Comment.objects.all()]


def fact_content_type_hop():
    """The foreign key to the content type does not use the cache of content types.

    queries: 6
    verdict: n-plus-one content_type
    """
    return [comment.content_type.model for comment in Comment.objects.all()]  # here


def fact_content_type_joined():
    """It can be joined.

    queries: 1
    verdict: none
    """
    return [comment.content_type.model for comment in Comment.objects.select_related("content_type")]


def fact_content_type_from_the_cache():
    """get_for_id() does use the cache.

    queries: 1
    verdict: none
    """
    types = ContentType.objects
    return [types.get_for_id(comment.content_type_id).model for comment in Comment.objects.all()]


def fact_generic_relation():
    """The way back is a manager.

    queries: 6
    verdict: n-plus-one comments
    """
    return [[comment.text for comment in book.comments.all()] for book in Book.objects.all()]  # here


def fact_generic_relation_prefetched():
    """It is prefetched like any other.

    queries: 2
    verdict: none
    """
    return [[comment.text for comment in book.comments.all()] for book in Book.objects.prefetch_related("comments")]


def fact_generic_relation_count():
    """It counts like any other.

    queries: 6
    verdict: aggregate-in-loop comments
    """
    return [book.comments.count() for book in Book.objects.all()]  # here


def fact_generic_relation_count_prefetched():
    """And from the cache.

    queries: 2
    verdict: none
    """
    return [book.comments.count() for book in Book.objects.prefetch_related("comments")]


def fact_generic_relation_filter_prefetched():
    """And loses the cache to a filter.

    queries: 7
    verdict: defeated-prefetch comments
    """
    books = Book.objects.prefetch_related("comments")
    return [[comment.text for comment in book.comments.filter(text="")] for book in books]  # here


def fact_generic_relation_there_and_back():
    """Unlike a foreign key, the way back from a prefetched comment is not known.

    queries: 7
    verdict: generic-foreign-key-lazy comments__target
    """
    books = Book.objects.prefetch_related("comments")
    return [comment.target.title for book in books for comment in book.comments.all()]  # here
