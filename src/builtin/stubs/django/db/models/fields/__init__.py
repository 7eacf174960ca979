from django.db.models import Field, AutoField, BigAutoField, BigIntegerField, BinaryField, BooleanField, CharField, CommaSeparatedIntegerField, DateField, DateTimeField, DecimalField, DurationField, EmailField, FilePathField, FloatField, GeneratedField, GenericIPAddressField, IPAddressField, IntegerField, NullBooleanField, PositiveBigIntegerField, PositiveIntegerField, PositiveSmallIntegerField, SlugField, SmallAutoField, SmallIntegerField, TextField, TimeField, URLField, UUIDField, OrderWrt

BLANK_CHOICE_DASH = [("", "---------")]


class NOT_PROVIDED: ...
