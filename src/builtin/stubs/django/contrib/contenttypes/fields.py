from django.db.models import Field, ForeignObject


class GenericForeignKey(Field):
    def __init__(self, ct_field="content_type", fk_field="object_id", for_concrete_model=True): ...


class GenericRelation(ForeignObject):
    def __init__(self, to, object_id_field="object_id", content_type_field="content_type", for_concrete_model=True, related_query_name=None, limit_choices_to=None): ...
