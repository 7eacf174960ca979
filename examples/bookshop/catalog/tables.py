import django_tables2 as tables

from .models import Book


class BookTable(tables.Table):
    title = tables.Column(linkify=True)
    publisher = tables.Column(accessor="publisher__name")  # planted: table-accessor access
    series = tables.Column(accessor="series__name", default="")  # planted: table-nullable-accessor access
    price = tables.Column()

    class Meta:
        model = Book
        fields = ("title", "publisher", "series", "price")


class AuthorTableMixin(tables.Table):
    authors = tables.Column(empty_values=(), orderable=False)

    def render_authors(self, record):
        return ", ".join(author.name for author in record.authors.all())  # planted: table-render-method access


class CreditTable(AuthorTableMixin):
    class Meta:
        model = Book
        fields = ("title", "authors")
