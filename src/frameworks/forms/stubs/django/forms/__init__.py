from django.forms.forms import BaseForm, Form
from django.forms.models import BaseModelForm, ModelChoiceField, ModelForm, ModelMultipleChoiceField
