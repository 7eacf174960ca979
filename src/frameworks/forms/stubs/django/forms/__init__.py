from django.forms.forms import BaseForm, Form
from django.forms.models import (
    BaseInlineFormSet, BaseModelForm, BaseModelFormSet, ModelChoiceField, ModelForm, ModelMultipleChoiceField, inlineformset_factory, modelform_factory,
    modelformset_factory,
)
from django.forms.widgets import CheckboxSelectMultiple, RadioSelect, Select, SelectMultiple
