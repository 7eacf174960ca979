import luthier


class BaseFilterSet:
    def __init__(self, data=None, queryset=None, *, request=None, prefix=None):
        if queryset is None:
            queryset = luthier.setting(self, "Meta", "model")._default_manager.all()
        self.queryset = queryset
        self.data = data
        self.request = request

    @property
    def qs(self):
        return self.filter_queryset(luthier.fresh(self.queryset))

    @property
    def form(self):
        luthier.filter_choices(self)
        return luthier.unknown()

    def is_valid(self):
        return luthier.unknown()

    def filter_queryset(self, queryset):
        return queryset.filter()


class FilterSet(BaseFilterSet):
    pass
