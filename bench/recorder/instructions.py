"""What a lazy load costs in instructions, on SQLite in memory: the same on a busy machine and on a quiet one.

    PYTHONPATH=RECORDER/sitecustomize LUTHIER_RECORDING='{"folder": …, "root": …, "key": …}' \\
    valgrind --tool=callgrind --instr-atstart=no python bench/recorder/instructions.py python|template plain|recorded

Run it once plain, with the recorder's wrappers taken off, and once recorded; divide the difference of what callgrind
collected by the number of statements, which is printed.
"""

import gc
import os
import subprocess
import sys

ROWS = 200
TEMPLATE = "{% for book in books %}{% if book %}{{ book.author.name }}{% endif %}{% endfor %}"

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"books.html": TEMPLATE})]},
        }
    ],
)
django.setup()

from django.core.handlers.base import BaseHandler
from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.query import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.test import Client
from django.urls import path


class Author(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "bench"


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)

    class Meta:
        app_label = "bench"


def in_python(request):
    return HttpResponse("".join(book.author.name for book in Book.objects.all()))


def in_template(request):
    return render(request, "books.html", {"books": Book.objects.all()})


urlpatterns = [path("python/", in_python), path("template/", in_template)]
WRAPPED = [
    (CursorWrapper, "_execute_with_wrappers"),
    (ForwardManyToOneDescriptor, "get_object"),
    (QuerySet, "_fetch_all"),
    (QuerySet, "_prefetch_related_objects"),
    (QuerySet, "_iterator"),
    (BaseHandler, "get_response"),
]


def take_off():
    for owner, name in WRAPPED:
        method = owner.__dict__[name]
        setattr(owner, name, getattr(method, "__wrapped__", method))


def callgrind(*command):
    subprocess.run(["callgrind_control", *command, str(os.getpid())], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})


def main(work, subject):
    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    for number in range(ROWS):
        Book.objects.create(author=Author.objects.create(name=str(number)))
    if subject == "plain":
        take_off()
    client = Client()
    for _ in range(4):
        assert client.get(f"/{work}/").status_code == 200
    gc.collect()
    gc.disable()
    print(f"{work} {subject}: {ROWS + 1} statements", flush=True)
    callgrind("-i", "on")
    callgrind("-z")
    client.get(f"/{work}/")
    os._exit(0)


main(*sys.argv[1:3])
