from django.db.models import FileField, ImageField


class FieldFile: ...


class ImageFieldFile(FieldFile): ...
