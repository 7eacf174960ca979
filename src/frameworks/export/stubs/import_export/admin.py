from django.contrib.admin import ModelAdmin


class ImportMixin:
    pass


class ExportMixin:
    pass


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
