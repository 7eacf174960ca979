import luthier
from django.views.generic.base import View


class APIView(View):
    def __luthier_entry__(self):
        if luthier.base_alone(self):
            return
        self.request = luthier.request()
        self.kwargs = luthier.unknown()
        self.args = luthier.unknown()
        self.format_kwarg = luthier.unknown()
        self.dispatch(self.request, *luthier.unknown(), **luthier.unknown())
