from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Signs in with the e-mail address; staff and customers alike."""

    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=80, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username"]

    def __str__(self):
        return self.display_name or self.email
