import { expect, test } from "vitest";
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
