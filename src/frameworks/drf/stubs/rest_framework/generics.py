import luthier
from rest_framework import mixins
from rest_framework.response import Response
from rest_framework.views import APIView


class GenericAPIView(APIView):
    queryset = None
    serializer_class = None
    pagination_class = luthier.unknown()
    lookup_field = "pk"

    def get_queryset(self):
        return luthier.fresh(self.queryset)

    def get_object(self):
        queryset = self.filter_queryset(self.get_queryset())
        return queryset.get(**{self.lookup_field: luthier.unknown()})

    def get_serializer_class(self):
        serializer_class = self.serializer_class
        if serializer_class is None:
            raise AssertionError
        return serializer_class

    def get_serializer_context(self):
        return {"request": self.request, "view": self}

    def get_serializer(self, *args, **kwargs):
        serializer_class = self.get_serializer_class()
        kwargs["context"] = self.get_serializer_context()
        return serializer_class(*args, **kwargs)

    def filter_queryset(self, queryset):
        return queryset

    def paginate_queryset(self, queryset):
        return luthier.page(queryset)

    def get_paginated_response(self, data):
        return Response(data)

    @property
    def paginator(self):
        return self.pagination_class()


class ListAPIView(mixins.ListModelMixin, GenericAPIView):
    def get(self, request, *args, **kwargs):
        return self.list(request, *args, **kwargs)


class RetrieveAPIView(mixins.RetrieveModelMixin, GenericAPIView):
    def get(self, request, *args, **kwargs):
        return self.retrieve(request, *args, **kwargs)


class CreateAPIView(mixins.CreateModelMixin, GenericAPIView):
    def post(self, request, *args, **kwargs):
        return self.create(request, *args, **kwargs)


class UpdateAPIView(mixins.UpdateModelMixin, GenericAPIView):
    def put(self, request, *args, **kwargs):
        return self.update(request, *args, **kwargs)


class DestroyAPIView(mixins.DestroyModelMixin, GenericAPIView):
    def delete(self, request, *args, **kwargs):
        return self.destroy(request, *args, **kwargs)


class ListCreateAPIView(mixins.CreateModelMixin, ListAPIView):
    def post(self, request, *args, **kwargs):
        return self.create(request, *args, **kwargs)


class RetrieveUpdateAPIView(mixins.UpdateModelMixin, RetrieveAPIView):
    pass


class RetrieveDestroyAPIView(mixins.DestroyModelMixin, RetrieveAPIView):
    pass


class RetrieveUpdateDestroyAPIView(mixins.UpdateModelMixin, mixins.DestroyModelMixin, RetrieveAPIView):
    pass
