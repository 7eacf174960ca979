import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const MODELS = `from django.db import models


class Draft(models.Model):
    book = models.ForeignKey("Book", models.CASCADE)
    kind = models.CharField(max_length=9, choices=[("mail", "mail"), ("post", "post")])
    is_sent = models.BooleanField(default=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True)


class Shown(models.Manager):
    def get_queryset(self):
        return super().get_queryset().exclude(is_deleted=True)


class Place(models.Model):
    name = models.CharField(max_length=20)
    code = models.CharField(max_length=9, blank=True)
    is_deleted = models.BooleanField(default=False)
    objects = Shown()
    everything = models.Manager()


class Shelf(models.Model):
    name = models.CharField(max_length=20)
    code = models.CharField(max_length=9, unique=False)


class Book(models.Model):
    name = models.CharField(max_length=20)
    shelf = models.CharField(max_length=20)
    extra = models.JSONField(default=dict)
`;

async function told(calls: readonly string[], file = "shop/work.py"): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/models.py": MODELS,
    "shop/signals.py": "",
    [file]: `from django.conf import settings\nfrom shop.models import Book, Draft, Place, Shelf\n\n\ndef work(book, kind, sent):\n${calls.map((call) => `    ${call}\n`).join("")}`,
  });
  return report.findings.filter(({ rule }) => rule === "missing-natural-key").map(({ remedy, confidence }) => `${confidence}: ${remedy ?? ""}`);
}

test("a state that the lookup names is the constraint's condition, and no part of its key", async () => {
  expect(await told(["Draft.objects.get_or_create(book=book, kind=kind, is_sent=False, parent=None)"])).toEqual([
    'likely: Remove the double rows, then add `UniqueConstraint(fields=["book", "kind"], condition=Q(is_sent=False, parent__isnull=True), name=…)`.',
  ]);
  expect(await told(['Draft.objects.get_or_create(book=book, kind="mail")'])).toEqual([
    'likely: Remove the double rows, then add `UniqueConstraint(fields=["book"], condition=Q(kind="mail"), name=…)`.',
  ]);
});

test("what differs between calls is part of the key", async () => {
  const calls = ["Draft.objects.get_or_create(book=book, is_sent=False)", "Draft.objects.get_or_create(book=book, is_sent=True)"];
  expect(await told(calls)).toEqual(['likely: Remove the double rows, then add `UniqueConstraint(fields=["book", "is_sent"], name=…)`.']);
});

test("one row of a state is unique by it alone", async () => {
  expect(await told(["Draft.objects.get_or_create(is_sent=False)"])).toEqual([
    'likely: Remove the double rows, then add `UniqueConstraint(fields=["is_sent"], condition=Q(is_sent=False), name=…)`.',
  ]);
});

test("where the same rows are looked up by less, the rest are values", async () => {
  expect(await told(['Book.objects.get_or_create(name="a", shelf=kind)', "Book.objects.get_or_create(name=kind)"])).toEqual([
    "likely: Look it up by `name` alone, as is done elsewhere, and give the rest as `defaults`. Remove the double rows, then add `unique=True` to `name`.",
    "likely: Remove the double rows, then add `unique=True` to `name`.",
  ]);
});

test("one row that the code knows by name says nothing of the others", async () => {
  expect((await told(["Book.objects.get_or_create(name=kind, shelf=sent)", 'Book.objects.get_or_create(name="unknown")']))[0]).toBe(
    'likely: Remove the double rows, then add `UniqueConstraint(fields=["name", "shelf"], name=…)`.',
  );
  expect(await told(['Book.objects.get_or_create(name="unknown")'])).toEqual(["possible: Remove the double rows, then add `unique=True` to `name`."]);
});

test("so does one that a setting or a constant names", async () => {
  const once = ["possible: Remove the double rows, then add `unique=True` to `name`."];
  expect(await told(["Book.objects.get_or_create(name=settings.FIRST_BOOK)"])).toEqual(once);
  expect(await told(["Book.objects.get_or_create(name=FIRST_BOOK)"])).toEqual(once);
});

