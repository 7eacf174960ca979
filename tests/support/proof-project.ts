/** A small shop on SQLite whose tests pass, with one N+1 that its tests reach and places where a fix could do harm. */
import type { ChosenFix } from "../../src/fixes/plan-fixes.ts";
import { djangoPython } from "./scripts.ts";

const SETTINGS = `import os

from django.db.backends.signals import connection_created

SECRET_KEY = "x"
INSTALLED_APPS = ["shop"]
ROOT_URLCONF = "site1.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
if os.environ.get("PGHOST"):
    DATABASES["default"] = {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"], "USER": os.environ["PGUSER"], "HOST": os.environ["PGHOST"], "PORT": os.environ["PGPORT"]}


def slow(connection, **kwargs):
    if connection.vendor == "sqlite":
        import time
        connection.connection.create_function("pg_sleep", 1, time.sleep)


connection_created.connect(slow)
`;

const URLS = `from django.urls import path

from shop import views

urlpatterns = [path(f"{view.__name__}/", view) for view in (views.shelf, views.titles, views.writers, views.dates)]
`;

const MODELS = `from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
`;

const VIEWS = `from django.http import JsonResponse

from shop.models import Book


def shelf(request):
    return JsonResponse({"shelf": [f"{book.title} by {book.author.name}" for book in Book.objects.order_by("pk")]})


def titles(request):
    return JsonResponse({"titles": [book.title for book in Book.objects.order_by("pk")]})


def writers(request):
    return JsonResponse({"writers": [book.author.name for book in Book.objects.order_by("title")]})


def dates(request):
    import datetime
    return JsonResponse({"books": Book.objects.count(), "now": datetime.datetime.now().isoformat()})
`;

const TESTS = `from django.test import TestCase

from shop.models import Author, Book


class ShopTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        for number in range(5):
            Book.objects.create(title=f"Book {number}", author=Author.objects.create(name=f"Author {number}"))

    def test_shelf(self):
        self.assertEqual(len(self.client.get("/shelf/").json()["shelf"]), 5)

    def test_titles(self):
        self.assertEqual(self.client.get("/titles/").status_code, 200)

    def test_writers(self):
        self.assertEqual(self.client.get("/writers/").json()["writers"][0], "Author 0")

    def test_dates(self):
        self.assertEqual(self.client.get("/dates/").json()["books"], 5)
`;

export const PROOF_PROJECT: Readonly<Record<string, string>> = {
  ".gitignore": ".luthier/\n__pycache__/\n*.local\n",
  "manage.py":
    'import os\nimport sys\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n',
  "site1/__init__.py": "",
  "site1/settings.py": SETTINGS,
  "site1/urls.py": URLS,
  "shop/__init__.py": "",
  "shop/models.py": MODELS,
  "shop/views.py": VIEWS,
  "shop/tests.py": TESTS,
};

export async function testCommand(...labels: readonly string[]): Promise<readonly string[]> {
  return [await djangoPython(), "manage.py", "test", ...labels];
}

/** A fix that no rule would offer: it replaces one piece of the views by another. */
export function trap(id: string, expected: string, text: string, offer: Partial<ChosenFix["finding"]> = {}): ChosenFix {
  const start = Buffer.byteLength(VIEWS.slice(0, VIEWS.indexOf(expected)));
  const line = VIEWS.slice(0, VIEWS.indexOf(expected)).split("\n").length;
  const place = { file: "shop/views.py", line, column: 1, endLine: line, endColumn: 2 };
  return {
    finding: {
      id,
      rule: "n-plus-one",
      chapter: "2.4",
      severity: "warning",
      confidence: "certain",
      message: "",
      claim: "",
      doubt: "",
      places: [{ role: "access", ...place }],
      evidence: [],
      impact: {},
      fixes: [],
      ...offer,
    },
    fix: {
      title: `replace ${expected}`,
      kind: "edit",
      safety: "safe",
      edits: [{ file: "shop/views.py", start, end: start + Buffer.byteLength(expected), expected, text }],
    },
  };
}
