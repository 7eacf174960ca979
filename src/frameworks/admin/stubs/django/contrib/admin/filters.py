import luthier


class SimpleListFilter:
    def __luthier_entry__(self):
        luthier.consume(self.lookups(luthier.request(), luthier.unknown()))
