import { describe, expect, test } from "vitest";
import { mend } from "../../tests/support/mend-project.ts";

/** A function of `shop/code.py` that reads each book's relation. */
const loop = (queryset: string, read = "book.author.name"): string =>
  `from django.db.models import Prefetch\nfrom shop.models import Author, Book, Chapter\n\n\ndef show(pk):\n    for book in ${queryset}:\n        print(${read})\n`;

type Case = readonly [name: string, before: string, after: string, read?: string];

const SAFE: readonly Case[] = [
  ["all() alone", "Book.objects.all()", 'Book.objects.select_related("author")'],
  ["a chain", "Book.objects.filter(no=pk)", 'Book.objects.filter(no=pk).select_related("author")'],
  ["a path of two", "Book.objects.all()", 'Book.objects.select_related("author__country")', "book.author.country.name"],
  [
    "two relations at once",
    "Book.objects.filter(no=pk)",
    'Book.objects.filter(no=pk).select_related("author", "editor")',
    "book.author.name, book.editor.name",
  ],
  ["more names", 'Book.objects.select_related("editor")', 'Book.objects.select_related("editor", "author")'],
  ["a trailing comma", 'Book.objects.select_related("editor",)', 'Book.objects.select_related("editor", "author",)'],
  ["the neighbour's quotes", "Book.objects.select_related('editor')", "Book.objects.select_related('editor', 'author')"],
  ["a longer path", 'Book.objects.select_related("author")', 'Book.objects.select_related("author__country")', "book.author.country.name"],
  ["a slice", 'Book.objects.order_by("id")[:5]', 'Book.objects.order_by("id").select_related("author")[:5]'],
  [
    "a prefetch before iterator(), which says how many rows at a time",
    "Book.objects.all().iterator(chunk_size=9)",
    'Book.objects.prefetch_related("chapters").iterator(chunk_size=9)',
    "list(book.chapters.all())",
  ],
  [
    "beyond a prefetch, whose rows are shared",
    'Book.objects.prefetch_related("author")',
    'Book.objects.prefetch_related("author__country")',
    "book.author.country.name",
  ],
  ["before iterator()", "Book.objects.filter(no=pk).iterator()", 'Book.objects.filter(no=pk).select_related("author").iterator()'],
  ["a nested call", "list(Book.objects.filter(no=pk))", 'list(Book.objects.filter(no=pk).select_related("author"))'],
  [
    "arguments on lines of their own",
    'Book.objects.select_related(\n        "editor",  # who edits\n    )',
    'Book.objects.select_related(\n        "editor",  # who edits\n        "author",\n    )',
  ],
  [
    "arguments on lines without a last comma",
    'Book.objects.select_related(\n        "editor"  # who edits\n    )',
    'Book.objects.select_related(\n        "editor",  # who edits\n        "author"\n    )',
  ],
  [
    "a chain on lines of its own",
    '(\n        Book.objects\n        .filter(no=pk)  # mine\n        .order_by("id")\n    )',
    '(\n        Book.objects\n        .filter(no=pk)  # mine\n        .order_by("id")\n        .select_related("author")\n    )',
  ],
  [
    "a chain whose last line has a comment",
    '(\n        Book.objects\n        .filter(no=pk)\n        .order_by("id")  # by age\n    )',
    '(\n        Book.objects\n        .filter(no=pk)\n        .order_by("id")  # by age\n        .select_related("author")\n    )',
  ],
  [
    "a chain over lines with backslashes",
    'Book.objects \\\n            .filter(no=pk) \\\n            .order_by("id")',
    'Book.objects \\\n            .filter(no=pk) \\\n            .order_by("id") \\\n            .select_related("author")',
  ],
  ["arguments of another call on lines", "Book.objects.filter(\n        no=pk,\n    )", 'Book.objects.filter(\n        no=pk,\n    ).select_related("author")'],
  [
    "a line that grows too long",
    'Book.objects.filter(title__startswith="a very long title", editor__name="x")',
    'Book.objects.filter(\n        title__startswith="a very long title", editor__name="x"\n    ).select_related("author")',
  ],
  [
    "rows of one row's manager",
    "Author.objects.get(no=pk).books.filter(no=1)",
    'Author.objects.get(no=pk).books.filter(no=1).select_related("editor")',
    "book.editor.name",
  ],
  ["an ordered reverse relation", "Book.objects.filter(no=pk)", 'Book.objects.filter(no=pk).prefetch_related("chapters")', "list(book.chapters.all())"],
  ["a prefetch that goes on", 'Book.objects.prefetch_related("chapters")', 'Book.objects.prefetch_related("chapters", "tags")', "list(book.tags.all())"],
];

