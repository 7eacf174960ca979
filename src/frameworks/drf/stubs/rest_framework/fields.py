class Field:
    def __init__(self, *args, **kwargs):
        pass


class SerializerMethodField(Field):
    pass


class ReadOnlyField(Field):
    pass


class HiddenField(Field):
    pass


class BooleanField(Field):
    pass


class NullBooleanField(Field):
    pass


class CharField(Field):
    pass


class EmailField(CharField):
    pass


class RegexField(CharField):
    pass


class SlugField(CharField):
    pass


class URLField(CharField):
    pass


class UUIDField(Field):
    pass


class IPAddressField(CharField):
    pass


class IntegerField(Field):
    pass


class FloatField(Field):
    pass


class DecimalField(Field):
    pass


class DateTimeField(Field):
    pass


class DateField(Field):
    pass


class TimeField(Field):
    pass


class DurationField(Field):
    pass


class ChoiceField(Field):
    pass


class MultipleChoiceField(ChoiceField):
    pass


class FilePathField(ChoiceField):
    pass


class FileField(Field):
    pass


class ImageField(FileField):
    pass


class ListField(Field):
    pass


class DictField(Field):
    pass


class JSONField(Field):
    pass


class ModelField(Field):
    pass
