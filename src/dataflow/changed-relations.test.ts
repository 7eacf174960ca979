/** A relation that the loop changes before it is read: no prefetch brings these rows. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const RULES: ReadonlySet<string> = new Set(["n-plus-one", "aggregate-in-loop", "defeated-prefetch"]);

async function told(rows: string, body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Line, Order, Product\n\n\ndef work(tags):\n    for row in ${rows}:\n${body.replaceAll(/^(?=.)/gm, "        ")}\n`,
  });
  return report.findings.filter(({ rule }) => RULES.has(rule)).map(({ rule }) => rule);
}

const TAGS = "print([tag.name for tag in row.tags.all()])";
const LINES = "print([line.price for line in row.lines.all()])";

test.each([
  ["row.tags.clear()", "Product", TAGS],
  ["row.tags.set(tags)", "Product", TAGS],
  ["row.tags.add(*tags)", "Product", TAGS],
  ["row.tags.remove(*tags)", "Product", TAGS],
  ["row.tags.all().delete()", "Product", TAGS],
  ['row.tags.create(name="x")', "Product", TAGS],
  ["row.lines.filter(price=0).delete()", "Order", LINES],
  ["row.lines.filter(price=0).delete()", "Order", "print(row.lines.count())"],
  ["row.lines.update(price=0)", "Order", LINES],
  ["row.lines.create(quantity=1)", "Order", LINES],
  ["Line.objects.create(order=row, quantity=1)", "Order", LINES],
  // A copy's relations have rows of their own.
  ["row.pk = None\nrow.save()", "Product", TAGS],
  ["row.id = None\nrow.save()", "Order", LINES],
])("%s", async (change, model, read) => {
  expect(await told(`${model}.objects.all()`, `${change}\n${read}`)).toEqual([]);
  // What is read before the change can be loaded with the row, and what is changed at times stays as it was at others.
  expect(await told(`${model}.objects.all()`, `${read}\n${change}`)).toHaveLength(1);
  expect(await told(`${model}.objects.all()`, `if row.pk == 3:\n    ${change}\n${read}`)).toHaveLength(1);
});

test("a prefetch that the change throws away was made for nothing", async () => {
  expect(await told('Product.objects.prefetch_related("tags")', `row.tags.clear()\n${TAGS}`)).toEqual(["defeated-prefetch"]);
});

test("rows of another round are untouched", async () => {
  expect(await told("Product.objects.all()", "for other in Product.objects.filter(pk=row.pk + 1):\n    other.tags.clear()\n" + TAGS)).toEqual(["n-plus-one"]);
});

test.each(["row.refresh_from_db()", "row.lines.add(*tags)"])("after %s prefetch_related_objects() brings what was thrown away", async (change) => {
  const read = "print([line.product.title for line in row.lines.all()])";
  const again = 'prefetch_related_objects([row], "lines__product")';
  const files = (body: string): Record<string, string> => ({
    "shop/work.py": `from django.db.models import prefetch_related_objects
from shop.models import Order


def work(pk, tags):
    row = Order.objects.prefetch_related("lines__product").get(pk=pk)
    ${body}
`,
  });
  const rules = async (body: string): Promise<readonly string[]> =>
    (await analyseShop(files(body))).findings.filter(({ rule }) => RULES.has(rule)).map(({ rule }) => rule);
  expect(await rules(`${change}\n    ${again}\n    ${read}`)).toEqual([]);
  expect(await rules(`${change}\n    ${read}`)).toContain("n-plus-one");
});

test.each(["row.refresh_from_db()", "row.tags.clear()"])("what a helper does at times, %s, leaves the row as it was at others", async (change) => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def renew(row, names):
    def start_anew():
        ${change}

    if not names:
        start_anew()
        return
    ${TAGS}


def work(names):
    for row in Product.objects.all():
        renew(row, names)
`,
  });
  const [found] = report.findings.filter(({ rule }) => RULES.has(rule));
  expect(found?.message).toContain('Add `prefetch_related("tags")` to the queryset.');
});

const remedies = async (body: string): Promise<readonly (string | undefined)[]> => {
  const code = `from shop.models import Customer, Order\n\n\ndef work(name, new):\n    for row in Order.objects.all():\n${body.replaceAll(/^/gm, "        ")}\n`;
  return (await analyseShop({ "shop/work.py": code })).findings.filter(({ rule }) => RULES.has(rule)).map(({ remedy }) => remedy);
};

test.each(["row.customer_id = 3", 'setattr(row, "customer_id", 3)'])("after %s no join brings what the foreign key leads to", async (change) => {
  expect(await remedies(`${change}\nprint(row.customer.name)`)).toEqual([expect.stringContaining("set `customer` rather than its key")]);
  expect(await remedies(`print(row.customer.name)\n${change}`)).toEqual([expect.stringContaining('select_related("customer")')]);
});

test.each(["setattr(row, name, Customer.objects.get(pk=3))", 'setattr(row, "customer", new)'])("after %s a row is at hand", async (change) => {
  expect(await remedies(`${change}\nprint(row.customer.name)`)).toEqual([]);
});
