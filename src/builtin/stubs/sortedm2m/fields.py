from django.db import models


class SortedManyToManyField(models.ManyToManyField): ...
