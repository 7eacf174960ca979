import luthier


class AccessMixin:
    def handle_no_permission(self):
        return luthier.unknown()


class LoginRequiredMixin(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        request.user
        return super().dispatch(request, *args, **kwargs)


class PermissionRequiredMixin(AccessMixin):
    permission_required = None

    def get_permission_required(self):
        return self.permission_required

    def has_permission(self):
        return self.request.user.has_perms(self.get_permission_required())

    def dispatch(self, request, *args, **kwargs):
        self.has_permission()
        return super().dispatch(request, *args, **kwargs)


class UserPassesTestMixin(AccessMixin):
    def test_func(self):
        return luthier.unknown()

    def get_test_func(self):
        return self.test_func

    def dispatch(self, request, *args, **kwargs):
        self.get_test_func()()
        return super().dispatch(request, *args, **kwargs)
