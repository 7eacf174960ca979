class RequestConfig:
    def __init__(self, request, paginate=True):
        self.request = request

    def configure(self, table):
        return table
