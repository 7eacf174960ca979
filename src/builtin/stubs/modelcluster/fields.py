from django.db import models


class ParentalKey(models.ForeignKey): ...


class ParentalManyToManyField(models.ManyToManyField): ...
