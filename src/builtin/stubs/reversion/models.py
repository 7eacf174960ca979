from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from typing import Self


class Revision(models.Model):
    date_created = models.DateTimeField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, blank=True, null=True)
    comment = models.TextField(blank=True)


class VersionQuerySet(models.QuerySet):
    def get_for_model(self, model, model_db=None) -> Self: ...
    def get_for_object_reference(self, model, object_id, model_db=None) -> Self: ...
    def get_for_object(self, obj, model_db=None) -> Self: ...
    def get_deleted(self, model, model_db=None) -> Self: ...
    def get_unique(self): ...


class Version(models.Model):
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE)
    object_id = models.CharField(max_length=191)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    db = models.CharField(max_length=191)
    format = models.CharField(max_length=255)
    serialized_data = models.TextField()
    object_repr = models.TextField()
    object = GenericForeignKey(ct_field="content_type", fk_field="object_id")

    objects = VersionQuerySet.as_manager()

    def __str__(self):
        return self.object_repr
