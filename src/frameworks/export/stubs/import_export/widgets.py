class Widget:
    def __init__(self, *args, **kwargs):
        pass


class ForeignKeyWidget(Widget):
    pass


class ManyToManyWidget(Widget):
    pass
