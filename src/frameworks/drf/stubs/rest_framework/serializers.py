import luthier
from rest_framework.fields import *
from rest_framework.relations import *
from rest_framework.fields import Field


class BaseSerializer(Field):
    __luthier_declares__ = Field

    @classmethod
    def __luthier_new__(cls, *args, **kwargs):
        return luthier.new_serializer(cls, *args, **kwargs)

    def __init__(self, instance=None, data=None, **kwargs):
        self.instance = instance
        self.initial_data = data
        self.validated_data = luthier.unknown()

    @property
    def context(self):
        return luthier.serializer_context(self)

    @property
    def data(self):
        return luthier.serialize(self)

    def to_representation(self, instance):
        return luthier.serialize_fields(self, instance)

    def is_valid(self, **kwargs):
        luthier.validated_serializer(self)
        return luthier.unknown()

    def save(self, **kwargs):
        luthier.saved_serializer(self)
        return self.instance


class Serializer(BaseSerializer):
    def get_initial(self):
        # Without data the values of its fields are empty ones.
        if self.initial_data is None:
            return {}
        return luthier.unknown()


class ListSerializer(BaseSerializer):
    def to_representation(self, data):
        return luthier.serialize_list(self, data)


class ModelSerializer(Serializer):
    pass


class HyperlinkedModelSerializer(ModelSerializer):
    pass
