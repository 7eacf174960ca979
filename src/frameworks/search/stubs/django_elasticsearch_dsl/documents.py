import luthier
from django_elasticsearch_dsl.fields import DEDField


class Document:
    def __luthier_entry__(self):
        self.django_model = self._luthier_model()
        if luthier.is_indexed(self):
            for row in self.get_indexing_queryset():
                luthier.index_row(self, row)

    def _luthier_model(self):
        return luthier.setting(self, "Django", "model")

    def get_queryset(self):
        return self._luthier_model()._default_manager.all()

    def get_indexing_queryset(self):
        return self.get_queryset().iterator()


class DocType(Document):
    """What a document was before version 7."""

    def _luthier_model(self):
        return luthier.setting(self, "Meta", "model")
