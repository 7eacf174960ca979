/** Statements that Django sends of itself, whoever reads the user first, and those that a package's manager narrows. */
import { expect, test } from "vitest";
import { readSource } from "../src/analyse.ts";
import type { StatementOrigin } from "../src/model/index.ts";
import { openSqlParser } from "../src/sql/open-parser.ts";
import { joinStatements } from "../src/workload/join-statements.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const SETTINGS = `
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "shop"]
ROOT_URLCONF = "config.urls"
`;
const MODELS = `
from django.db import models
from django_scopes import ScopedManager

class BookManager(models.Manager):
    def newest(self):
        return self.order_by("-id")

class Book(models.Model):
    shop = models.IntegerField()
    title = models.CharField(max_length=20)
    objects = ScopedManager(shop="shop", _manager_class=BookManager)
`;

const view = (name: string): string => `
def ${name}(request):
    return render(request, "page.html", {"name": request.user.username})
`;

/** How many rows a page has, the user's settings say. */
const PAGED = `

class BookList(ListView):
    model = Book
    template_name = "list.html"

    def get_paginate_by(self, queryset):
        return self.request.user.settings.page_size
`;

const MIDDLEWARE = `
class TeamMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return self.get_response(request)
        return self.get_response(request)
`;

function project(views: number, more: Readonly<Record<string, string>>): string {
  const names = Array.from({ length: views }, (_, index) => `page_${index}`);
  return temporaryFolder({
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n',
    "config/__init__.py": "",
    "config/settings.py": SETTINGS,
    "config/urls.py": `from django.urls import path\nfrom shop import views\nurlpatterns = [${names.map((one) => `path("${one}", views.${one})`).join(", ")}, path("books", views.books), path("paged", views.BookList.as_view())]\n`,
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/templates/page.html": "{{ name }}",
    "shop/templates/list.html": "{% for book in object_list %}{{ book.title }}{% endfor %}",
    "shop/views.py": `from django.shortcuts import render\nfrom django.views.generic import ListView\nfrom shop.models import Book\n${names.map(view).join("")}\n\ndef books(request):\n    return render(request, "page.html", {"name": list(Book.objects.newest().filter(title="x"))})\n${PAGED}`,
    ...more,
  });
}

async function joined(views: number, more: Readonly<Record<string, string>> = {}): Promise<(sql: string) => StatementOrigin> {
  const [{ facts, graph }, parser] = await Promise.all([
    readSource({ root: project(views, more), exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} }),
    openSqlParser(),
  ]);
  const join = joinStatements({ facts, graph, shapeOf: (sql) => parser.shapeOf(sql) });
  return (sql) => join.originOf(sql, parser.shapeOf(sql));
}

const USER =
  'SELECT "auth_user"."id", "auth_user"."password", "auth_user"."last_login", "auth_user"."is_superuser", "auth_user"."username", "auth_user"."first_name", "auth_user"."last_name", "auth_user"."email", "auth_user"."is_staff", "auth_user"."is_active", "auth_user"."date_joined" FROM "auth_user" WHERE "auth_user"."id" = $1 LIMIT $2';
const SESSION =
  'SELECT "django_session"."session_key", "django_session"."session_data", "django_session"."expire_date" FROM "django_session" WHERE ("django_session"."expire_date" > $1 AND "django_session"."session_key" = $2) LIMIT $3';
const PERMISSIONS =
  'SELECT "django_content_type"."app_label" AS "content_type__app_label", "auth_permission"."codename" AS "codename" FROM "auth_permission" INNER JOIN "auth_user_user_permissions" ON ("auth_permission"."id" = "auth_user_user_permissions"."permission_id") INNER JOIN "django_content_type" ON ("auth_permission"."content_type_id" = "django_content_type"."id") WHERE "auth_user_user_permissions"."user_id" = $1';
const BOOKS =
  'SELECT "shop_book"."id", "shop_book"."shop", "shop_book"."title" FROM "shop_book" WHERE ("shop_book"."shop" = $1 AND "shop_book"."title" = $2) ORDER BY "shop_book"."id" DESC';

// The list reads the user as well.
test("the user's row is said of few lines, and is Django's own where many could send it", async () => {
  expect(await joined(11).then((originOf) => originOf(USER))).toMatchObject({ certainty: "one-of", sites: { length: 12 } });
  expect(await joined(12).then((originOf) => originOf(USER))).toEqual({ certainty: "framework", sites: [] });
});

test("where many read the user, those are said that load one by themselves, and middleware, which runs first", async () => {
  const originOf = await joined(20, { "shop/middleware.py": MIDDLEWARE });
  for (const sql of [USER, SESSION]) {
    expect(originOf(sql)).toMatchObject({ certainty: "one-of", isAlsoFramework: true, sites: [{ symbol: "shop.middleware.TeamMiddleware.__call__" }] });
  }
});

test("a question for permissions is the line's that asks, however many ask", async () => {
  const asks = Array.from({ length: 20 }, (_, index) => `\n\ndef may_${index}(request):\n    return request.user.has_perm("shop.add_book")\n`).join("");
  const originOf = await joined(1, { "shop/checks.py": asks });
  expect(originOf(PERMISSIONS)).toMatchObject({ certainty: "one-of", sites: { length: 20 } });
});

test("a template that asks for permissions is named", async () => {
  const originOf = await joined(1, { "shop/templates/page.html": "<h1>{{ name }}</h1>\n{% if perms.shop.add_book %}add{% endif %}" });
  expect(originOf(PERMISSIONS)).toMatchObject({ certainty: "unique", sites: [{ span: { file: "shop/templates/page.html" } }] });
});

test("statements on the table of a cache are sent where the cache is asked", async () => {
  const sql = 'SELECT "cache_key", "value", "expires" FROM "cache_rows" WHERE "cache_key" IN ($1)';
  const uses = 'from django.core.cache import cache\n\ndef titles():\n    return cache.get("titles")\n';
  expect((await joined(1, { "shop/titles.py": uses }))(sql)).toMatchObject({
    certainty: "unique",
    sites: [{ how: "cache.get", span: { file: "shop/titles.py" } }],
  });
  expect((await joined(1))(sql).certainty).toBe("framework");
});

test("a condition that only some ways put into a dictionary is left open", async () => {
  const uses = `
