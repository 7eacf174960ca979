from bookshop.backoffice import backoffice
from django.contrib import admin

from .models import Author, Book, Edition, Genre, Publisher, Series


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):  # planted: admin-series-column queryset # planted: admin-series-str queryset # planted: admin-callable-credits queryset
    """The series is nullable, so the changelist's own select_related leaves it out; its label reads a publisher."""

    list_display = ("title", "series", "credits")  # planted: admin-series-column access
    search_fields = ("title",)
    list_per_page = 50

    @admin.display(description="by")
    def credits(self, book):
        return ", ".join(author.name for author in book.authors.all())  # planted: admin-callable-credits access


@admin.register(Book, site=backoffice)
class BackOfficeBookAdmin(admin.ModelAdmin):
    list_display = ("title", "series", "credits")
    list_select_related = ("series__publisher",)  # twin: admin-series-column # twin: admin-series-str
    search_fields = ("title",)
    list_per_page = 50

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("authors")  # twin: admin-callable-credits

    @admin.display(description="by")
    def credits(self, book):
        return ", ".join(author.name for author in book.authors.all())


@admin.register(Edition)
class EditionAdmin(admin.ModelAdmin):  # planted: admin-dotted-column queryset
    list_display = ("number", "printer__name", "pages")  # planted: admin-dotted-column access
    raw_id_fields = ("book", "printer")


@admin.register(Edition, site=backoffice)
class BackOfficeEditionAdmin(admin.ModelAdmin):
    list_display = ("number", "printer__name", "pages")
    list_select_related = ("printer",)  # twin: admin-dotted-column
    raw_id_fields = ("book", "printer")


class SeriesInline(admin.TabularInline):
    model = Series
    fields = ("name",)
    extra = 0


@admin.register(Publisher)
class PublisherAdmin(admin.ModelAdmin):
    list_display = ("name", "country_code")
    inlines = [SeriesInline]


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ("name", "born_on")
    search_fields = ("name",)


@admin.register(Genre)
class GenreAdmin(admin.ModelAdmin):  # planted: admin-property-column queryset
    list_display = ("name", "path")

    @admin.display
    def path(self, genre):
        return str(genre.parent) if genre.parent else "-"  # planted: admin-property-column access


@admin.register(Genre, site=backoffice)
class BackOfficeGenreAdmin(admin.ModelAdmin):
    list_display = ("name", "path")
    list_select_related = ("parent",)  # twin: admin-property-column

    @admin.display
    def path(self, genre):
        return str(genre.parent) if genre.parent else "-"
