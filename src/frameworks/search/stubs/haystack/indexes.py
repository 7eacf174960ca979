import luthier


class SearchField:
    def __init__(self, model_attr=None, document=False, use_template=False, **kwargs):
        pass


class CharField(SearchField):
    pass


class NgramField(CharField):
    pass


class EdgeNgramField(NgramField):
    pass


class IntegerField(SearchField):
    pass


class FloatField(SearchField):
    pass


class DecimalField(SearchField):
    pass


class BooleanField(SearchField):
    pass


class DateField(SearchField):
    pass


class DateTimeField(SearchField):
    pass


class MultiValueField(SearchField):
    pass


class LocationField(SearchField):
    pass


class FacetCharField(CharField):
    pass


class Indexable:
    pass


class SearchIndex:
    def __luthier_entry__(self):
        for row in self.build_queryset():
            self.full_prepare(row)

    def index_queryset(self, using=None):
        return self.get_model()._default_manager.all()

    def build_queryset(self, using=None, start_date=None, end_date=None):
        return self.index_queryset()

    def full_prepare(self, obj):
        return self.prepare(obj)

    def prepare(self, obj):
        self.prepared_data = {}
        luthier.haystack_row(self, obj)
        return self.prepared_data


class BasicSearchIndex(SearchIndex):
    pass


class ModelSearchIndex(SearchIndex):
    def get_model(self):
        return luthier.setting(self, "Meta", "model")
