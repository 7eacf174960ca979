import { describe, expect, test } from "vitest";
import { mend } from "../../tests/support/mend-project.ts";

const show = (body: string): string =>
  `from shop.models import Author, Book\n\n\ndef titles(author):\n    return [book.no for book in author.books.all()]\n\n\n${body}`;

const READ = "def show(author):\n    for book in author.books.all():\n        print(book.editor.name)\n\n\n";

test("rows of one row that each round fetches are loaded further where the loop asks for them", async () => {
  const text = show(`${READ}def work(numbers):\n    for no in numbers:\n        show(Author.objects.get(no=no))\n`);
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toBe(text.replace("in author.books.all():", 'in author.books.select_related("editor"):'));
  expect(mended.found[0]?.message).toContain('Add `select_related("editor")` to `author.books.all()`, through which the loop goes.');
});

test("rows that the loop changes are loaded as they are when they are read", async () => {
  const text = show(`${READ}def work():\n    for book in Book.objects.filter(no=1):\n        book.no = 2\n        book.save()\n        show(book.author)\n`);
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toContain('in author.books.select_related("editor"):');
});

test("rows of many rows are loaded with these", async () => {
  const text = show(`${READ}def work():\n    for author in Author.objects.all():\n        show(author)\n`);
  const mended = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(mended.after).toContain('Author.objects.prefetch_related("books__editor")');
});

describe("rows of rows that a manager's method makes", () => {
  const mended = (known: string) =>
    mend(
      {
        "shop/code.py": `from shop.letters import Writer


def show(writer):
    for letter in writer.letters.all():
        print(letter.reader.no)


def work(reader):
    for writer in Writer.objects.known(reader):
        show(writer)
`,
        "shop/letters.py": `from django.db import models


class WriterManager(models.Manager):
    def known(self, reader):
        if reader is None:
            return ${known}
        return self.get_queryset().filter(no__gt=reader)


class Writer(models.Model):
    no = models.IntegerField()
    objects = WriterManager()


class Letter(models.Model):
    writer = models.ForeignKey(Writer, models.CASCADE, related_name="letters")
    reader = models.ForeignKey(Writer, models.CASCADE, related_name="+")
`,
      },
      "n-plus-one",
    );

  test("are loaded by who calls it, and for nobody else", async () => {
    expect((await mended("self.get_queryset()")).after).toContain('Writer.objects.known(reader).prefetch_related("letters__reader"):');
  });

  test("are loaded where the loop asks for them if it gives no queryset at times", async () => {
    const { found, after } = await mended("[]");
    expect(found[0]?.remedy).toBe('Add `select_related("reader")` to `writer.letters.all()`, through which the loop goes.');
    expect(after).toContain('in writer.letters.select_related("reader"):');
  });
});

test("whoever comes to the inner loop, it is one finding", async () => {
  const text = show(
    `${READ}def work(numbers):\n    for no in numbers:\n        show(Author.objects.get(no=no))\n\n\ndef other(names):\n    for name in names:\n        show(Author.objects.get(name=name))\n`,
  );
  const { found } = await mend({ "shop/code.py": text }, "n-plus-one");
  expect(found.map(({ relation }) => relation)).toEqual(["books__editor"]);
  expect(found[0]?.places.filter(({ label }) => label === "its rows come here as well")).toHaveLength(1);
});
