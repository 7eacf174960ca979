class Column:
    def __init__(self, *args, **kwargs):
        pass


class BooleanColumn(Column):
    pass


class CheckBoxColumn(Column):
    pass


class DateColumn(Column):
    pass


class DateTimeColumn(Column):
    pass


class EmailColumn(Column):
    pass


class FileColumn(Column):
    pass


class JSONColumn(Column):
    pass


class LinkColumn(Column):
    pass


class RelatedLinkColumn(LinkColumn):
    pass


class ManyToManyColumn(Column):
    pass


class TemplateColumn(Column):
    pass


class TimeColumn(Column):
    pass


class URLColumn(Column):
    pass


class BaseLinkColumn(Column):
    pass
