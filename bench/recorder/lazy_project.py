"""A project of one module, on SQLite in memory: pages that do nothing but load lazily, and the tool of BENCH_TOOL."""

import logging
import os
import warnings

import django
import tools
from django.conf import settings

ROWS = 200
TEMPLATE = "{% for book in books %}{% if book %}{{ book.author.name }}{% endif %}{% endfor %}"
TOOL = os.environ.get("BENCH_TOOL", "")
APPS, FIRST, SETTINGS = tools.of(TOOL)
TEMPLATES = {"books.html": TEMPLATE}

warnings.simplefilter("ignore")
settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *APPS],
    MIDDLEWARE=[*FIRST, "django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
    STATIC_URL="static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.cached.Loader",
                        [("django.template.loaders.locmem.Loader", TEMPLATES), "django.template.loaders.app_directories.Loader"],
                    )
                ]
            },
        }
    ],
    **SETTINGS,
)
django.setup()
logging.disable(logging.CRITICAL)

from django.db import connection, models
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path


class Author(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "bench"


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")

    class Meta:
        app_label = "bench"


def in_python(request):
    return HttpResponse("".join(book.author.name for book in Book.objects.all()))


def in_template(request):
    return render(request, "books.html", {"books": Book.objects.all()})


def of_manager(request):
    return HttpResponse("".join(str(len(author.books.all())) for author in Author.objects.all()))


def counted(request):
    return HttpResponse("".join(str(author.books.count()) for author in Author.objects.all()))


def written(request):
    for author in Author.objects.all():
        Author.objects.filter(pk=author.pk).update(name=author.name)
    return HttpResponse("")


urlpatterns = [
    path("python/", in_python),
    path("template/", in_template),
    path("manager/", of_manager),
    path("count/", counted),
    path("update/", written),
    *tools.urls(TOOL),
]


def fill():
    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    if TOOL == "silk":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
    for number in range(ROWS):
        Book.objects.create(author=Author.objects.create(name=str(number)))
