from django.db import models


class TaggableManager(models.Field):
    """On an instance: a manager of the tags, over the through model."""

    def __init__(self, verbose_name="Tags", help_text="", through=None, blank=False, related_name=None, to=None, ordering=None, manager=None): ...
