import luthier
from django.forms.forms import BaseForm


class BaseModelForm(BaseForm):
    def __init__(self, data=None, files=None, instance=None, **kwargs):
        self.instance = instance

    def is_valid(self):
        luthier.validated_form(self)
        return luthier.unknown()

    def save(self, commit=True):
        return luthier.saved_form(self, commit)


class ModelForm(BaseModelForm):
    pass


class ModelChoiceField:
    def __init__(self, queryset=None, **kwargs):
        self.queryset = queryset


class ModelMultipleChoiceField(ModelChoiceField):
    pass


class RowForm:
    def __init__(self, instance):
        self.instance = instance


class BaseModelFormSet:
    def __init__(self, data=None, files=None, queryset=None, **kwargs):
        self.queryset = queryset

    def get_queryset(self):
        return self.queryset

    @property
    def forms(self):
        return [RowForm(row) for row in self.get_queryset()]

    def __iter__(self):
        return self.forms


class BaseInlineFormSet(BaseModelFormSet):
    pass


def modelform_factory(model, form=ModelForm, fields=None, exclude=None, widgets=None, **kwargs):
    luthier.formset_choices(model, fields, widgets)
    return luthier.unknown()


def modelformset_factory(model, form=ModelForm, fields=None, exclude=None, widgets=None, formset=BaseModelFormSet, **kwargs):
    luthier.formset_choices(model, fields, widgets)
    return formset


def inlineformset_factory(parent_model, model, form=ModelForm, fk_name=None, fields=None, exclude=None, widgets=None, **kwargs):
    luthier.formset_choices(model, fields, widgets)
    return luthier.unknown()
