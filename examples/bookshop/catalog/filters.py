import django_filters

from .models import Book, Series


class BookFilter(django_filters.FilterSet):
    title = django_filters.CharFilter(lookup_expr="icontains")  # planted: trigram-book-title # planted: leading-wildcard-title
    series = django_filters.ModelChoiceFilter(queryset=Series.objects.all())  # planted: filter-series-choices queryset
    max_price = django_filters.NumberFilter(field_name="price", lookup_expr="lte")

    class Meta:
        model = Book
        fields = ["title", "series", "binding"]


class BookFilterJoined(BookFilter):
    series = django_filters.ModelChoiceFilter(queryset=Series.objects.select_related("publisher"))  # twin: filter-series-choices
    title = django_filters.CharFilter(lookup_expr="startswith")  # twin: leading-wildcard-title # twin: trigram-book-title
