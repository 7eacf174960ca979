/** What the edits of rules write: before and after, in the library of `mend-project.ts`. */
import { describe, expect, test } from "vitest";
import { mend } from "./support/mend-project.ts";

type Case = readonly [name: string, rule: string, before: string, after: string, safety?: "safe" | "review"];

const HEAD = `from django.db.models import Count, Prefetch
from shop.models import Author, Book, Chapter, Country, Tag


def work(request, names, books, pk):
`;

const indented = (body: string): string => `${HEAD}${body.replaceAll(/^(?=.)/gm, "    ")}\n`;

const LOOPS: readonly Case[] = [
  [
    "creates as one expression",
    "save-in-loop",
    "for name in names:\n    Tag.objects.create(name=name)",
    "Tag.objects.bulk_create(Tag(name=name) for name in names)",
  ],
  [
    "a long one over lines",
    "save-in-loop",
    "for name in names:\n    Author.objects.create(name=name, no=len(name), country=request.user.country)",
    "Author.objects.bulk_create(\n    Author(name=name, no=len(name), country=request.user.country) for name in names\n)",
  ],
  [
    "creates among other statements",
    "save-in-loop",
    "# Every name is a tag.\nfor name in names:\n    name = name.strip()\n    if name:\n        Tag.objects.create(name=name)  # one each\nreturn None",
    "# Every name is a tag.\nfor name in names:\n    name = name.strip()\n    if name:\n        tags.append(Tag(name=name))  # one each\nTag.objects.bulk_create(tags)\nreturn None".replace(
      "# Every",
      "tags = []\n# Every",
    ),
  ],
  [
    "objects that are filled first",
    "save-in-loop",
    "for name in names:\n    tag = Tag()\n    tag.name = name\n    tag.save()",
    "tags = []\nfor name in names:\n    tag = Tag()\n    tag.name = name\n    tags.append(tag)\nTag.objects.bulk_create(tags)",
  ],
  [
    "changed rows of a variable",
    "save-in-loop",
    "rows = Book.objects.filter(no=pk)\nfor book in rows:\n    book.title = book.title.strip()\n    book.save()",
    'rows = Book.objects.filter(no=pk)\nfor book in rows:\n    book.title = book.title.strip()\nBook.objects.bulk_update(rows, ["title"], batch_size=500)',
  ],
  [
    "some of the rows",
    "save-in-loop",
    'for book in Book.objects.filter(no=pk):\n    if book.title != book.title.strip():\n        book.title = book.title.strip()\n        book.save(update_fields=["title"])',
    'changed_books = []\nfor book in Book.objects.filter(no=pk):\n    if book.title != book.title.strip():\n        book.title = book.title.strip()\n        changed_books.append(book)\nBook.objects.bulk_update(changed_books, ["title"], batch_size=500)',
  ],
  [
    "a list of objects to add",
    "add-in-loop",
    "book = Book.objects.get(pk=pk)\nfor tag in Tag.objects.filter(name__in=names):\n    if tag.name:\n        book.tags.add(tag)",
    "book = Book.objects.get(pk=pk)\ntags = []\nfor tag in Tag.objects.filter(name__in=names):\n    if tag.name:\n        tags.append(tag)\nif tags:\n    book.tags.add(*tags)",
  ],
  ["keys to delete by", "delete-in-loop", "for name in names:\n    Tag.objects.filter(name=name).delete()", "Tag.objects.filter(name__in=names).delete()"],
  [
    "rows of a variable",
    "delete-in-loop",
    "rows = Tag.objects.filter(name__in=names)\nfor tag in rows:\n    tag.delete()",
    "rows = Tag.objects.filter(name__in=names)\nrows.delete()",
  ],
];

