import luthier
from django.forms.forms import BaseForm


class BaseModelForm(BaseForm):
    def __init__(self, data=None, files=None, instance=None, **kwargs):
        self.instance = instance

    def save(self, commit=True):
        return self.instance


class ModelForm(BaseModelForm):
    pass


class ModelChoiceField:
    def __init__(self, queryset=None, **kwargs):
        self.queryset = queryset


class ModelMultipleChoiceField(ModelChoiceField):
    pass


def modelform_factory(model, form=ModelForm, fields=None, exclude=None, widgets=None, **kwargs):
    luthier.formset_choices(model, fields, widgets)
    return luthier.unknown()


def modelformset_factory(model, form=ModelForm, fields=None, exclude=None, widgets=None, **kwargs):
    luthier.formset_choices(model, fields, widgets)
    return luthier.unknown()


def inlineformset_factory(parent_model, model, form=ModelForm, fk_name=None, fields=None, exclude=None, widgets=None, **kwargs):
    luthier.formset_choices(model, fields, widgets)
    return luthier.unknown()
