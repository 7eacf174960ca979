import luthier


class Router:
    def __init__(self, **kwargs):
        pass

    def get(self, path, **kwargs):
        return luthier.ninja_operation()

    def post(self, path, **kwargs):
        return luthier.ninja_operation()

    def put(self, path, **kwargs):
        return luthier.ninja_operation()

    def patch(self, path, **kwargs):
        return luthier.ninja_operation()

    def delete(self, path, **kwargs):
        return luthier.ninja_operation()

    def api_operation(self, methods, path, **kwargs):
        return luthier.ninja_operation()
