/** What takes the place of a method that queries past the prefetched rows. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("the last by a field is not the last of the rows as they come", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(request):
    return [product.lines.latest("price") for product in Product.objects.prefetch_related("lines")]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "defeated-prefetch").map(({ message }) => message.replace(/^.*(?=Take)/, ""))).toEqual([
    "Take it out of `all()` in Python: `max(rows.all(), key=…)` by the same field.",
  ]);
});

test("what the loop's own write drops is read before it, or not prefetched", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(tags):
    for product in Product.objects.prefetch_related("tags"):
        product.tags.set(tags)
        print(product.tags.filter(name="new"))
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "defeated-prefetch");
  expect(found.map(({ claim }) => claim)).toEqual(["`tags` is prefetched for each `Product`, then dropped and read again: one query a row."]);
  expect(found.map(({ message, fixes }) => [message.replace(/^.*(?=Read)/, ""), fixes])).toEqual([
    ["Read it before what drops it; where it has to be read after, leave the prefetch out.", []],
  ]);
});

test("what is sorted asks by what it sorts", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(request):
    return [sorted(product.tags.values_list("name", flat=True)) for product in Product.objects.prefetch_related("tags")]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "defeated-prefetch");
  expect(found.map(({ message }) => message.replace(/^.*(?=Build)/, ""))).toEqual(["Build the values from `all()` in Python."]);
});

test("the first of a chain is not the first of the prefetched rows", async () => {
  const remedies = async (read: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Product\n\n\ndef work(request):\n    return [${read} for product in Product.objects.prefetch_related("lines")]\n`,
    });
    return report.findings.filter(({ rule }) => rule === "defeated-prefetch").map(({ message }) => message.slice(message.indexOf("new query. ") + 11));
  };
  const choose = "Choose among `all()` in Python, or prefetch the narrowed rows with `Prefetch(…, queryset=…, to_attr=…)`.";
  expect(await remedies("product.lines.filter(quantity=1).first()")).toEqual([choose]);
  expect(await remedies('product.lines.order_by("price").first()')).toEqual([choose]);
  expect(await remedies("product.lines.first()")).toEqual([expect.stringContaining("then `first()` uses them")]);
});

const claims = async (expression: string): Promise<readonly string[]> => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product, Tag


def work(request, names):
    return [${expression} for product in Product.objects.prefetch_related("tags")]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "defeated-prefetch" || rule === "aggregate-in-loop");
  return found.map(({ rule, message }) => `${rule}: ${message.replace(/^.*?, then /, "").replace(/: one query a row\..*new query\./, ".")}`);
};

test("what prefetched rows serve is not what asks again", async () => {
  const narrowed = "Choose among `all()` in Python, or prefetch the narrowed rows with `Prefetch(…, queryset=…, to_attr=…)`.";
  expect(await claims('product.tags.filter(name="new").count()')).toEqual([
    `defeated-prefetch: what narrows it before \`count()\` queries it again. ${narrowed}`,
  ]);
  expect(await claims('product.tags.filter(name="new").exists()')).toEqual([
    `defeated-prefetch: what narrows it before \`exists()\` queries it again. ${narrowed}`,
  ]);
  expect(await claims("product.tags.distinct().count()")).toEqual([`defeated-prefetch: what is chained before \`count()\` queries it again. ${narrowed}`]);
});

test("a test among values asks by the values", async () => {
  expect(await claims('[name in product.tags.values_list("name", flat=True) for name in names]')).toEqual([
    "defeated-prefetch: `values` queries it again. Build the values from `all()` in Python.",
  ]);
});

test("what narrows nothing belongs into the prefetch", async () => {
  expect(await claims('[tag.name for tag in product.tags.all().order_by("name")]')).toEqual([
    'defeated-prefetch: a chained method queries it again. Put what is chained into the prefetch, `Prefetch("tags", queryset=…)`, and read `all()`.',
  ]);
});

test("querysets that meet before the prefetch are told once", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(ids):
    if ids is None:
        rows = Product.objects.filter(stock=0)
    else:
        rows = Product.objects.filter(pk__in=ids)
    rows = rows.prefetch_related("lines")
    return [[line.pk for line in product.lines.filter(quantity=1)] for product in rows]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "defeated-prefetch");
  expect(found.map(({ places }) => places.filter(({ role }) => role === "queryset").map(({ line }) => line))).toEqual([[6, 8]]);
  expect(found.flatMap(({ fixes }) => fixes.map(({ edits }) => edits.length))).toEqual([1]);
});

test("querysets that are prefetched each by itself are told each", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def work(ids):
    if ids is None:
        rows = Product.objects.filter(stock=0).prefetch_related("tags")
    else:
        rows = Product.objects.filter(pk__in=ids).prefetch_related("tags")
    return [list(product.tags.exclude(name="new")) for product in rows]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "defeated-prefetch")).toHaveLength(2);
});

test("groups are put together from the prefetched rows", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import Count
from shop.models import Order


def work():
    for order in Order.objects.prefetch_related("lines"):
        print(list(order.lines.values("product").annotate(lines=Count("pk"))))
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "defeated-prefetch");
  expect(found.map(({ claim, remedy }) => [claim, remedy])).toEqual([
    ["`lines` is prefetched for each `Order`, then the database is asked to group them: one query a row.", "Put the groups together from `all()` in Python."],
  ]);
});
