from dal.views import BaseQuerySetView


class Select2QuerySetView(BaseQuerySetView):
    pass


class Select2GroupQuerySetView(Select2QuerySetView):
    pass
