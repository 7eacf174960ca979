class Select:
    pass


class SelectMultiple(Select):
    pass


class RadioSelect(Select):
    pass


class CheckboxSelectMultiple(RadioSelect):
    pass
