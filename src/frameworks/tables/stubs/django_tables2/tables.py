import luthier


class Table:
    def __init__(self, data=None, **kwargs):
        self.data = data
        self.request = luthier.request()
        luthier.render_table(self, data)

    def paginate(self, *args, **kwargs):
        return self

    def configure(self, *args, **kwargs):
        pass
