class DEDField:
    def __init__(self, attr=None, **kwargs):
        pass


class BooleanField(DEDField):
    pass


class DateField(DEDField):
    pass


class DoubleField(DEDField):
    pass


class FloatField(DEDField):
    pass


class IntegerField(DEDField):
    pass


class KeywordField(DEDField):
    pass


class ListField(DEDField):
    pass


class LongField(DEDField):
    pass


class TextField(DEDField):
    pass


class StringField(DEDField):
    pass


class CompletionField(DEDField):
    pass


class GeoPointField(DEDField):
    pass


class ObjectField(DEDField):
    pass


class NestedField(ObjectField):
    pass
