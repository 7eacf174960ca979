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


class BaseFormSet:
    """`form` and `most` are set by the factories below."""

    def __init__(self, data=None, files=None, initial=None, **kwargs):
        self.rows = initial

    @property
    def forms(self):
        return [self.form(initial=row) for row in self.rows]

    def __iter__(self):
        return self.forms

    def __str__(self):
        return [str(form) for form in self.forms]

    def as_p(self):
        return [str(form) for form in self.forms]

    def as_div(self):
        return [str(form) for form in self.forms]

    def as_table(self):
        return [str(form) for form in self.forms]

    def as_ul(self):
        return [str(form) for form in self.forms]

    def is_valid(self):
        return luthier.unknown()


class BaseModelFormSet(BaseFormSet):
    def __init__(self, data=None, files=None, queryset=None, **kwargs):
        self.queryset = queryset

    def get_queryset(self):
        if self.queryset is not None:
            return self.queryset
        return luthier.rows_of_set(self.model)

    @property
    def forms(self):
        return [self.form(instance=row) for row in self.get_queryset()]

    def is_valid(self):
        self.forms
        luthier.validated_set(self.form(), self.model)
        return luthier.unknown()

    def save(self, commit=True):
        luthier.saved_set(self.form(), self.model, commit)
        return self.get_queryset()


class BaseInlineFormSet(BaseModelFormSet):
    fk_name = None

    def __init__(self, data=None, files=None, instance=None, queryset=None, **kwargs):
        self.instance = instance
        self.queryset = queryset

    def get_queryset(self):
        if self.queryset is not None:
            return self.queryset
        return luthier.rows_of_set(self.model, self.instance, self.fk_name)


def modelform_factory(model, form=ModelForm, fields=None, exclude=None, widgets=None, **kwargs):
    luthier.formset_choices(model, fields, widgets)
    return luthier.unknown()


def modelformset_factory(model, form=ModelForm, fields=None, exclude=None, widgets=None, formset=BaseModelFormSet, **options):
    luthier.formset_choices(model, fields, widgets)

    def make(*args, **kwargs):
        made = formset(*args, **kwargs)
        made.model = model
        made.form = luthier.form_of_set(form, model, fields, widgets)
        return made

    return make


def inlineformset_factory(parent_model, model, form=ModelForm, formset=BaseInlineFormSet, fk_name=None, fields=None, exclude=None, widgets=None, **options):
    luthier.formset_choices(model, fields, widgets)

    def make(*args, **kwargs):
        made = formset(*args, **kwargs)
        made.model = model
        made.fk_name = fk_name
        made.form = luthier.form_of_set(form, model, fields, widgets)
        return made

    return make
