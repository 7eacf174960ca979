class Response:
    def __init__(self, data=None, **kwargs):
        self.data = data