/** The order of tags may change, so that case is checked for its text alone. */
const REVIEWED = new Set(["a prefetch that goes on"]);

describe("loads the relation with the queryset", () => {
  test.each(SAFE.map((one) => [one[0], one] as const))("%s", async (name, [, before, after, read]) => {
    const mended = await mend({ "shop/code.py": loop(before, read) }, "n-plus-one");
    expect(mended.after).toBe(loop(after, read));
    expect(new Set(mended.safeties)).toEqual(new Set([REVIEWED.has(name) ? "review" : "safe"]));
    expect(mended.left).toEqual([]);
    expect(mended.errors).toEqual([]);
  });

  test("in a file with CRLF and tabs", async () => {
    const before = loop("Book.objects.filter(no=pk)").replaceAll("    ", "\t").replaceAll("\n", "\r\n");
    const mended = await mend({ "shop/code.py": before }, "n-plus-one");
    expect(mended.after).toBe(before.replace("pk):\r\n\t\t", 'pk).select_related("author"):\r\n\t\t'));
    expect(mended.left).toEqual([]);
  });

  test("in a file with a byte order mark", async () => {
    const mended = await mend({ "shop/code.py": `\uFEFF${loop("Book.objects.filter(no=pk)")}` }, "n-plus-one");
    expect(mended.after).toBe(`\uFEFF${loop('Book.objects.filter(no=pk).select_related("author")')}`);
  });
});

const LEFT: readonly (readonly [why: string, safety: string, title: RegExp, queryset: string, read?: string])[] = [
  ["only() without the key", "advice", /only\(\) leaves out the foreign key/, 'Book.objects.only("title", "author").only("title")'],
  ["a lock", "review", /lock the joined rows/, "Book.objects.select_for_update()"],
  ["select_related() without names", "advice", /without names/, "Book.objects.select_related()", "book.editor.name"],
  ["a set operation", "advice", /after union\(\)/, "Book.objects.filter(no=1).union(Book.objects.filter(no=2))"],
  ["no constraint", "review", /no constraint/, "Book.objects.filter(no=pk)", "book.loose.name"],
  ["an unordered relation", "review", /no ordering/, "Book.objects.filter(no=pk)", "list(book.tags.all())"],
  ["a prefetch before iterator()", "review", /chunk_size/, "Book.objects.filter(no=pk).iterator()", "list(book.chapters.all())"],
];

describe("leaves to a person", () => {
  test.each(LEFT.map((one) => [one[0], one] as const))("%s", async (_, [, safety, title, queryset, read]) => {
    const mended = await mend({ "shop/code.py": loop(queryset, read) }, "n-plus-one");
    expect(mended.safeties).toEqual([safety]);
    expect(mended.titles[0]).toMatch(title);
    expect(mended.errors).toEqual([]);
  });

  test("a loop that writes to the rows it would load early", async () => {
    const code = loop("Book.objects.filter(no=pk)").replace(
      "print(book.author.name)",
      "author = book.author\n        author.name = 'x'\n        author.save()",
    );
    const mended = await mend({ "shop/code.py": code }, "n-plus-one");
    expect([mended.safeties, mended.titles[0]]).toEqual([["review"], expect.stringContaining("writes to these rows")]);
  });
});

const admin = (body: string): string =>
  `from django.contrib import admin\nfrom shop.models import Book\n\n\n@admin.register(Book)\nclass BookAdmin(admin.ModelAdmin):\n${body}`;

