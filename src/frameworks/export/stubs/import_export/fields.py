class Field:
    def __init__(self, attribute=None, column_name=None, widget=None, **kwargs):
        pass
