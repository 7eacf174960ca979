import luthier


class ModelViewSet:
    model = None
    list_display = ["__str__"]

    def __luthier_entry__(self):
        rows = self.get_queryset(luthier.request())
        if rows is None:
            rows = self.model._default_manager.all()
        for row in luthier.doubt(rows, "the listing's view may load relations of its own"):
            luthier.list_columns(self, row)

    def get_queryset(self, request):
        return None