const CLASSES: readonly (readonly [name: string, before: string, after: string])[] = [
  [
    "a changelist: the nullable key, and the others that it shows",
    admin('    list_display = ["title", "author", "editor_name"]\n\n    def editor_name(self, book):\n        return book.editor.name\n'),
    admin(
      '    list_display = ["title", "author", "editor_name"]\n    list_select_related = ("author", "editor")\n\n    def editor_name(self, book):\n        return book.editor.name\n',
    ),
  ],
  [
    "a changelist that reads the key alone of what lies beyond",
    admin(
      '    list_display = ["title", "author", "label"]\n\n    def label(self, book):\n        return f"{book.author.name} {book.author.country_id} {book.editor.name}"\n',
    ),
    admin(
      '    list_display = ["title", "author", "label"]\n    list_select_related = ("author", "editor")\n\n    def label(self, book):\n        return f"{book.author.name} {book.author.country_id} {book.editor.name}"\n',
    ),
  ],
  [
    "a changelist that names some",
    admin(
      '    list_display = ["title", "editor_name"]\n    list_select_related = ["author"]\n\n    def editor_name(self, book):\n        return book.editor.name\n',
    ),
    admin(
      '    list_display = ["title", "editor_name"]\n    list_select_related = ["author", "editor"]\n\n    def editor_name(self, book):\n        return book.editor.name\n',
    ),
  ],
  [
    "a changelist's many-valued relation",
    admin('    list_display = ["title", "all_tags"]\n\n    def all_tags(self, book):\n        return [tag.name for tag in book.tags.all()]\n'),
    admin(
      '    list_display = ["title", "all_tags"]\n\n    def all_tags(self, book):\n        return [tag.name for tag in book.tags.all()]\n\n    def get_queryset(self, request):\n        return super().get_queryset(request).prefetch_related("tags")\n',
    ),
  ],
];

describe("classes that a framework makes querysets of", () => {
  test.each(CLASSES)("%s", async (_, before, after) => {
    const mended = await mend({ "shop/admin.py": before }, "n-plus-one");
    expect(mended.after).toBe(after);
    expect(new Set(mended.safeties)).toEqual(new Set(["review"]));
    expect([mended.left, mended.errors]).toEqual([[], []]);
  });

  test("a view with a model alone", async () => {
    const view = "from django.views.generic import ListView\nfrom shop.models import Book\n\n\nclass Books(ListView):\n    model = Book\n";
    const template = "{% for book in object_list %}{{ book.author.name }}{% endfor %}";
    const mended = await mend({ "shop/views.py": view, "shop/templates/shop/book_list.html": template }, "n-plus-one");
    expect(mended.after).toBe(`${view}    queryset = Book.objects.select_related("author")\n`);
    expect([mended.safeties, mended.left]).toEqual([["review"], []]);
  });
});

test("a row that may be made where it is fetched has nothing loaded", async () => {
  const text =
    "from shop.models import Book\n\n\ndef show(numbers):\n    for no in numbers:\n        book, _ = Book.objects.get_or_create(no=no)\n        print(book.author.name)\n";
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect([mended.after, mended.safeties]).toEqual([text, ["advice"]]);
  expect(mended.titles[0]).toMatch(/get_or_create\(\) fetches the row or makes it: load it on the queryset before that/);
  const given = await mend({ "shop/code.py": text.replace("(no=no)", "(no=no, author=numbers[no])") }, "n-plus-one");
  expect([given.after, given.titles[0]]).toEqual([
    text.replace("(no=no)", "(no=no, author=numbers[no])"),
    expect.stringMatching(/get_or_create\(\) was given it: give it to the row, or go on from that/),
  ]);
  expect(given.found[0]?.message).toMatch(/Give the row the `author` that `get_or_create\(\)` is given, or go on from that/);
  const locked = await mend({ "shop/code.py": text.replace("get_or_create", "update_or_create") }, "n-plus-one");
  expect(locked.titles[0]).toMatch(/would lock what is joined/);
});

test("what belongs to many rows of the one that is found or made is loaded for it before the loop", async () => {
  const text =
    "from shop.models import Author\n\n\ndef show(numbers):\n    for no in numbers:\n        author, _ = Author.objects.update_or_create(no=no)\n        books = author.books.all()\n        for book in books:\n            print(list(book.tags.all()))\n";
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect([mended.after, mended.titles]).toEqual([text, [expect.stringMatching(/prefetch_related_objects\(\) loads it for the rows of that before the loop$/)]]);
  expect(mended.found[0]?.message).toMatch(
    /Call `prefetch_related_objects\(\[…\], "books__tags"\)` before the loop, on the row that `update_or_create\(\)` gives\.$/,
  );
});

test("a method of the project's own is called on what a queryset's method gave", async () => {
  const models = `from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=9)


class BookQuerySet(models.QuerySet):
    def first_by_title(self):
        return self.order_by("title").first()


class Book(models.Model):
    title = models.CharField(max_length=9)
    author = models.ForeignKey(Author, models.CASCADE)
    objects = BookQuerySet.as_manager()
`;
  const text =
    "from shop.models import Book\n\n\ndef show(titles):\n    for title in titles:\n        print(Book.objects.filter(title=title).first_by_title().author.name)\n";
  const mended = await mend({ "shop/code.py": text, "shop/models.py": models }, "n-plus-one");
  expect(mended.after).toContain(`Book.objects.filter(title=title).select_related("author").first_by_title()`);
});

