# Serializers that are declared as those of the REST framework are. Their `to_value()` is given all that is shown, a queryset too.
import luthier
from rest_framework import fields, serializers


class Field(fields.Field):
    def __init__(self, attr=None, call=False, label=None, required=True):
        self._attr = attr

    def to_value(self, value):
        return value

    def to_representation(self, value):
        return self.to_value(value)


class StrField(Field):
    pass


class IntField(Field):
    pass


class FloatField(Field):
    pass


class BoolField(Field):
    pass


class MethodField(Field, fields.SerializerMethodField):
    def __init__(self, method=None, **kwargs):
        pass


class Serializer(serializers.Serializer):
    def __init__(self, instance=None, many=False, data=None, context=None, attr=None, **kwargs):
        self.instance = instance
        self._attr = attr

    @property
    def data(self):
        return self.to_value(self.instance)

    def to_value(self, instance):
        return luthier.serialize_rows(self, instance)

    def to_representation(self, instance):
        return luthier.serialize_fields(self, instance)


class DictSerializer(Serializer):
    def to_representation(self, instance):
        return luthier.unknown()