from shop.models import Book

def limits(title):
    filter = {}
    if title:
        filter["title"] = title
    return filter

def newest(title):
    return Book.objects.filter(**limits(title)).order_by("title").first()
`;
  const originOf = await joined(1, { "shop/newest.py": uses });
  for (const where of ['("shop_book"."shop" = $1 AND "shop_book"."title" = $2)', '"shop_book"."shop" = $1']) {
    const sql = `SELECT "shop_book"."id", "shop_book"."shop", "shop_book"."title" FROM "shop_book" WHERE ${where} ORDER BY "shop_book"."title" ASC LIMIT 1`;
    expect(originOf(sql)).toMatchObject({ certainty: "unique", sites: [{ span: { file: "shop/newest.py" } }] });
  }
});

test("SQL of the code, with tables put in, is not taken for what Django sends", async () => {
  const uses = `
from django.db import connection
from shop.models import Book

def forget(book):
    book.delete()

def remove(table, where):
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table}" WHERE {where}')
`;
  const originOf = await joined(1, { "shop/remove.py": uses });
  const byDjango = originOf('DELETE FROM "shop_book" WHERE "shop_book"."id" IN ($1)');
  const byHand = originOf('DELETE FROM "shop_book" WHERE "id" IN ($1)');
  expect(byDjango.sites.map(({ how }) => how)).toEqual(["delete"]);
  expect(byHand.sites.map(({ how }) => how)).toEqual(["SQL"]);
  expect((await joined(1))('DELETE FROM "shop_book" WHERE "id" IN ($1)').certainty).toBe("unknown");
});

test("the session is fetched where the user is read, and stored by Django's middleware", async () => {
  const originOf = await joined(1);
  expect(originOf(SESSION)).toMatchObject({ certainty: "one-of", sites: { length: 2 } });
  expect(originOf('UPDATE "django_session" SET "session_data" = $1, "expire_date" = $2 WHERE "django_session"."session_key" = $3').certainty).not.toBe(
    "unique",
  );
});

const LAZY = `
from shop.models import Book

class ZoneMiddleware:
    def __call__(self, request):
        user = request.user
        print("not fetched yet")
        if user.is_authenticated:
            return None

class RollingMiddleware:
    def __call__(self, request):
        if request.session.keys():
            return None
