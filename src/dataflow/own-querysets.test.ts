/** What a project's own classes of managers and querysets hand on is of these classes again. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const shop = (classes: string, rows: string) => ({
  "shop/models.py": `from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)


${classes}


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
    editor = models.ForeignKey(Author, models.CASCADE, related_name="+")
    hidden = models.BooleanField(default=False)
    objects = BookManager()
`,
  "shop/tasks.py": `from shop.models import Book


def names():
    return [(book.author.name, book.editor.name) for book in ${rows}]
`,
});

const overridden = `class BookQuerySet(models.QuerySet):
    def filter(self, *args, **kwargs):
        return super().filter(*args, **kwargs).order_by("pk")

    def live(self):
        return self.filter(hidden=False)

    def with_author(self):
        return self.select_related("author")


BookManager = models.Manager.from_queryset(BookQuerySet)`;

const heldClass = `class BookQuerySet(models.QuerySet):
    def with_author(self):
        return self.select_related("author")


class BookManager(models.Manager.from_queryset(BookQuerySet)):
    def get_queryset(self):
        return self._queryset_class(self.model).filter(hidden=False)`;

test.each([
  ["a method that a class overrides", overridden, "Book.objects.all().live().with_author()"],
  ["the class that from_queryset() leaves on a manager", heldClass, "Book.objects.all().with_author()"],
])("%s", async (_what, classes, rows) => {
  const { findings } = await analyseShop(shop(classes, rows));
  expect(findings.filter(({ rule }) => rule === "n-plus-one").map((one) => [one.relation, one.confidence])).toEqual([["editor", "certain"]]);
});

test("getattr(self.model, …) in a base class makes the queryset of the class that names the model", async () => {
  const { findings } = await analyseShop({
    "shop/views.py": `from django.http import HttpResponse
from django.views import View
from shop.models import Order


class Names(View):
    manager = "objects"

    def get(self, request):
        return HttpResponse([row.customer.name for row in getattr(self.stored, self.manager).all()])


class OrderNames(Names):
    stored = Order
`,
  });
  const told = findings.filter(({ rule }) => rule === "n-plus-one");
  expect(told.map(({ places }) => places.find(({ role }) => role === "queryset")?.line)).toEqual([13]);
});
