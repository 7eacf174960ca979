/** A call that is taken out of a chain leaves the rest as it is written. */
import { expect, test } from "vitest";
import { mend } from "../../tests/support/mend-project.ts";

test.each([
  ["Book.objects.prefetch_related('tags').filter(no=1)", "Book.objects.filter(no=1)"],
  ["Book.objects\\\n        .prefetch_related('tags')\\\n        .filter(no=1)", "Book.objects\\\n        .filter(no=1)"],
  ["Book.objects.prefetch_related('tags')", "Book.objects.all()"],
  ["Book.objects.filter(no=1).prefetch_related('tags')", "Book.objects.filter(no=1)"],
])("%s", async (before, after) => {
  const code = `from shop.models import Book\n\n\ndef titles():\n    found = []\n    rows = ROWS\n    for book in rows:\n        found.append(book.title)\n    return found\n`;
  const mended = await mend({ "shop/code.py": code.replace("ROWS", before) }, "unused-eager-load");
  expect(mended.after).toBe(code.replace("ROWS", after));
});
