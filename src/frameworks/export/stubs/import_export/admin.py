import luthier
from django.contrib.admin import ModelAdmin


class ImportMixin:
    pass


class ExportMixin:
    def get_resource_class(self):
        return self.resource_class

    def get_export_resource_class(self):
        return self.get_resource_class()

    def get_export_queryset(self, request):
        return luthier.changelist_queryset(self, request)


class ImportExportMixin(ExportMixin, ImportMixin):
    pass


class ImportExportActionModelAdmin(ImportExportMixin, ModelAdmin):
    pass


class ExportActionMixin(ExportMixin):
    pass


class ExportActionModelAdmin(ExportActionMixin, ModelAdmin):
    pass


class ImportExportModelAdmin(ImportExportMixin, ModelAdmin):
    pass


class ExportActionModelAdmin(ExportActionMixin, ModelAdmin):
    pass
