from typing import Self

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models


class LogEntryQuerySet(models.QuerySet):
    def get_for_object(self, instance) -> Self: ...
    def get_for_objects(self, queryset) -> Self: ...
    def get_for_model(self, model) -> Self: ...


class LogEntry(models.Model):
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_pk = models.CharField(db_index=True, max_length=255)
    object_id = models.BigIntegerField(blank=True, db_index=True, null=True)
    object_repr = models.TextField()
    action = models.PositiveSmallIntegerField()
    changes = models.JSONField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, blank=True, null=True, related_name="+")
    remote_addr = models.GenericIPAddressField(blank=True, null=True)
    timestamp = models.DateTimeField(auto_now_add=True)
    additional_data = models.JSONField(blank=True, null=True)

    objects = LogEntryQuerySet.as_manager()

    def __str__(self):
        return self.object_repr
