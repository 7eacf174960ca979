import luthier


class FieldListFilter:
    pass


class RelatedFieldListFilter(FieldListFilter):
    pass


class RelatedOnlyFieldListFilter(RelatedFieldListFilter):
    pass


class SimpleListFilter:
    def __luthier_entry__(self):
        luthier.consume(self.lookups(luthier.request(), luthier.unknown()))
