import luthier
from django.views.generic.list import BaseListView


class BaseQuerySetView(BaseListView):
    paginate_by = 10

    def get_result_value(self, result):
        return luthier.unknown()

    def get_result_label(self, result):
        luthier.text(result)
        return luthier.unknown()

    def get_selected_result_label(self, result):
        return self.get_result_label(result)

    def render_to_response(self, context):
        for result in context["object_list"]:
            self.get_result_value(result)
            self.get_result_label(result)
            self.get_selected_result_label(result)
