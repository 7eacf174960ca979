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
    change_form_template = None
    change_list_template = None

    @property
    def model(self):
        return luthier.admin_model(self)

    def __luthier_entry__(self):
        for model in luthier.admin_models(self):
            admin = luthier.admin_of(self, model)
            admin.admin_site = luthier.unknown()
            luthier.changelist(admin, luthier.request())
            luthier.form_selects(admin, model)
            if luthier.has_own_page(admin, admin.change_form_template, "change_form"):
                admin.change_view(luthier.request(), luthier.unknown())
        luthier.filter_options(self, self.get_list_filter(luthier.request()))

    def get_list_filter(self, request):
        return self.list_filter

    def get_list_display(self, request):
        return self.list_display

    def get_list_select_related(self, request):
        return self.list_select_related

    def get_object(self, request, object_id, from_field=None):
        return self.get_queryset(request).filter(pk=object_id).first()

    def add_view(self, request, form_url="", extra_context=None):
        return self.changeform_view(request, None, form_url, extra_context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.changeform_view(request, object_id, form_url, extra_context)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        original = None if object_id is None else self.get_object(request, object_id)
        # Groups of lines of fields: somebody wrote each of them down.
        adminform = [[[luthier.unknown()]]]
        context = {"original": original, "opts": self.model._meta, "adminform": adminform}
        context.update(extra_context or {})
        return self.render_change_form(request, context, obj=original)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        luthier.admin_page(self, self.change_form_template, "change_form", context)
        return luthier.unknown()

    def changelist_view(self, request, extra_context=None):
        luthier.admin_page(self, self.change_list_template, "change_list", extra_context or {})
        return luthier.unknown()

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
