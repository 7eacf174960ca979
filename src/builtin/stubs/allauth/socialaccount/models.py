from django.conf import settings
from django.contrib.sites.models import Site
from django.db import models


class SocialApp(models.Model):
    provider = models.CharField(max_length=30)
    name = models.CharField(max_length=40)
    client_id = models.CharField(max_length=191)
    secret = models.CharField(max_length=191, blank=True)
    key = models.CharField(max_length=191, blank=True)
    sites = models.ManyToManyField(Site, blank=True)

    def __str__(self):
        return self.name


class SocialAccount(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    provider = models.CharField(max_length=200)
    uid = models.CharField(max_length=191)
    last_login = models.DateTimeField(auto_now=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    extra_data = models.JSONField(default=dict)

    def get_provider(self, request=None): ...
    def get_provider_account(self): ...
    def get_profile_url(self): ...
    def get_avatar_url(self): ...


class SocialToken(models.Model):
    app = models.ForeignKey(SocialApp, on_delete=models.SET_NULL, blank=True, null=True)
    account = models.ForeignKey(SocialAccount, on_delete=models.CASCADE)
    token = models.TextField()
    token_secret = models.TextField(blank=True)
    expires_at = models.DateTimeField(blank=True, null=True)
