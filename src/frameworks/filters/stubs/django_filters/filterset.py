import luthier


class FilterForm:
    def __iter__(self):
        luthier.rendered_filters(self)

    def __str__(self):
        return luthier.rendered_filters(self)

    def visible_fields(self):
        return luthier.rendered_filters(self)

    def as_p(self):
        return luthier.rendered_filters(self)

    def as_div(self):
        return luthier.rendered_filters(self)

    def as_table(self):
        return luthier.rendered_filters(self)

    def as_ul(self):
        return luthier.rendered_filters(self)

    def is_valid(self):
        return luthier.unknown()


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
        return luthier.filter_form(self, FilterForm())

    def is_valid(self):
        return luthier.unknown()

    def filter_queryset(self, queryset):
        return queryset.filter()


class FilterSet(BaseFilterSet):
    pass
