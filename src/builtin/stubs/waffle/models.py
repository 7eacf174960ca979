from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class BaseModel(models.Model):
    class Meta:
        abstract = True


class AbstractBaseFlag(BaseModel):
    name = models.CharField(max_length=100, unique=True)
    everyone = models.BooleanField(null=True, blank=True)
    percent = models.DecimalField(max_digits=3, decimal_places=1, null=True, blank=True)
    testing = models.BooleanField(default=False)
    superusers = models.BooleanField(default=True)
    staff = models.BooleanField(default=False)
    authenticated = models.BooleanField(default=False)
    languages = models.TextField(blank=True, default="")
    rollout = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    created = models.DateTimeField(db_index=True)
    modified = models.DateTimeField()

    class Meta:
        abstract = True


class AbstractUserFlag(AbstractBaseFlag):
    groups = models.ManyToManyField(Group, blank=True)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)

    class Meta(AbstractBaseFlag.Meta):
        abstract = True


class Flag(AbstractUserFlag):
    pass
