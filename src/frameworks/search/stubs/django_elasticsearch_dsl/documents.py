import luthier
from django_elasticsearch_dsl.fields import DEDField


class Document:
    def __luthier_entry__(self):
        self.django_model = luthier.setting(self, "Django", "model")
        if luthier.is_indexed(self):
            for row in self.get_indexing_queryset():
                luthier.index_row(self, row)

    def get_queryset(self):
        return luthier.setting(self, "Django", "model")._default_manager.all()

    def get_indexing_queryset(self):
        return self.get_queryset().iterator()
