from typing import Self

from django.db import models


class InheritanceQuerySet(models.QuerySet):
    def select_subclasses(self, *subclasses) -> Self: ...
    def instance_of(self, *models) -> Self: ...
    def get_subclass(self, *args, **kwargs): ...


class InheritanceManager(models.Manager):
    _queryset_class = InheritanceQuerySet

    def select_subclasses(self, *subclasses) -> Self: ...
    def instance_of(self, *models) -> Self: ...
    def get_subclass(self, *args, **kwargs): ...


class QueryManager(models.Manager):
    def order_by(self, *args, **kwargs) -> Self: ...


class SoftDeletableQuerySet(models.QuerySet):
    def delete(self): ...


class SoftDeletableManager(models.Manager):
    _queryset_class = SoftDeletableQuerySet
