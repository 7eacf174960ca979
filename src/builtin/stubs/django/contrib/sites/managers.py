from django.db import models


class CurrentSiteManager(models.Manager):
    use_in_migrations = True
