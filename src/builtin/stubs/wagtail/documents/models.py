from django.conf import settings
from django.db import models
from taggit.managers import TaggableManager
from wagtail.models import CollectionMember


class AbstractDocument(CollectionMember, models.Model):
    title = models.CharField(max_length=255)
    file = models.FileField(upload_to="documents")
    created_at = models.DateTimeField(auto_now_add=True)
    uploaded_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL)
    tags = TaggableManager(blank=True)
    file_size = models.PositiveBigIntegerField(null=True, editable=False)
    file_hash = models.CharField(max_length=40, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self):
        return self.title


class Document(AbstractDocument): ...
