import luthier


class Resource:
    def __init__(self, **kwargs):
        pass

    def export(self, queryset=None, **kwargs):
        if queryset is None:
            queryset = self.get_queryset()
        self.before_export(queryset, **kwargs)
        queryset = self.filter_export(queryset, **kwargs)
        # Rows that prefetch come in pages: `isExportedInPages` knows the queryset by this call.
        queryset.all()
        for row in queryset:
            luthier.export_row(self, row)
        data = luthier.unknown()
        self.after_export(queryset, data, **kwargs)
        return data

    def before_export(self, queryset, **kwargs):
        pass

    def after_export(self, queryset, data, **kwargs):
        pass

    def filter_export(self, queryset, **kwargs):
        return queryset


class ModelResource(Resource):
    def __luthier_entry__(self):
        if luthier.is_admin_resource(self):
            return
        if luthier.setting(self, "Meta", "model") is not None:
            self.export()

    def get_queryset(self):
        return luthier.setting(self, "Meta", "model")._default_manager.all()


def modelresource_factory(model, **kwargs):
    return luthier.unknown()
