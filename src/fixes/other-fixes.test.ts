import { describe, expect, test } from "vitest";
import { mend } from "../../tests/support/mend-project.ts";

const code = (body: string): string => `from shop.models import Book\n\n\ndef show(pk):\n    for book in Book.objects.filter(no=pk)${body}\n`;

describe("reads the key from the row", () => {
  test("in Python, safely where there always is one", async () => {
    const mended = await mend({ "shop/code.py": code(":\n        print(book.author.id, book.author.pk)") }, "n-plus-one");
    expect(mended.after).toBe(code(":\n        print(book.author_id, book.author_id)"));
    expect([mended.safeties, mended.left, mended.errors]).toEqual([["safe"], [], []]);
  });
  test("where it may be null, for review", async () => {
    const mended = await mend({ "shop/code.py": code(":\n        print(book.editor.id)") }, "n-plus-one");
    expect([mended.after, mended.safeties]).toEqual([code(":\n        print(book.editor_id)"), ["review"]]);
  });
  test.each([
    [
      ":\n        if book.editor and not book.editor:\n            print(book.no)",
      ":\n        if book.editor_id and not book.editor_id:\n            print(book.no)",
    ],
    [":\n        print(1 if book.editor is not None else 2)", ":\n        print(1 if book.editor_id is not None else 2)"],
    [":\n        print(Book.objects.filter(editor=book.editor))", ":\n        print(Book.objects.filter(editor=book.editor_id))"],
  ])("where it is only tested or asked for", async (before, after) => {
    const mended = await mend({ "shop/code.py": code(before) }, "n-plus-one");
    expect([mended.after, mended.safeties, mended.left]).toEqual([code(after), ["review"], []]);
  });
  test("where two of them are compared, and of what else stands there it is only said", async () => {
    const both = await mend({ "shop/code.py": code(":\n        print(book.author == book.author)") }, "n-plus-one");
    expect(both.after).toBe(code(":\n        print(book.author_id == book.author_id)"));
    const other = await mend({ "shop/code.py": code(":\n        print(book.author == pk)") }, "n-plus-one");
    expect(other.after).toBe(code('.select_related("author"):\n        print(book.author == pk)'));
    expect([other.titles, other.safeties]).toEqual([["Or load author with the queryset"], ["review"]]);
    expect(other.found[0]?.message).toContain("Compare `author_id`, which came with the row, with the other one's key.");
  });
  test.each([
    "        found = book.editor or book.author",
    "        Book.objects.create(editor=book.editor)",
    "        print(book.editor)",
    "        print(book.editor in pk)",
    "        if book.editor:\n            print(book.editor.name)",
  ])("not where the row itself is wanted: %s", async (line) => {
    const mended = await mend({ "shop/code.py": code(`:\n${line}`) }, "n-plus-one");
    expect(mended.after).not.toMatch(/editor_id/);
    expect(mended.found[0]?.message).toMatch(/Add `select_related\(/);
  });
  test("not where more is read", async () => {
    const mended = await mend({ "shop/code.py": code(":\n        print(book.author.id, book.author.name)") }, "n-plus-one");
    expect(mended.after).toBe(code('.select_related("author"):\n        print(book.author.id, book.author.name)'));
  });
});

describe("counts with the queryset", () => {
  test("and imports what that needs", async () => {
    const mended = await mend({ "shop/code.py": code(":\n        print(book.chapters.count())") }, "aggregate-in-loop");
    const after = code('.annotate(\n        n_chapters=Count("chapters", distinct=True)\n    ):\n        print(book.n_chapters)');
    expect(mended.after).toBe(`from django.db.models import Count\n\n${after}`);
    expect([mended.safeties, mended.left, mended.errors]).toEqual([["review"], [], []]);
  });
  test("and says where the rows of others have to be annotated too", async () => {
    const helper =
      "from shop.models import Book\n\n\ndef size(book):\n    return book.chapters.count()\n\n\ndef show(pk):\n    return [size(book) for book in Book.objects.filter(no=pk)]\n";
    const mended = await mend({ "shop/code.py": helper }, "aggregate-in-loop");
    expect([mended.safeties, mended.titles]).toEqual([["review"], [expect.stringMatching(/: other callers .*, tests too, have to annotate their rows$/)]]);
  });
  test("not where another queryset's rows come the same way", async () => {
    const shared =
      "from shop.models import Book\n\n\ndef one(books):\n    for book in books:\n        print(book.chapters.count())\n\n\ndef a():\n    one(Book.objects.filter(no=1))\n\n\ndef b():\n    one(Book.objects.filter(no=2))\n";
    const mended = await mend({ "shop/code.py": shared }, "aggregate-in-loop");
    expect(mended.after).toBe(shared);
    expect(new Set(mended.safeties)).toEqual(new Set(["advice"]));
  });
  test.each(['filter(chapters__name="x")', 'filter(Q(no=pk) | Q(chapters__name="x"))', "filter(chapters=pk)"])(
    "not after %s, which narrows the rows that are counted",
    async (filter) => {
      const text = `from django.db.models import Q\nfrom shop.models import Book\n\n\ndef show(pk):\n    for book in Book.objects.${filter}:\n        print(book.chapters.count())\n`;
      const mended = await mend({ "shop/code.py": text }, "aggregate-in-loop");
      expect([mended.after, mended.safeties]).toEqual([text, ["advice"]]);
      expect(mended.found[0]?.message).toMatch(/Annotate a `Subquery` that counts them.* lets through\.$/);
    },
  );
  test("an existence test stands beside distinct()", async () => {
    const before = `from shop.models import Book, Chapter\n\n\ndef show(pk):\n    for book in Book.objects.filter(no=pk).distinct():\n        print(book.chapters.exists(), Chapter)\n`;
    const mended = await mend({ "shop/code.py": before }, "aggregate-in-loop");
    expect(mended.after).toMatch(/\.annotate\(\s*has_chapters=Exists\(Chapter\.objects\.filter\(book=OuterRef\("pk"\)\)\)\s*\)/);
    expect(mended.left).toEqual([]);
  });
  test("where they are filtered by other columns alone", async () => {
    const mended = await mend({ "shop/code.py": code(".filter(author__no=1):\n        print(book.chapters.count())") }, "aggregate-in-loop");
    expect(mended.after).toContain('n_chapters=Count("chapters", distinct=True)');
  });
});

test("a column that only() left out goes back in", async () => {
  const before = code('.only("id"):\n        print(book.title)');
  const mended = await mend({ "shop/code.py": before }, "deferred-field-load");
  expect(mended.after).toBe(code('.only("id", "title"):\n        print(book.title)'));
  expect([mended.safeties, mended.left]).toEqual([["safe"], []]);
});

test("a column that only() names is not named again where an earlier defer() keeps it out", async () => {
  const before = code('.defer("title").only("id", "title"):\n        print(book.title)');
  const mended = await mend({ "shop/code.py": before }, "deferred-field-load");
  expect(mended.found[0]?.message).toMatch(/leaves it out although it names it.*Call `defer\(None\)` before `only\(\)`/);
  const deferred = await mend({ "shop/code.py": before.replace('.defer("title")', ".defer(None)") }, "deferred-field-load");
  expect(deferred.found).toEqual([]);
});

describe("names the columns of a wide row", () => {
  const MODELS = `from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=9)


class SheetQuerySet(models.QuerySet):
    def odd(self):
        keys = []
        for sheet in self:
            keys.append(sheet.c1)
        return self.filter(c1__in=keys)


class SheetManager(models.Manager):
    def get_queryset(self):
        return SheetQuerySet(self.model, using=self._db)

    def open(self):
        return self.get_queryset().odd()

    def titles(self):
        titles = []
        for sheet in self.get_queryset():
            titles.append(sheet.c1)
        return titles


class DrawnSheetManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().select_related("country")


class Sheet(models.Model):
    country = models.ForeignKey(Country, models.CASCADE)
${Array.from({ length: 12 }, (_, at) => `    c${at} = models.CharField(max_length=9)`).join("\n")}

    objects = SheetManager()
    drawn = DrawnSheetManager()
`;
  const labels = (queryset: string): Promise<Awaited<ReturnType<typeof mend>>> =>
    mend(
      {
        "shop/code.py": `from shop.models import Sheet\n\n\ndef labels(pk):\n    result = []\n    for sheet in ${queryset}:\n        result.append(sheet.c1)\n    return result\n`,
        "shop/models.py": MODELS,
      },
      "unused-columns",
    );

  test("and the key of a join with them, which Django refuses to make without it", async () => {
    const mended = await labels('Sheet.objects.filter(c2=pk).select_related("country")');
    expect(mended.after).toContain('.only("id", "country", "c1")');
    expect(mended.found[0]?.message).toMatch(/reads 2\. Nothing but `id`, `c1` is read.* Add `only\("id", "country", "c1"\)`/);
  });
  test("and of a join that the manager makes", async () => {
    expect((await labels("Sheet.drawn.filter(c2=pk)")).after).toContain('Sheet.drawn.filter(c2=pk).only("id", "country", "c1")');
  });
  test("and of rows that are prefetched by a key", async () => {
    expect((await labels('Sheet.objects.filter(c2=pk).prefetch_related("country")')).after).toContain('.only("id", "country", "c1")');
  });
  test("not behind a method that fetches the rows itself", async () => {
    const mended = await labels("range(Sheet.objects.open().count())");
    expect(mended.titles).toEqual(["Load id, c1 alone: do so inside the chain's own method, which fetches the rows"]);
    expect(mended.safeties).toEqual(["advice"]);
  });
  test("not before a method that the manager alone has", async () => {
    const mended = await labels("Sheet.objects.titles()");
    expect(mended.titles).toEqual(["Load id, c1 alone: do so behind titles() here, as far as that gives a queryset, and not inside it for all who call it"]);
    expect(mended.safeties).toEqual(["advice"]);
  });
});

describe("where one line fetches rows of several models", () => {
  const helper = (others: string) =>
    `from shop.models import Author, Book, Chapter, Country\n\n\ndef names(model):\n    return [str(getattr(row, "pk")) + row.author.name for row in model.objects.all()]\n\n\ndef show():\n    return names(Book)${others}\n`;

  test("nothing is loaded that one of them lacks", async () => {
    const mended = await mend({ "shop/code.py": helper(" + names(Country)") }, "n-plus-one");
    expect(mended.after).toBe(helper(" + names(Country)"));
    expect(mended.titles).toEqual([expect.stringContaining("the line fetches rows of other models too, and `Country` has no `author`")]);
    expect(mended.found[0]?.message).toContain('Add `select_related("author")` where the model is known');
  });
  test("it is where all have it", async () => {
    const mended = await mend({ "shop/code.py": helper("") }, "n-plus-one");
    expect(mended.after).toMatch(/model\.objects\.select_related\(\s*"author"\s*\)/);
  });

  test("a function that is handed the model loads nothing for one of them", async () => {
    const text =
      "from shop.models import Author, Book\n\n\ndef of_number(model, no):\n    return model.objects.filter(no=no)\n\n\ndef show(no):\n    for book in of_number(Book, no):\n        print(book.author.name)\n";
    const mended = await mend({ "shop/code.py": text }, "n-plus-one");
    expect([mended.after, mended.safeties]).toEqual([text, ["advice"]]);
    expect(mended.titles).toEqual([expect.stringContaining("`of_number()` is handed the model: load it where that is called")]);
  });

  test("a class method's own class is known", async () => {
    const text = `from django.db import models
from shop.models import Author


class Note(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)

    @classmethod
    def newest(cls):
        return cls.objects.order_by("-pk")


def show():
    for note in Note.newest():
        print(note.author.name)
`;
    const mended = await mend({ "shop/code.py": text }, "n-plus-one");
    expect(mended.after).toContain('cls.objects.order_by("-pk").select_related("author")');
  });
});

test("rows on the way that the loop saves are loaded early for review alone", async () => {
  const work = (line: string) =>
    `from shop.models import Chapter\n\n\ndef note(book):\n    book.no = 3\n    ${line}\n\n\ndef work(name):\n    for chapter in Chapter.objects.filter(name=name):\n        print(chapter.book.author.name)\n        note(chapter.book)\n`;
  expect((await mend({ "shop/code.py": work("book.save()") }, "n-plus-one")).safeties).toEqual(["review"]);
  expect((await mend({ "shop/code.py": work("print(book.no)") }, "n-plus-one")).safeties).toEqual(["safe"]);
});
