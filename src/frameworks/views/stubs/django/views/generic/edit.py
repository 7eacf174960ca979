import luthier
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View
from django.views.generic.detail import SingleObjectMixin, SingleObjectTemplateResponseMixin


class FormMixin(ContextMixin):
    form_class = None
    initial = None

    def get_form_class(self):
        return self.form_class

    def get_form_kwargs(self):
        self.get_initial()
        return {}

    def get_initial(self):
        return {}

    def get_form(self, form_class=None):
        if form_class is None:
            form_class = self.get_form_class()
        return form_class(**self.get_form_kwargs())

    def get_success_url(self):
        return luthier.unknown()

    def form_valid(self, form):
        self.get_success_url()
        return luthier.unknown()

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs):
        if "form" not in kwargs:
            kwargs["form"] = self.get_form()
        return super().get_context_data(**kwargs)


class ModelFormMixin(FormMixin, SingleObjectMixin):
    fields = None

    def form_valid(self, form):
        self.object = form.save()
        if self.form_class is None:
            luthier.saved_model(self.model, self.fields)
        self.get_success_url()
        return luthier.unknown()


class ProcessFormView(View):
    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())

    def post(self, request, *args, **kwargs):
        form = self.get_form()
        form.is_valid()
        luthier.validated_model(self)
        return self.form_valid(form)


class FormView(TemplateResponseMixin, FormMixin, ProcessFormView):
    pass


class CreateView(SingleObjectTemplateResponseMixin, ModelFormMixin, ProcessFormView):
    template_name_suffix = "_form"
    object = None


class UpdateView(SingleObjectTemplateResponseMixin, ModelFormMixin, ProcessFormView):
    template_name_suffix = "_form"

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        return super().post(request, *args, **kwargs)


class DeleteView(SingleObjectTemplateResponseMixin, SingleObjectMixin, View):
    template_name_suffix = "_confirm_delete"

    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.render_to_response(self.get_context_data(object=self.object))

    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        return self.form_valid(None)

    def get_success_url(self):
        return luthier.unknown()

    def form_valid(self, form):
        self.get_success_url()
        self.object.delete()
        return luthier.unknown()
