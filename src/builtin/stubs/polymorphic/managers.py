from typing import Self

from django.db import models
from polymorphic.query import PolymorphicQuerySet


class PolymorphicManager(models.Manager):
    def get_queryset(self):
        return PolymorphicQuerySet(self.model)

    def non_polymorphic(self): ...
    def instance_of(self, *args) -> Self: ...
    def not_instance_of(self, *args) -> Self: ...
