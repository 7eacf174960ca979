import luthier

HORIZONTAL = 1
VERTICAL = 2


class BaseModelAdmin:
    list_display = ("__str__",)
    list_select_related = False
    list_editable = ()
    raw_id_fields = ()
    autocomplete_fields = ()
    readonly_fields = ()
    fields = None
    exclude = None

    def get_queryset(self, request):
        return self.model._default_manager.get_queryset()


class ModelAdmin(BaseModelAdmin):
    inlines = ()
    list_filter = ()
    actions = ()

    @property
    def model(self):
        return luthier.admin_model(self)

    def __luthier_entry__(self):
        for model in luthier.admin_models(self):
            admin = luthier.admin_of(self, model)
            admin.admin_site = luthier.unknown()
            luthier.changelist(admin, luthier.request())
            luthier.form_selects(admin, model)
        luthier.filter_options(self, self.get_list_filter(luthier.request()))

    def get_list_filter(self, request):
        return self.list_filter

    def get_list_display(self, request):
        return self.list_display

    def get_list_select_related(self, request):
        return self.list_select_related

    def get_object(self, request, object_id, from_field=None):
        return self.get_queryset(request).filter(pk=object_id).first()

    def message_user(self, request, message, *args, **kwargs):
        pass


class InlineModelAdmin(BaseModelAdmin):
    max_num = None
    fk_name = None

    def __luthier_entry__(self):
        if luthier.unmentioned(self):
            return
        self.admin_site = luthier.unknown()
        luthier.inline(self, luthier.request())


class TabularInline(InlineModelAdmin):
    pass


class StackedInline(InlineModelAdmin):
    pass
