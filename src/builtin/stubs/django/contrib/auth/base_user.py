from django.db import models


class BaseUserManager(models.Manager):
    def normalize_email(cls, email) -> str: ...
    def get_by_natural_key(self, username): ...


class AbstractBaseUser(models.Model):
    password = models.CharField(max_length=128)
    last_login = models.DateTimeField(blank=True, null=True)

    is_active = True
    is_anonymous: bool
    # Whoever asks has not signed in, or has.
    is_authenticated: bool

    class Meta:
        abstract = True

    def get_username(self): ...
    def set_password(self, raw_password): ...
    def check_password(self, raw_password): ...
    def has_usable_password(self): ...
