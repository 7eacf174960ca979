import luthier
from django.forms.widgets import Select, SelectMultiple


class Select2Widget(Select):
    pass


class Select2MultipleWidget(SelectMultiple):
    pass


class Select2TagWidget(SelectMultiple):
    pass


class ModelSelect2Mixin:
    """Rows that fit what somebody types; the form itself has those alone that are chosen."""

    model = None
    queryset = None

    def __luthier_entry__(self):
        for row in self.filter_queryset(luthier.request(), luthier.unknown(), self.get_queryset()):
            self.label_from_instance(row)

    def get_queryset(self):
        if self.queryset is not None:
            return luthier.fresh(self.queryset)
        if self.model is not None:
            return self.model._default_manager.all()
        return luthier.unknown()

    def filter_queryset(self, request, term, queryset=None, **dependent_fields):
        if queryset is None:
            queryset = self.get_queryset()
        return queryset.distinct()

    def label_from_instance(self, obj):
        luthier.text(obj)
        return luthier.unknown()


class ModelSelect2Widget(ModelSelect2Mixin):
    pass


class ModelSelect2MultipleWidget(ModelSelect2Mixin):
    pass


class ModelSelect2TagWidget(ModelSelect2Mixin):
    pass
