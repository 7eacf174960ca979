from django.db.models import Model


class ModelBase(type): ...


class ModelState:
    adding = True
    db = None
