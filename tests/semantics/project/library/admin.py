"""One site per way of configuring a change list, since a site registers a model once."""

from django.contrib import admin

from project.library.models import Author, Book

author_column = admin.AdminSite(name="author_column")
author_column_covered = admin.AdminSite(name="author_column_covered")
editor_column = admin.AdminSite(name="editor_column")
method_beside_key = admin.AdminSite(name="method_beside_key")
key_column = admin.AdminSite(name="key_column")
callable_column = admin.AdminSite(name="callable_column")
callable_column_joined = admin.AdminSite(name="callable_column_joined")
method_column = admin.AdminSite(name="method_column")
method_column_joined = admin.AdminSite(name="method_column_joined")
queryset_joined = admin.AdminSite(name="queryset_joined")
everything_joined = admin.AdminSite(name="everything_joined")
tuple_that_omits = admin.AdminSite(name="tuple_that_omits")
related_filter = admin.AdminSite(name="related_filter")
no_full_count = admin.AdminSite(name="no_full_count")
m2m_column = admin.AdminSite(name="m2m_column")
m2m_column_prefetched = admin.AdminSite(name="m2m_column_prefetched")
editable_author = admin.AdminSite(name="editable_author")
inline_select = admin.AdminSite(name="inline_select")
inline_raw_id = admin.AdminSite(name="inline_raw_id")
inline_joined = admin.AdminSite(name="inline_joined")


class ListAdmin(admin.ModelAdmin):
    """Its form has no select, whose options would load publishers too: the facts are about the list."""

    fields = ["title"]


@admin.register(Book, site=author_column)
class AuthorColumnAdmin(ListAdmin):
    list_display = ["title", "author"]  # here: fact_admin_fk_column


@admin.register(Book, site=author_column_covered)
class AuthorColumnCoveredAdmin(ListAdmin):
    list_display = ["title", "author"]
    list_select_related = ["author__pub"]


@admin.register(Book, site=editor_column)
class EditorColumnAdmin(ListAdmin):
    list_display = ["title", "editor"]  # here: fact_admin_nullable_fk_column


@admin.register(Book, site=method_beside_key)
class MethodBesideKeyAdmin(ListAdmin):
    list_display = ["editor", "writer"]  # here: fact_admin_method_beside_fk_column

    def writer(self, book):
        return book.author.name  # here: fact_admin_method_beside_fk_column


@admin.register(Book, site=key_column)
class KeyColumnAdmin(ListAdmin):
    list_display = ["title", "author_id"]


@admin.register(Book, site=callable_column)
class CallableColumnAdmin(ListAdmin):
    list_display = ["title", lambda book: book.author.name]  # here: fact_admin_callable_column


@admin.register(Book, site=callable_column_joined)
class CallableColumnJoinedAdmin(ListAdmin):
    list_display = ["title", lambda book: book.author.name]
    list_select_related = True


@admin.register(Book, site=method_column)
class MethodColumnAdmin(ListAdmin):
    list_display = ["title", "writer"]

    @admin.display(ordering="author__name")
    def writer(self, book):
        return book.author.name  # here: fact_admin_method_column


@admin.register(Book, site=method_column_joined)
class MethodColumnJoinedAdmin(ListAdmin):
    list_display = ["title", "writer"]
    list_select_related = ["author"]

    def writer(self, book):
        return book.author.name


@admin.register(Book, site=queryset_joined)
class QuerysetJoinedAdmin(ListAdmin):
    list_display = ["title", "writer"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("author")

    def writer(self, book):
        return book.author.name


@admin.register(Book, site=everything_joined)
class EverythingJoinedAdmin(ListAdmin):
    list_display = ["title", "author"]  # here: fact_admin_bare_select_related
    list_select_related = True


@admin.register(Book, site=tuple_that_omits)
class TupleThatOmitsAdmin(ListAdmin):
    list_display = ["title", "author"]  # here: fact_admin_tuple_that_omits
    list_select_related = ["editor"]


@admin.register(Book, site=related_filter)
class RelatedFilterAdmin(ListAdmin):
    list_display = ["title"]
    list_filter = ["author"]  # here: fact_admin_related_filter


@admin.register(Book, site=no_full_count)
class NoFullCountAdmin(ListAdmin):
    list_display = ["title"]
    show_full_result_count = False


@admin.register(Book, site=m2m_column)
class M2MColumnAdmin(ListAdmin):
    list_display = ["title", "labels"]

    def labels(self, book):
        return ", ".join(tag.label for tag in book.tags.all())  # here: fact_admin_m2m_column


@admin.register(Book, site=m2m_column_prefetched)
class M2MColumnPrefetchedAdmin(M2MColumnAdmin):
    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("tags")


@admin.register(Book, site=editable_author)
class EditableAuthorAdmin(admin.ModelAdmin):
    list_display = ["title", "author"]
    list_editable = ["author"]  # here: fact_admin_editable_fk_column


class BookInline(admin.TabularInline):
    model = Book
    fk_name = "author"
    fields = ["title", "editor"]  # here: fact_admin_inline_one_row, fact_admin_inline_five_rows
    extra = 0


class RawBookInline(BookInline):
    raw_id_fields = ["editor"]


class JoinedChoicesInline(BookInline):
    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs["queryset"] = Author.objects.select_related("pub")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Author, site=inline_select)
class InlineSelectAdmin(admin.ModelAdmin):
    fields = ["name"]
    inlines = [BookInline]


@admin.register(Author, site=inline_raw_id)
class InlineRawIdAdmin(admin.ModelAdmin):
    fields = ["name"]
    inlines = [RawBookInline]


@admin.register(Author, site=inline_joined)
class InlineJoinedAdmin(admin.ModelAdmin):
    fields = ["name"]
    inlines = [JoinedChoicesInline]


SITES = [
    author_column,
    author_column_covered,
    editor_column,
    method_beside_key,
    key_column,
    callable_column,
    callable_column_joined,
    method_column,
    method_column_joined,
    queryset_joined,
    everything_joined,
    tuple_that_omits,
    related_filter,
    no_full_count,
    m2m_column,
    m2m_column_prefetched,
    editable_author,
    inline_select,
    inline_raw_id,
    inline_joined,
]
