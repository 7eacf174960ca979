from django.db import models


class TreeForeignKey(models.ForeignKey): ...


class TreeOneToOneField(models.OneToOneField): ...


class TreeManyToManyField(models.ManyToManyField): ...
