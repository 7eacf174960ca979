import luthier
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View


class SingleObjectMixin(ContextMixin):
    model = None
    queryset = None
    context_object_name = None

    def get_object(self, queryset=None):
        if queryset is None:
            queryset = self.get_queryset()
        return queryset.get(pk=luthier.unknown())

    def get_queryset(self):
        if self.queryset is not None:
            return luthier.fresh(self.queryset)
        return self.model._default_manager.all()

    def get_context_object_name(self, obj):
        if self.context_object_name:
            return self.context_object_name
        return luthier.model_name(obj, "")

    def get_context_data(self, **kwargs):
        context = {}
        if self.object:
            context["object"] = self.object
            context[self.get_context_object_name(self.object)] = self.object
        context.update(kwargs)
        return super().get_context_data(**context)


class SingleObjectTemplateResponseMixin(TemplateResponseMixin):
    template_name_suffix = "_detail"

    def get_template_names(self):
        if self.template_name:
            return [self.template_name]
        return luthier.model_templates(self, self.object, self.template_name_suffix)


class BaseDetailView(SingleObjectMixin, View):
    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        context = self.get_context_data(object=self.object)
        return self.render_to_response(context)


class DetailView(SingleObjectTemplateResponseMixin, BaseDetailView):
    pass
