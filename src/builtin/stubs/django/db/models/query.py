from django.db.models import Prefetch, QuerySet, RawQuerySet, aprefetch_related_objects, prefetch_related_objects


class BaseIterable: ...


class ModelIterable(BaseIterable): ...


EmptyQuerySet = QuerySet
