import luthier
from rest_framework import generics, mixins
from rest_framework.views import APIView


class ViewSetMixin:
    def __luthier_entry__(self):
        if luthier.base_alone(self):
            return
        luthier.each_action(self)

    def dispatch(self, request, *args, **kwargs):
        return luthier.dispatch_action(self, request)

    def setup_action(self, action, detail):
        self.request = luthier.request()
        self.kwargs = luthier.unknown()
        self.args = luthier.unknown()
        self.format_kwarg = luthier.unknown()
        self.action = action
        self.detail = detail


class ViewSet(ViewSetMixin, APIView):
    pass


class GenericViewSet(ViewSetMixin, generics.GenericAPIView):
    pass


class ReadOnlyModelViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericViewSet):
    pass


class ModelViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
    GenericViewSet,
):
    pass
