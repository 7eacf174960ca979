"""Columns that are paths, which `list_display` takes since Django 5.1."""

from django.contrib import admin

from project.library.admin import ListAdmin
from project.library.models import Book

dotted_column = admin.AdminSite(name="dotted_column")
dotted_column_joined = admin.AdminSite(name="dotted_column_joined")


@admin.register(Book, site=dotted_column)
class DottedColumnAdmin(ListAdmin):
    list_display = ["title", "author__name"]  # here: fact_admin_dotted_column


@admin.register(Book, site=dotted_column_joined)
class DottedColumnJoinedAdmin(ListAdmin):
    list_display = ["title", "author__name"]
    list_select_related = ["author"]


SITES = [dotted_column, dotted_column_joined]