const EXPRESSIONS: readonly Case[] = [
  [
    "a condition",
    "python-side-filter",
    "return [book.title for book in Book.objects.all() if book.no == pk]",
    "return [book.title for book in Book.objects.filter(no=pk)]",
  ],
  [
    "an order",
    "python-side-sort",
    "return sorted(Book.objects.filter(no=pk), key=lambda book: book.title)",
    'return list(Book.objects.filter(no=pk).order_by("title"))',
  ],
  [
    "an order that is cut",
    "python-side-sort",
    "return sorted(Book.objects.all(), key=lambda book: book.no)[:5]",
    'return list(Book.objects.order_by("no")[:5])',
  ],
  ["a slice of a list", "all-then-narrow", "return list(Book.objects.filter(no=pk))[:5]", "return list(Book.objects.filter(no=pk)[:5])"],
  [
    "a column",
    "values-instead-of-instances",
    "return [book.title for book in Book.objects.filter(no=pk)]",
    'return list(Book.objects.filter(no=pk).values_list("title", flat=True))',
    "safe",
  ],
  [
    "two counts",
    "multi-aggregate-join",
    'return list(Book.objects.annotate(a=Count("chapters"), b=Count("tags")))',
    'return list(Book.objects.annotate(a=Count("chapters", distinct=True), b=Count("tags", distinct=True)))',
  ],
  ["one only()", "harmful-only", 'return list(Book.objects.only("title").only("no"))', 'return list(Book.objects.only("no", "title"))', "safe"],
  [
    "a test of the rows",
    "exists-then-iterate",
    "rows = Book.objects.filter(no=pk)\nif rows.exists():\n    return list(rows)",
    "rows = Book.objects.filter(no=pk)\nif rows:\n    return list(rows)",
  ],
  [
    "a column of defer()",
    "deferred-field-load",
    'return [book.title for book in Book.objects.defer("title", "no")]',
    'return [book.title for book in Book.objects.defer("no")]',
    "safe",
  ],
  [
    "the same query",
    "duplicate-query",
    "name = Tag.objects.get(pk=pk).name\nreturn name, Tag.objects.get(pk=pk).pk",
    "tag = Tag.objects.get(pk=pk)\nname = tag.name\nreturn name, tag.pk",
  ],
];

describe("expressions", () => {
  test.each(named(EXPRESSIONS))("%s", (_name, one) => expectEdit(one));
});

describe("statements in a loop", () => {
  test.each(named(LOOPS))("%s", (_name, one) => expectEdit(one));
});

function named(cases: readonly Case[]): (readonly [string, Case])[] {
  return cases.map((one) => [one[0], one]);
}

async function expectEdit([, rule, before, after, safety = "review"]: Case): Promise<void> {
  const mended = await mend({ "shop/code.py": indented(before) }, rule);
  expect(mended.after).toBe(indented(after));
  expect([mended.safeties, mended.left, mended.errors]).toEqual([[safety], [], []]);
}

/** Where one statement would not do the same, nothing is edited. */
const LEFT_ALONE: readonly (readonly [name: string, rule: string, body: string])[] = [
  ["a created row whose key is used", "save-in-loop", "for name in names:\n    tag = Tag.objects.create(name=name)\n    request.user.tags.add(tag)"],
  ["a row that a method changes", "save-in-loop", "for book in Book.objects.filter(no=pk):\n    book.normalise()\n    book.save()"],
  ["a row that goes elsewhere", "save-in-loop", "for book in Book.objects.filter(no=pk):\n    request.fill(book)\n    book.save()"],
  [
    "rows that the loop looks for",
    "save-in-loop",
    "for name in names:\n    if not Tag.objects.filter(name=name).exists():\n        Tag.objects.create(name=name)",
  ],
  [
    "a relation that the loop reads",
    "add-in-loop",
    "book = Book.objects.get(pk=pk)\nfor tag in Tag.objects.filter(name__in=names):\n    if tag not in book.tags.all():\n        book.tags.add(tag)",
  ],
  ["a variable that is read again", "delete-in-loop", "rows = Tag.objects.filter(name__in=names)\nfor tag in rows:\n    tag.delete()\nreturn list(rows)"],
];

test.each(LEFT_ALONE)("%s is left alone", async (_name, rule, body) => {
  const mended = await mend({ "shop/code.py": indented(body) }, rule);
  expect(mended.after).toBe(indented(body));
});
