import luthier
from ninja import NinjaAPI
from ninja.router import Router

api_controller = luthier.unknown
paginate = luthier.unknown


class NinjaExtraAPI(NinjaAPI):
    def register_controllers(self, *controllers):
        pass


class ControllerBase:
    pass


route = Router()


def http_get(path="", **kwargs):
    return luthier.ninja_operation()


def http_post(path="", **kwargs):
    return luthier.ninja_operation()


def http_put(path="", **kwargs):
    return luthier.ninja_operation()


def http_patch(path="", **kwargs):
    return luthier.ninja_operation()


def http_delete(path="", **kwargs):
    return luthier.ninja_operation()
