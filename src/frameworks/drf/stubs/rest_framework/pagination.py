import luthier
from rest_framework.response import Response


class BasePagination:
    def paginate_queryset(self, queryset, request, view=None):
        return luthier.page(queryset)

    def get_paginated_response(self, data):
        return Response(data)


class PageNumberPagination(BasePagination):
    page = luthier.unknown()


class LimitOffsetPagination(BasePagination):
    count = luthier.unknown()


class CursorPagination(BasePagination):
    page = luthier.unknown()
