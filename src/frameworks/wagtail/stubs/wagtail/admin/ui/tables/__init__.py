class Column:
    def __init__(self, name, label=None, accessor=None, **kwargs):
        pass


class TitleColumn(Column):
    pass


class BooleanColumn(Column):
    pass


class DateColumn(Column):
    pass


class UserColumn(Column):
    pass


class UpdatedAtColumn:
    pass
