import luthier


class BaseForm:
    def __luthier_entry__(self):
        luthier.form_choices(self)

    def is_valid(self):
        return luthier.unknown()


class Form(BaseForm):
    pass
