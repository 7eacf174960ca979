import luthier


class BaseForm:
    def __luthier_entry__(self):
        luthier.form_choices(self)

    @property
    def cleaned_data(self):
        return luthier.cleaned_data(self)

    def clean(self):
        return self.cleaned_data

    def is_valid(self):
        return luthier.unknown()

    def __str__(self):
        return luthier.rendered_form(self)

    def __iter__(self):
        luthier.rendered_form(self)
        return luthier.unknown()

    def __getitem__(self, name):
        return luthier.rendered_form(self, name)

    def as_p(self):
        return luthier.rendered_form(self)

    def as_div(self):
        return luthier.rendered_form(self)

    def as_table(self):
        return luthier.rendered_form(self)

    def as_ul(self):
        return luthier.rendered_form(self)


class Form(BaseForm):
    pass
