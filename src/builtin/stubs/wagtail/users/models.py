from django.conf import settings
from django.db import models


class UserProfile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wagtail_userprofile")
    submitted_notifications = models.BooleanField(default=True)
    approved_notifications = models.BooleanField(default=True)
    rejected_notifications = models.BooleanField(default=True)
    preferred_language = models.CharField(max_length=10, default="")
    current_time_zone = models.CharField(max_length=40, default="")
    avatar = models.ImageField(blank=True)
