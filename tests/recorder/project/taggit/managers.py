"""As much of django-taggit as the recorder knows: a manager that is no related manager, and builds its querysets itself."""

from django.db import models


class _TaggableManager(models.Manager):
    def __init__(self, model, instance, prefetch_cache_name):
        super().__init__()
        self.model = model
        self.instance = instance
        self.prefetch_cache_name = prefetch_cache_name

    def get_queryset(self, extra_filters=None):
        if self.instance is not None:
            return self.model.objects.filter(tagged=self.instance.pk)
        return self.model.objects.filter(tagged__isnull=False, **(extra_filters or {}))


class TaggableManager:
    def __init__(self, name, model):
        self.name = name
        self.model = model

    def __get__(self, instance, owner):
        return _TaggableManager(self.model, instance, self.name)
