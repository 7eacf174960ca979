from django.db.models import Model


class ModelBase(type): ...
