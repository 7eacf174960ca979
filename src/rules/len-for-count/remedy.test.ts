/** What is advised depends on whether anybody reads the number. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";
import { mend } from "../../../tests/support/mend-project.ts";

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order\n\n\ndef work():\n    rows = Order.objects.filter(paid=True)\n    ${body}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "len-for-count").map(({ message, fixes }) => `${message} (${fixes.length})`);
}

test("a number that nobody reads is not asked for", async () => {
  expect(await told("len(rows)\n    return rows.filter(total=1)")).toEqual([
    "Every `Order` row is fetched for a number that nobody reads. `len()` loads the rows into memory; what is made of this queryset later asks again. " +
      "Take the statement out. (0)",
  ]);
  expect(await told("return len(rows)")).toEqual([expect.stringMatching(/Use `\.count\(\)`: one number comes back\. \(1\)$/)]);
});

test("a call over several lines leaves an expression of one, or keeps its brackets", async () => {
  const mended = async (counted: string): Promise<string> => {
    const work = (body: string): string => `from shop.models import Book\n\n\ndef work(pk):\n    number = ${body}\n    return number\n`;
    const { after, errors } = await mend({ "shop/code.py": work(counted) }, "len-for-count");
    expect(errors).toEqual([]);
    return after.slice(work("").indexOf("number = ") + "number = ".length, after.indexOf("\n    return"));
  };
  expect(await mended("len(\n        Book.objects.filter(no=pk)\n    )")).toBe("Book.objects.filter(no=pk).count()");
  expect(await mended("len(\n        Book.objects.filter(no=pk)\n        .exclude(title=pk),\n    )")).toBe(
    "Book.objects.filter(no=pk).exclude(title=pk).count()",
  );
  expect(await mended("len(\n        Book.objects.filter(no=pk)\n        # not these\n        .exclude(title=pk),\n    )")).toBe(
    "(\n        Book.objects.filter(no=pk)\n        # not these\n        .exclude(title=pk)\n    ).count()",
  );
  expect(await mended("len(Book.objects.filter(\n        no=pk, title=pk, id=pk\n    ))")).toBe("Book.objects.filter(no=pk, title=pk, id=pk).count()");
});

test("a length that is only tested asks whether there is a row", async () => {
  const exists = expect.stringMatching(/only to see whether there is one\. .* Use `\.exists\(\)`: it stops at the first row\. \(1\)$/);
  expect(await told("if len(rows):\n        return 1")).toEqual([exists]);
  expect(await told("return 1 if not len(rows) else 2")).toEqual([exists]);
  expect(await told("if len(rows) > 2:\n        return 1")).toEqual([expect.stringContaining("Use `.count()`")]);
  const { after } = await mend(
    { "shop/code.py": "from shop.models import Book\n\n\ndef work():\n    if len(Book.objects.all()):\n        return 1\n" },
    "len-for-count",
  );
  expect(after).toContain("    if Book.objects.all().exists():\n");
});

test("a length that is compared with none asks whether there is a row", async () => {
  const mended = async (asked: string): Promise<string> => {
    const { after, errors } = await mend({ "shop/code.py": `from shop.models import Book\n\n\ndef work():\n    return ${asked}\n` }, "len-for-count");
    expect(errors).toEqual([]);
    return after.slice(after.indexOf("return ") + "return ".length).trimEnd();
  };
  expect(await mended("len(Book.objects.all()) > 0")).toBe("Book.objects.all().exists()");
  expect(await mended("len(Book.objects.all()) == 0")).toBe("not Book.objects.all().exists()");
  expect(await mended("len(Book.objects.all()) > 1")).toBe("Book.objects.all().count() > 1");
});

test("a filter that names one row fetches no more than that one", async () => {
  const { findings } = await analyseShop({
    "shop/work.py": "from shop.models import Order\n\n\ndef work(pk):\n    return len(Order.objects.filter(pk=pk)) > 0, bool(Order.objects.filter(pk=pk))\n",
  });
  const told = findings.filter(({ rule }) => rule === "len-for-count" || rule === "bool-for-exists");
  expect(told.map(({ confidence }) => confidence)).toEqual(["possible", "possible"]);
});
