/** The least that is a Django project and has one finding: a foreign key read in a loop. */
export const SMALL_PROJECT: Readonly<Record<string, string>> = {
  "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")\n',
  "site1/__init__.py": "",
  "site1/settings.py": 'INSTALLED_APPS = ["shop"]\nTEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]\n',
  "shop/__init__.py": "",
  "shop/models.py": `from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
`,
  "shop/views.py": `from django.shortcuts import render

from shop.models import Book


def books(request):
    for book in Book.objects.all():
        print(book.author.name)
    return render(request, "books.html", {"books": Book.objects.all()})
`,
  "shop/templates/books.html": "{% for book in books %}{{ book.author.name }}{% endfor %}\n",
};