test("what a queryset's own method goes through is loaded there", async () => {
  const models = `from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=9)


class BookQuerySet(models.QuerySet):
    def announce(self):
        for book in self.exclude(title="").filter(title="x"):
            print(book.author.name)


class Book(models.Model):
    title = models.CharField(max_length=9)
    author = models.ForeignKey(Author, models.CASCADE)
    objects = BookQuerySet.as_manager()
`;
  const text = "from shop.models import Book\n\n\ndef show():\n    Book.objects.announce()\n";
  const mended = await mend({ "shop/models.py": models, "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toContain('in self.exclude(title="").filter(title="x").select_related("author"):');
});

test("what goes on from the list of a prefetch goes on by the list's name", async () => {
  const text =
    'from django.db.models import Prefetch\nfrom shop.models import Author, Book\n\n\ndef show():\n    books = Prefetch("books", queryset=Book.objects.filter(no=1), to_attr="first_books")\n    for author in Author.objects.prefetch_related(books):\n        for book in author.first_books:\n            print(book.editor.name)\n';
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toContain('prefetch_related(books, "first_books__editor")');
  expect(mended.found[0]?.message).toContain('prefetch_related("first_books__editor")');
});

test("rows of a queryset that also makes rows are loaded with it", async () => {
  const text =
    "from shop.models import Book\n\n\ndef show(no):\n    books = Book.objects.filter(no=no)\n    for book in books:\n        print(book.author.name)\n    books.get_or_create(no=no)\n";
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toContain('.filter(no=no).select_related("author")');
});

test("a lookup that another way loads with a queryset of its own is not loaded before it", async () => {
  const text = (prefetch: string): string => `from django.db.models import Prefetch
from shop.models import Book, Tag


def books(all_tags):
    found = Book.objects.all()
    if all_tags:
        return found
    return found.prefetch_related(${prefetch})


def show(request):
    for book in books(request.GET.get("all")):
        print([tag.name for tag in book.tags.all()])
`;
  const own = text('Prefetch("tags", queryset=Tag.objects.filter(name="x"))');
  const mended = await mend({ "shop/code.py": own }, "n-plus-one");
  expect([mended.after, mended.safeties]).toEqual([own, ["advice"]]);
  expect(mended.titles[0]).toMatch(/Django takes no second one/);
  const plain = await mend({ "shop/code.py": text('"tags"') }, "n-plus-one");
  expect(plain.after).toContain('Book.objects.prefetch_related("tags")');
});

test("a path is not loaded before lookups that are computed: one of them may be a Prefetch object of its first relation", async () => {
  const text = (lookups: string): string => `from django.db.models import Prefetch
from shop.models import Author, Book


def lookups():
    return (Prefetch("books", queryset=Book.objects.order_by("title")),)


def authors(request):
    found = Author.objects.all()
    return found.prefetch_related(${lookups})


def show(request):
    for author in authors(request):
        for book in author.books.all():
            print([tag.name for tag in book.tags.all()])
`;
  const computed = text("*lookups()");
  const mended = await mend({ "shop/code.py": computed }, "n-plus-one");
  expect([mended.after, mended.safeties]).toEqual([computed, ["advice"]]);
  expect(mended.titles[0]).toMatch(/computed further on/);
  const plain = await mend({ "shop/code.py": text('"books"') }, "n-plus-one");
  expect(plain.after).toContain("books__tags");
});

test("the header of a class is no queryset", async () => {
  const text =
    "from django.db import models\nfrom shop.models import Author\n\n\nclass NoteQuerySet(models.QuerySet):\n    def names(self):\n        return [note.author.name for note in self.exclude(author__no=1)]\n\n\nclass Note(models.Model):\n    author = models.ForeignKey(Author, models.CASCADE)\n    objects = NoteQuerySet.as_manager()\n";
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toBe(text);
  expect(mended.titles[0]).toMatch(/not a chain of calls/);
});

test("an object of a class that stands for rows is no queryset", async () => {
  const text =
    "from rest_framework import serializers, viewsets\nfrom shop.models import Author, Book\n\n\nclass BookSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Book\n        fields = ['title', 'tags']\n\n\nclass AuthorSerializer(serializers.ModelSerializer):\n    books = BookSerializer(many=True)\n\n    class Meta:\n        model = Author\n        fields = ['books']\n\n\nclass AuthorViewSet(viewsets.ModelViewSet):\n    serializer_class = AuthorSerializer\n\n    def get_queryset(self):\n        return [Author.objects.get(pk=1)]\n";
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).not.toMatch(/Serializer\(many=True\)\./);
});

test("a viewset whose base makes the queryset of its model goes on from there", async () => {
  const text = `from rest_framework import serializers, viewsets
from shop.models import Author, Book


class BookSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title", "tags"]


class OfModel(viewsets.ModelViewSet):
    model_class = None

    def get_queryset(self):
        if self.kwargs.get("empty"):
            return Author.objects.none()
        return self.model_class.objects.filter(no=self.kwargs["no"])


class Books(OfModel):
    model_class = Book
    serializer_class = BookSerializer
`;
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toContain('    def get_queryset(self):\n        return super().get_queryset().prefetch_related("tags")\n');
});

test("what goes on from a prefetch is named where that is, for one row as for many", async () => {
  const text = (lookup: string): string => `from django.views.generic import DetailView, ListView
from shop.models import Author


class AuthorView(DetailView):
    queryset = Author.objects.filter(no=1)
    template_name = "author.html"

    def get_queryset(self):
        found = super().get_queryset()
        return found.prefetch_related("${lookup}")

    def get_context_data(self, **kwargs):
        return {"books": self.object.books.all()}


class AuthorList(ListView):
    queryset = Author.objects.filter(no=2)
`;
  const template = "{% for book in books %}{% for tag in book.tags.all %}{{ tag.name }}{% endfor %}{% endfor %}";
  const mended = await mend({ "shop/code.py": text("books"), "templates/author.html": template }, "n-plus-one");
  expect(mended.found.map(({ relation }) => relation)).toEqual(["books__tags"]);
  expect([mended.after, mended.left]).toEqual([text("books__tags"), []]);
});

test("a class's queryset that its get_queryset() goes on from is gone on from there", async () => {
  const text = (names: string): string => `from django.views.generic import ListView
from shop.models import Book


class BookList(ListView):
    queryset = Book.objects.filter(no=1)
    template_name = "books.html"

    def get_queryset(self):
        return super().get_queryset().select_related(${names})
`;
  const template = "{% for book in object_list %}{{ book.author.name }}{{ book.editor.name }}{% endfor %}";
  const mended = await mend({ "shop/code.py": text('"editor"'), "templates/books.html": template }, "n-plus-one");
  expect([mended.after, mended.left]).toEqual([text('"editor", "author"'), []]);
});

/** A function that goes through a manager's rows, and a caller with one row. */
const EDITORS = `from shop.models import Author


def editors(author):
    return [book.editor.name for book in author.books.all()]


def one(no):
    return editors(Author.objects.get(no=no))
`;

/** Where another caller prefetches the manager's rows, or has to, the queryset stays as it is. */
async function expectLeft(caller: string): Promise<string> {
  const mended = await mend({ "shop/code.py": `${EDITORS}${caller}` }, "n-plus-one");
  expect(mended.after).toContain("in author.books.all()]");
  expect(mended.found.map(({ remedy }) => remedy)).toContain(
    'Add `prefetch_related("books__editor")` where the row is fetched that has these: some callers prefetch them, or should, and `select_related()` here would ask for them again.',
  );
  return mended.titles.join("\n");
}

test("a manager's rows that some callers have prefetched are not asked for anew", async () => {
  const alone = await mend({ "shop/code.py": EDITORS }, "n-plus-one");
  expect(alone.after).toContain('author.books.all().select_related("editor")');
  const titles = await expectLeft(`\n\ndef many():\n    return [editors(author) for author in Author.objects.prefetch_related("books")]\n`);
  expect(titles).toMatch(/where these rows are prefetched/);
});

test("nor are those that a list of the rows has to prefetch", async () => {
  await expectLeft(`\n\ndef many():\n    return [editors(author) for author in Author.objects.filter(no=1)]\n`);
});

test("a manager with methods of its own stays a manager", async () => {
  const models = `from django.db import models
from shop.models import Author


class NoteManager(models.Manager):
    def short(self):
        return self.filter(text__length__lt=80)


class Note(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
    text = models.TextField()
    objects = NoteManager()
`;
  const code = `from shop.notes import Note


def names(short):
    notes = Note.objects
    if short:
        notes = notes.short()
    return [note.author.name for note in notes.all()]
`;
  const kept = await mend({ "shop/code.py": code, "shop/notes.py": models }, "n-plus-one");
  expect(kept.after).toBe(code);
  expect(kept.titles[0]).toMatch(/behind all\(\), which makes a queryset of the manager/);
  const querysets = models.replace("models.Manager", "models.QuerySet").replace("NoteManager()", "NoteManager.as_manager()");
  const changed = await mend({ "shop/code.py": code, "shop/notes.py": querysets }, "n-plus-one");
  expect(changed.after).toContain('notes = Note.objects.select_related("author")');
});

test("rows that a form offers are not those of the class that shows it", async () => {
  const models = `from django.db import models
from shop.models import Author


class Topic(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)

    def __str__(self):
        return self.author.name


class Note(models.Model):
    topic = models.ForeignKey(Topic, models.CASCADE)
    text = models.TextField()
`;
  const code = `from django.contrib import admin
from shop.notes import Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    list_display = ("text",)
`;
  const mended = await mend({ "shop/admin.py": code, "shop/notes.py": models }, "n-plus-one");
  expect([mended.after, mended.safeties]).toEqual([code, ["advice"]]);
  expect(mended.titles[0]).toMatch(/these rows are choices/);
  expect(mended.found[0]?.message).toMatch(
    /choices of the field `topic`: give it a queryset with `select_related\("author"\)`.* `formfield_for_foreignkey\(\)`/,
  );
  const many = models.replace("topic = models.ForeignKey(Topic, models.CASCADE)", "topics = models.ManyToManyField(Topic)");
  const ofMany = await mend({ "shop/admin.py": code, "shop/notes.py": many }, "n-plus-one");
  expect(ofMany.found[0]?.message).toMatch(/choices of the field `topics`: .* `formfield_for_manytomany\(\)`/);
});

test("rows that the loop adds to a relation would not be among those that were prefetched", async () => {
  const code = (made: string): string =>
    loop("Book.objects.filter(no=pk)", `[chapter.title for chapter in book.chapters.all()]`).replace("        print", `        ${made}\n        print`);
  for (const made of ['Chapter.objects.create(book_id=book.pk, title="new")', 'Chapter.objects.bulk_create([Chapter(book=book, title="new")])']) {
    const mended = await mend({ "shop/code.py": code(made) }, "n-plus-one");
    expect([mended.after, mended.safeties]).toEqual([code(made), ["advice"]]);
    expect(mended.titles[0]).toMatch(/the loop makes `Chapter` rows/);
    expect(mended.found[0]?.message).toMatch(/Make the `Chapter` rows in a loop of their own, then fetch these with `prefetch_related\("chapters"\)`/);
  }
  const others = [code("Author.objects.create(no=pk)"), loop("Book.objects.filter(no=pk)", "list(book.chapters.all()), book.chapters.create(title='new')")];
  for (const other of others) expect((await mend({ "shop/code.py": other }, "n-plus-one")).found[0]?.message).toMatch(/Add `prefetch_related/);
});

test("rows that a loop makes of the kind that it goes through are none of its own", async () => {
  const code = `from shop.models import Author, Book


def copy(author):
    for book in author.books.all():
        made = Book.objects.create(author_id=7, title="copy")
        made.tags.set(book.tags.all())


def work():
    for author in Author.objects.all():
        copy(author)
`;
  const { found } = await mend({ "shop/code.py": code }, "n-plus-one");
  expect(found.map(({ remedy }) => remedy)).toContain('Add `prefetch_related("books__tags")` to the queryset.');
});

test("what a prefetch would put into a dictionary that the code takes is not prefetched", async () => {
  const code = (take: string): string => loop("Book.objects.filter(no=pk)", `[tag.name for tag in book.tags.all()], ${take}, book.author.name`);
  const mended = await mend({ "shop/code.py": code("book.__dict__.copy()") }, "n-plus-one");
  expect(mended.after).toBe(code("book.__dict__.copy()").replace("no=pk)", 'no=pk).select_related("author")'));
  expect(mended.titles.join("\n")).toMatch(/__dict__/);
  expect(mended.found.map(({ message }) => message).join("\n")).not.toMatch(/Add `prefetch_related/);
  const copies = await mend({ "shop/code.py": `from copy import deepcopy\n${code("deepcopy(book)")}` }, "n-plus-one");
  expect(copies.after).toContain('select_related("author")');
  expect(copies.after).not.toContain("prefetch_related");
  expect((await mend({ "shop/code.py": code("book.title") }, "n-plus-one")).after).toContain('prefetch_related("tags")');
  expect((await mend({ "shop/code.py": code("book.author.__dict__.copy()") }, "n-plus-one")).after).toContain('prefetch_related("tags")');
});
