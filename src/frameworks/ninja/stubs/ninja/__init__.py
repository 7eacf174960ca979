import luthier
from ninja.schema import ModelSchema, Schema
from ninja.router import Router


class NinjaAPI(Router):
    def add_router(self, prefix, router, **kwargs):
        pass


def Field(default=None, *args, **kwargs):
    return luthier.unknown()
