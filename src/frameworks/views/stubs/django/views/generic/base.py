import luthier


class ContextMixin:
    extra_context = None

    def get_context_data(self, **kwargs):
        kwargs["view"] = self
        if self.extra_context is not None:
            kwargs.update(self.extra_context)
        kwargs.update(luthier.decorated_members(self, "django_context_decorator.context"))
        return kwargs


class View:
    def __luthier_entry__(self):
        if luthier.base_alone(self):
            return
        self.setup(luthier.request(), *luthier.unknown(), **luthier.unknown())
        self.dispatch(self.request, *luthier.unknown(), **luthier.unknown())

    @classmethod
    def as_view(cls, **initkwargs):
        luthier.view_options(cls, initkwargs)
        return luthier.unknown()

    def setup(self, request, *args, **kwargs):
        self.request = request
        self.args = luthier.unknown()
        self.kwargs = luthier.unknown()

    def dispatch(self, request, *args, **kwargs):
        self.get(request, *args, **kwargs)
        self.post(request, *args, **kwargs)
        self.put(request, *args, **kwargs)
        self.patch(request, *args, **kwargs)
        self.delete(request, *args, **kwargs)


class TemplateResponseMixin:
    template_name = None

    def get_template_names(self):
        return [self.template_name]

    def render_to_response(self, context, **kwargs):
        luthier.render_template(self.get_template_names(), context)
        return luthier.unknown()


class TemplateView(TemplateResponseMixin, ContextMixin, View):
    def get(self, request, *args, **kwargs):
        context = self.get_context_data(**kwargs)
        return self.render_to_response(context)


class RedirectView(View):
    pass
