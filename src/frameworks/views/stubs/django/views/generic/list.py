import luthier
from django.core.paginator import Paginator
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View


class MultipleObjectMixin(ContextMixin):
    queryset = None
    model = None
    ordering = None
    paginate_by = None
    paginator_class = Paginator
    context_object_name = None

    def get_queryset(self):
        if self.queryset is not None:
            queryset = luthier.fresh(self.queryset)
        else:
            queryset = self.model._default_manager.all()
        ordering = self.get_ordering()
        if ordering:
            queryset = queryset.order_by(ordering)
        return queryset

    def get_ordering(self):
        return self.ordering

    def get_paginate_by(self, queryset):
        return self.paginate_by

    def get_allow_empty(self):
        return True

    def get_context_object_name(self, object_list):
        if self.context_object_name:
            return self.context_object_name
        return luthier.model_name(object_list, "_list")

    def get_paginator(self, queryset, per_page, **kwargs):
        return self.paginator_class(queryset, per_page)

    def paginate_queryset(self, queryset, page_size):
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.page(1)
        return (paginator, page, page.object_list, luthier.unknown())

    def get_context_data(self, *, object_list=None, **kwargs):
        queryset = object_list if object_list is not None else self.object_list
        page_size = self.get_paginate_by(queryset)
        name = self.get_context_object_name(queryset)
        paginator = page = None
        is_paginated = False
        if page_size:
            paginator, page, queryset, is_paginated = self.paginate_queryset(queryset, page_size)
        context = {"paginator": paginator, "page_obj": page, "is_paginated": is_paginated, "object_list": queryset}
        if name is not None:
            context[name] = queryset
        context.update(kwargs)
        return super().get_context_data(**context)


class BaseListView(MultipleObjectMixin, View):
    def get(self, request, *args, **kwargs):
        self.object_list = self.get_queryset()
        context = self.get_context_data()
        return self.render_to_response(context)


class MultipleObjectTemplateResponseMixin(TemplateResponseMixin):
    template_name_suffix = "_list"

    def get_template_names(self):
        if self.template_name:
            return [self.template_name]
        return luthier.model_templates(self, self.object_list, self.template_name_suffix)


class ListView(MultipleObjectTemplateResponseMixin, BaseListView):
    pass
