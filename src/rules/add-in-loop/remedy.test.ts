import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(rest: string): Promise<readonly unknown[]> {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Shelf(models.Model):
    name = models.CharField(max_length=20)


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="books", null=True)

    def number(self):
        print(self.shelf)
`,
    "shop/signals.py": "",
    "shop/work.py": `from shop.models import Book, Shelf\n\n\ndef work(shelf):\n    for book in Book.objects.filter(shelf=None):\n        print(book)\n        shelf.books.add(book)\n${rest}`,
  });
  return report.findings.filter(({ rule }) => rule === "add-in-loop").map(({ message, fixes }) => [message.slice(message.indexOf("`books` is")), fixes.length]);
}

const KEY =
  "`books` is the other end of a foreign key: each call writes it with an UPDATE and a transaction. " +
  "Pass all objects to one `add(*objects)`, or set the foreign key on the rows and write them with one `bulk_update()`.";

test("the other end of a foreign key has no links to ask for", async () => {
  expect(await told("")).toEqual([[KEY, 1]]);
});

test("a row that is read after it was added has its new owner", async () => {
  expect(await told("        book.number()\n")).toEqual([[KEY, 0]]);
});
