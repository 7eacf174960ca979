import luthier
from rest_framework import generics, viewsets


class PreloadIncludesMixin:
    def get_select_related(self, include):
        return getattr(self, "select_for_includes", {}).get(include, None)

    def get_prefetch_related(self, include):
        return getattr(self, "prefetch_for_includes", {}).get(include, None)

    def get_queryset(self, *args, **kwargs):
        rows = super().get_queryset(*args, **kwargs)
        joined = self.get_select_related("__all__")
        if joined is not None:
            rows = rows.select_related(*joined)
        fetched = self.get_prefetch_related("__all__")
        if fetched is not None:
            rows = rows.prefetch_related(*fetched)
        return rows


class AutoPrefetchMixin:
    # What a request does not ask for by `include` is what the serializer names.
    def get_queryset(self, *args, **kwargs):
        rows = super().get_queryset(*args, **kwargs)
        meta = getattr(self.get_serializer_class(), "JSONAPIMeta", None)
        included = getattr(meta, "included_resources", None)
        if included:
            rows = rows.prefetch_related(*luthier.lookups(included))
        return rows


class RelatedMixin:
    pass


class ModelViewSet(AutoPrefetchMixin, PreloadIncludesMixin, RelatedMixin, viewsets.ModelViewSet):
    pass


class ReadOnlyModelViewSet(AutoPrefetchMixin, PreloadIncludesMixin, RelatedMixin, viewsets.ReadOnlyModelViewSet):
    pass


class RelationshipView(generics.GenericAPIView):
    pass
