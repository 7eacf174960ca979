"""The bookshop's pages, two that do nothing but load lazily, and what the tool that is measured needs."""

import os

import tools
from bookshop.urls import urlpatterns as pages
from catalog.models import Book
from django.http import HttpResponse
from django.template import engines
from django.urls import path

ROWS = 200
TEMPLATE = "{% for book in books %}{% if book %}{{ book.publisher.name }}{% endif %}{% endfor %}"


def names_of(books):
    return [book.publisher.name for book in books]


def lazy_in_python(request):
    return HttpResponse("".join(names_of(Book.objects.all()[:ROWS])))


def lazy_in_template(request):
    return HttpResponse(engines["django"].from_string(TEMPLATE).render({"books": Book.objects.all()[:ROWS]}, request))


urlpatterns = [
    *pages,
    path("lazy-in-python/", lazy_in_python),
    path("lazy-in-template/", lazy_in_template),
    *tools.urls(os.environ.get("BENCH_TOOL")),
]