test("who writes out that a field is not unique has thought of it", async () => {
  expect(await told(["Shelf.objects.get_or_create(code=kind)"])).toEqual(["possible: Remove the double rows, then add `unique=True` to `code`."]);
  expect(await told(["Shelf.objects.get_or_create(code=kind, name=sent)"])).toEqual([
    'likely: Remove the double rows, then add `UniqueConstraint(fields=["code", "name"], name=…)`.',
  ]);
  expect(await told(["Shelf.objects.get_or_create(name=kind)"])).toEqual(["likely: Remove the double rows, then add `unique=True` to `name`."]);
});

test("a script that makes rows as it is loaded is run by one person", async () => {
  const { findings } = await analyseShop({
    "shop/models.py": MODELS,
    "shop/signals.py": "",
    "shop/bin/fill.py": 'from shop.models import Book\n\nfor name in ["a", "b"]:\n    Book.objects.get_or_create(name=name)\n',
  });
  expect(findings.filter(({ rule }) => rule === "missing-natural-key").map(({ confidence }) => confidence)).toEqual(["possible"]);
});

test("values of a JSON column are no key", async () => {
  expect(await told(["Book.objects.get_or_create(name=kind, extra=sent)"])).toEqual([]);
});

test("two runs of a command at once are rare", async () => {
  const once = ["possible: Remove the double rows, then add `unique=True` to `name`."];
  expect(await told(["Book.objects.get_or_create(name=kind)"], "shop/management/commands/fill.py")).toEqual(once);
});

test("so are two of a module that commands alone import", async () => {
  const sure = async (importer: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/models.py": MODELS,
      "shop/signals.py": "",
      "shop/filling.py": "from shop.models import Book\n\n\ndef fill(name):\n    Book.objects.get_or_create(name=name)\n",
      [importer]: "from shop.filling import fill\n\n\ndef work(name):\n    fill(name)\n",
    });
    return findings.filter(({ rule }) => rule === "missing-natural-key").map(({ confidence }) => confidence);
  };
  expect(await sure("shop/management/commands/fill.py")).toEqual(["possible"]);
  expect(await sure("shop/work.py")).toEqual(["likely"]);
});

test("rows that a constraint on all of them would hold against the lookup are left out of it", async () => {
  expect(await told(["Place.everything.get_or_create(code=kind)"])).toEqual([
    'likely: Remove the double rows, then add `UniqueConstraint(fields=["code"], condition=~Q(code=""), name=…)`.',
  ]);
  expect(await told(["Place.objects.get_or_create(name=kind)"])).toEqual([
    'likely: Remove the double rows, then add `UniqueConstraint(fields=["name"], name=…)`, with the condition by which the manager hides rows.',
  ]);
  expect(await told(["Place.everything.get_or_create(name=kind)"])).toEqual(["likely: Remove the double rows, then add `unique=True` to `name`."]);
});

test.each([
  ["Draft.objects.get_or_create(book=book, kind=kind)", 'Remove the double rows, then add `("book", "kind")` to `unique_together`.'],
  [
    "Draft.objects.get_or_create(book=book, kind=kind, is_sent=False)",
    "Remove the double rows, then add a unique index with a condition, by `RunSQL` in a migration (`UniqueConstraint` is of Django 2.2).",
  ],
])("before Django 2.2: %s", async (call, remedy) => {
  const report = await analyseShop({
    "requirements.txt": "Django==1.11.29\n",
    "shop/models.py": MODELS,
    "shop/signals.py": "",
    "shop/work.py": `from shop.models import Draft\n\n\ndef work(book, kind):\n    ${call}\n`,
  });
  expect(report.findings.filter(({ rule }) => rule === "missing-natural-key").map((one) => one.remedy)).toEqual([remedy]);
});
