"""Views of the API."""

from rest_framework import viewsets
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import JSONRenderer

from project.library import serializers
from project.library.models import Book


class TwoPerPage(PageNumberPagination):
    page_size = 2


class LazyBookViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.order_by("pk")
    serializer_class = serializers.AuthorNameSerializer
    renderer_classes = [JSONRenderer]


class JoinedBookViewSet(viewsets.ReadOnlyModelViewSet):
    serializer_class = serializers.AuthorNameSerializer
    renderer_classes = [JSONRenderer]

    def get_queryset(self):
        return Book.objects.select_related("author").order_by("pk")


class PerActionViewSet(viewsets.ReadOnlyModelViewSet):
    """The list shows keys, and only a single row shows more."""

    queryset = Book.objects.order_by("pk")
    renderer_classes = [JSONRenderer]

    def get_serializer_class(self):
        if self.action == "retrieve":
            return serializers.PublisherNameSerializer
        return serializers.KeyOnlySerializer


class PagedBookViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Book.objects.select_related("author").order_by("pk")
    serializer_class = serializers.AuthorNameSerializer
    renderer_classes = [JSONRenderer]
    pagination_class = TwoPerPage
