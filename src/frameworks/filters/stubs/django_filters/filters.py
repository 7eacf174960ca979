class Filter:
    def __init__(self, *args, **kwargs):
        pass


class BooleanFilter(Filter):
    pass


class CharFilter(Filter):
    pass


class ChoiceFilter(Filter):
    pass


class MultipleChoiceFilter(Filter):
    pass


class DateFilter(Filter):
    pass


class DateTimeFilter(Filter):
    pass


class NumberFilter(Filter):
    pass


class OrderingFilter(Filter):
    pass


class ModelChoiceFilter(Filter):
    pass


class ModelMultipleChoiceFilter(ModelChoiceFilter):
    pass
