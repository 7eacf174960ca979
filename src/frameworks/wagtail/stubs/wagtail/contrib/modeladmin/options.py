import luthier


class WagtailRegisterable:
    pass


class ModelAdmin(WagtailRegisterable):
    model = None
    list_display = ("__str__",)
    list_select_related = False

    def __luthier_entry__(self):
        if self.model is not None:
            luthier.changelist(self, luthier.request())

    def get_list_display(self, request):
        return self.list_display

    def get_list_select_related(self, request):
        return self.list_select_related

    def get_queryset(self, request):
        return self.model._default_manager.get_queryset()


class ModelAdminGroup(WagtailRegisterable):
    items = ()
