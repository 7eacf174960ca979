from django.db import models


class CurrencyField(models.CharField): ...


class MoneyField(models.DecimalField):
    """Adds a second column, `NAME_currency`."""