`;

test("the user is fetched where it is first read, however it is called there", async () => {
  const originOf = await joined(0, { "shop/middleware.py": LAZY });
  const place = originOf(USER).sites.find(({ symbol }) => symbol === "shop.middleware.ZoneMiddleware.__call__");
  const start = LAZY.indexOf("user.is_authenticated");
  expect(place?.sent).toContainEqual({ file: "shop/middleware.py", start, end: start + "user.is_authenticated".length });
  expect(originOf(USER).sites.map(({ symbol }) => symbol)).not.toContain("shop.middleware.RollingMiddleware.__call__");
});

test("the session is fetched where it is read, without its user", async () => {
  const originOf = await joined(0, { "shop/middleware.py": LAZY });
  expect(originOf(SESSION).sites.map(({ how, symbol }) => [how, symbol])).toContainEqual(["request.session", "shop.middleware.RollingMiddleware.__call__"]);
});

test("what a user's groups may, in Django's newer words", async () => {
  const originOf = await joined(1, { "shop/checks.py": '\n\ndef may(request):\n    return request.user.has_perm("shop.add_book")\n' });
  const sql = PERMISSIONS.replace(
    '"auth_user_user_permissions" ON ("auth_permission"."id" = "auth_user_user_permissions"."permission_id")',
    '"auth_group_permissions" ON ("auth_permission"."id" = "auth_group_permissions"."permission_id")',
  ).replace(
    '"auth_user_user_permissions"."user_id" = $1',
    '"auth_group_permissions"."group_id" IN (SELECT U0."id" FROM "auth_group" U0 INNER JOIN "auth_user_groups" U1 ON (U0."id" = U1."group_id") WHERE U1."user_id" = $1)',
  );
  expect(originOf(sql)).toMatchObject({ certainty: "unique", sites: [{ span: { file: "shop/checks.py" } }] });
});

test("a shape with an open end is no less likely to have sent a statement that ends there", async () => {
  const uses = `
from shop.models import Book

def titled(title):
    return Book.objects.filter(title=title).order_by("title").first()

def picked(title, **more):
    return Book.objects.filter(title=title, **more).order_by("title").first()
`;
  const originOf = await joined(1, { "shop/picked.py": uses });
  const sql =
    'SELECT "shop_book"."id", "shop_book"."shop", "shop_book"."title" FROM "shop_book" WHERE ("shop_book"."shop" = $1 AND "shop_book"."title" = $2) ORDER BY "shop_book"."title" ASC LIMIT 1';
  expect(originOf(sql).sites.map(({ symbol }) => symbol)).toEqual(["shop.picked.titled", "shop.picked.picked"]);
});

test("an open shape that tells less than half of a statement is not taken for its line", async () => {
  const uses = "from shop.models import Book\n\ndef picked(**more):\n    return list(Book.objects.filter(title='x', **more))\n";
  const originOf = await joined(0, { "shop/picked.py": uses });
  const where = (more: string): string =>
    `SELECT "shop_book"."id", "shop_book"."shop", "shop_book"."title" FROM "shop_book" WHERE ("shop_book"."shop" = $1 AND "shop_book"."title" = $2${more})`;
  expect(originOf(where(' AND "shop_book"."id" > $3')).certainty).toBe("unique");
  expect(originOf(where(' AND "shop_book"."id" > $3 AND "shop_book"."id" < $4 AND "shop_book"."id" <> $5')).certainty).toBe("unknown");
});

test("create() goes through the save() that the model has of its own", async () => {
  const models = `
from django.db import models

class Note(models.Model):
    text = models.TextField()

    def save(self, *args, **kwargs):
        self.text = self.text.strip()
        super().save(*args, **kwargs)
`;
  const uses = "from shop.models import Note\n\ndef write(text):\n    return Note.objects.create(text=text)\n";
  const originOf = await joined(0, { "shop/models.py": models, "shop/views.py": uses, "config/urls.py": "urlpatterns = []" });
  const { sites } = originOf('INSERT INTO "shop_note" ("text") VALUES ($1) RETURNING "shop_note"."id"');
  expect(sites.map(({ symbol }) => symbol).toSorted()).toEqual(["shop.models.Note.save", "shop.views.write"]);
});

test("no place is named that has no file", async () => {
  const originOf = await joined(3);
  for (const { sites } of [USER, SESSION, BOOKS].map(originOf)) for (const { span } of sites) expect(span.file).toMatch(/^shop\//);
});

test.each([
  ["in a scope", BOOKS],
  ["with scopes disabled", BOOKS.replace('"shop_book"."shop" = $1 AND ', "")],
])("a query of a scoped manager %s", async (_name, sql) => {
  const origin = (await joined(1))(sql);
  expect(origin.certainty).toBe("unique");
  expect(origin.sites[0]?.span.file).toBe("shop/views.py");
});

test("a list whose pages may have any size is sent where its template goes through it", async () => {
  const origin = (await joined(1))('SELECT "shop_book"."id", "shop_book"."shop", "shop_book"."title" FROM "shop_book" LIMIT $1');
  expect(origin.certainty).toBe("unique");
  expect(origin.sites[0]?.sent?.map(({ file }) => file)).toEqual(["shop/templates/list.html"]);
});
