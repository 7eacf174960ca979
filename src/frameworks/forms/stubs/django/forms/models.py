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
