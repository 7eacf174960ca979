"""GenericPrefetch, which chooses a queryset per content type.

since: 5.0
"""

from django.contrib.contenttypes.prefetch import GenericPrefetch

from project.library.models import Book, Comment


def fact_generic_prefetch_with_join():
    """The queryset of each type may join.

    queries: 2
    verdict: none
    """
    targets = GenericPrefetch("target", [Book.objects.select_related("author")])
    return [comment.target.author.name for comment in Comment.objects.prefetch_related(targets)]


def fact_generic_prefetch_without_join():
    """And may be one path short.

    queries: 7
    verdict: n-plus-one target__author
    """
    targets = GenericPrefetch("target", [Book.objects.all()])
    return [comment.target.author.name for comment in Comment.objects.prefetch_related(targets)]  # here
