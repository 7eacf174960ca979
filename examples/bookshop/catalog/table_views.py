from django.views.generic import TemplateView
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin, SingleTableView

from .filters import BookFilter, BookFilterJoined
from .models import Book
from .tables import BookTable, CreditTable


class BookTableView(SingleTableView):
    table_class = BookTable
    queryset = Book.objects.all()  # planted: table-accessor queryset # planted: table-nullable-accessor queryset
    template_name = "catalog/table.html"
    table_pagination = {"per_page": 25}


class BookTableViewJoined(BookTableView):
    queryset = Book.objects.select_related("publisher", "series")  # twin: table-accessor # twin: table-nullable-accessor


class CreditTableView(SingleTableView):
    table_class = CreditTable
    template_name = "catalog/table.html"

    def get_queryset(self):
        return Book.objects.on_sale()  # planted: table-render-method queryset


class CreditTableViewPrefetched(CreditTableView):
    def get_queryset(self):
        return Book.objects.on_sale().prefetch_related("authors")  # twin: table-render-method


class BookSearch(FilterView):
    model = Book
    filterset_class = BookFilter
    template_name = "catalog/search.html"
    context_object_name = "books"
    paginate_by = 25


class BookSearchJoined(BookSearch):
    filterset_class = BookFilterJoined


class Help(SingleTableMixin, TemplateView):
    table_class = BookTable
    table_data = []
    template_name = "catalog/table.html"
