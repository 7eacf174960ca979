import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("bulk_update() is told of what each save stamps, not of what the first one did", async () => {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Visit(models.Model):
    made = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)
    seen = models.BooleanField(default=False)
`,
    "shop/signals.py": "",
    "shop/work.py": `from shop.models import Visit


def work(request):
    for visit in Visit.objects.all():
        visit.seen = bool(visit.made)
        visit.save()
`,
  });
  const told = report.findings.filter(({ rule }) => rule === "save-in-loop").map(({ message }) => message);
  expect(told).toEqual([expect.stringContaining("It does not stamp `changed`: set and list them.")]);
});

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order\n\n\ndef work(status, code):\n    orders = Order.objects.filter(paid=False)\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings
    .filter(({ rule }) => rule === "save-in-loop")
    .flatMap(({ message, fixes }) => [message.slice(message.indexOf("Each round")), ...fixes.flatMap((fix) => fix.edits.map(({ text }) => text.trim()))]);
}

test("a loop that sets the same values in all of its rows is one update()", async () => {
  const update = "Each round waits for a statement of its own, which sets the same values. Write them with one";
  expect(await told("for order in orders:\n    order.paid = True\n    order.status = status\n    order.save()")).toEqual([
    `${update} \`update(paid=True, status=status)\` on the queryset.`,
    "orders.update(paid=True, status=status)",
  ]);
  expect(await told("for order in orders:\n    print(order.pk)\n    order.status = status\n    order.save()")).toEqual([
    `${update} \`update(status=status)\` on the queryset.`,
  ]);
  expect(await told("for order in orders:\n    order.paid = True\n    order.save()\nreturn orders")).toEqual([
    `${update} \`update(paid=True)\` on the queryset.`,
  ]);
});

test("a loop that may set other values in each row is no update()", async () => {
  const others = [
    "for order in orders:\n    order.status = f'{order.pk}'\n    order.save()",
    "for order in orders:\n    order.status = code()\n    order.save()",
    "for order in orders:\n    if order.total:\n        order.paid = True\n    order.save()",
    "for order in orders:\n    order.total += 1\n    order.save()",
    "for order in orders[:5]:\n    order.paid = True\n    order.save()",
  ];
  for (const other of others) expect((await told(other))[0]).toMatch(/bulk_update\(\)/);
});

const MODELS = `from django.db import models
from hooks_of_models import HookedModel, hook
from simple_history.models import HistoricalRecords


class Hooked(HookedModel):
    name = models.CharField(max_length=20)

    @hook("after_save")
    def announce(self):
        print(self.name)


class Kept(models.Model):
    name = models.CharField(max_length=20)
    history = HistoricalRecords()


class Named(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        abstract = True


class Plain(Named):
    pass


class Numbered(Named):
    def save(self, *args, **kwargs):
        print(self.pk)
        super().save(*args, **kwargs)
`;

async function written(work: string, rules: readonly string[] = ["save-in-loop"]): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/models.py": MODELS, "shop/signals.py": "", "shop/work.py": work });
  return report.findings.filter(({ rule }) => rules.includes(rule)).map(({ confidence, doubt, fixes }) => `${confidence}, ${fixes.length} fixes: ${doubt}`);
}

test("what a base does that was not read is lost on a bulk method: a person has to know", async () => {
  const rename = "from shop.models import *\n\n\ndef work():\n    for one in MODEL.objects.all():\n        one.name = str(one.pk)\n        one.save()\n";
  expect(await written(rename.replace("MODEL", "Hooked"))).toEqual([
    "possible, 0 fixes: bulk_update() calls neither save() nor signals, and what `hooks_of_models.HookedModel` does there was not read",
  ]);
  const clear = "from shop.models import *\n\n\ndef work():\n    for one in Hooked.objects.all():\n        one.delete()\n";
  expect(await written(clear, ["delete-in-loop"])).toEqual([
    "possible, 0 fixes: a queryset does not call a delete() of `hooks_of_models.HookedModel`, which was not read",
  ]);
});

test("a history is written by the signal of each save", async () => {
  expect(await written("from shop.models import *\n\n\ndef work(names):\n    for name in names:\n        Kept.objects.create(name=name)\n")).toEqual([]);
});

test("code that is shared saves rows of each model, and one of them does more", async () => {
  const mark = "from shop.models import *\n\n\ndef mark(model):\n    for one in model.objects.all():\n        one.name = str(one.pk)\n        one.save()\n\n\n";
  expect(await written(`${mark}def work():\n    mark(Plain)\n`)).toHaveLength(1);
  expect(await written(`${mark}def work():\n    mark(Plain)\n    mark(Numbered)\n`)).toEqual([]);
});

test("a save that follows no change of the row is left out", async () => {
  const asked = async (round: string, before = ""): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order, Product, Tag\n\n\ndef work(tag, names):\n    products = Product.objects.all()\n${before}    for product in products:\n${round.replaceAll(/^(?=.)/gm, "        ")}\n        product.save()\n`,
    });
    return report.findings
      .filter(({ rule }) => rule === "save-in-loop")
      .map(({ remedy }) => remedy)
      .join("\n");
  };
  const out = "Leave the save out: no round sets a column of its row, so that it writes what was read.";
  const bulk = "Collect the rows and write them with `bulk_update()`.";
  expect(await asked("product.tags.add(tag)")).toBe(out);
  expect(await asked("for name in names:\n    product.tags.add(Tag.objects.get(name=name))\nprint(product.title)")).toBe(out);
  expect(await asked("for name in product.old_names:\n    product.tags.add(name)")).toBe(out);
  expect(await asked("product.__dict__.update(names)")).toBe(bulk);
  expect(await asked("product.tags.add(tag)\nproduct.title = product.title.strip()")).toBe(bulk);
  expect(await asked("product.stock += 1")).toBe(bulk);
  expect(await asked("product.tags.add(tag)\nmark(product)")).toBe(bulk);
  expect(await asked("product.restock()")).toBe(bulk);
  expect(await asked('setattr(product, "stock", len(names))')).toBe(bulk);
  expect(await asked("product.tags.add(tag)", "    for product in products:\n        product.stock = 1\n")).toBe(bulk);
});

test("a save that stamps its row is one update", async () => {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Label(models.Model):
    name = models.CharField(max_length=20)


class Visit(models.Model):
    changed = models.DateTimeField(auto_now=True)
    labels = models.ManyToManyField(Label)
`,
    "shop/signals.py": "",
    "shop/work.py":
      "from shop.models import Visit\n\n\ndef work(label):\n    for visit in Visit.objects.all():\n        visit.labels.add(label)\n        visit.save()\n",
  });
  expect(report.findings.filter(({ rule }) => rule === "save-in-loop").map(({ remedy }) => remedy)).toEqual([
    "Leave the save out: no round sets a column of its row, so that it writes what was read; where it is to stamp `changed`, one `update()` on the queryset does.",
  ]);
});

test("rows that are saved only where they are new are inserted, and used later in the round they are only possibly told", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Line, Order, Product


def work(orders: list[Order], products: list[Product]):
    for order in orders:
        if order._state.adding:
            order.save()
        Line.objects.filter(pk=1).update(order=order)
    for product in products:
        product.stock = product.stock + 1
        if product._state.adding:
            product.save()
`,
  });
  expect(
    report.findings.filter(({ rule }) => rule === "save-in-loop").map(({ confidence, message, fixes }) => `${confidence}: ${message} (${fixes.length})`),
  ).toEqual([
    expect.stringMatching(/^possible: The loop inserts its `Order` rows .*`bulk_create\(\)`\. \(0\)$/),
    expect.stringMatching(/^likely: The loop inserts its `Product` rows .*`bulk_create\(\)`\. \(0\)$/),
  ]);
});

test("whether a row is made or found is what its queries say, and one that is read anew is needed at once", async () => {
  const asked = async (round: string): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Tag\n\n\ndef made(name):\n    return Tag(name=name)\n\n\ndef work(names):\n    for number, name in names:\n${round.replaceAll(/^(?=.)/gm, "        ")}\n`,
    });
    return report.findings
      .filter(({ rule }) => rule === "save-in-loop")
      .map(({ confidence, claim, remedy, doubt }) => `${confidence}: ${claim} ${remedy} ${doubt}`)
      .join("\n");
  };
  expect(await asked("tag = Tag.objects.get(pk=number)\ntag.name = name\ntag.save()")).toMatch(/^likely: The loop saves .*`bulk_update\(\)`\. /);
  expect(await asked("tag = made(name)\ntag.save()")).toMatch(/^likely: The loop inserts .*`bulk_create\(\)`\. /);
  expect(await asked("tag = Tag.objects.filter(pk=number).first()\nif tag is None:\n    tag = Tag(pk=number)\ntag.name = name\ntag.save()")).toMatch(
    /^likely: The loop saves .* apart, and write them with `bulk_create\(\)` and `bulk_update\(\)`\. /,
  );
  const both = /^likely: The loop saves .* apart, and write them with `bulk_create\(\)` and `bulk_update\(\)`\. /;
  const first = "Tag.objects.filter(pk=number).first()";
  for (const made of [`tag = ${first} or Tag()`, `tag = ${first}\nif not tag:\n    tag = Tag(pk=number)`, "tag = names.found.get(number) or Tag(pk=number)"])
    expect(await asked(`${made}\ntag.name = name\ntag.save()`)).toMatch(both);
  expect(await asked(`tag = ${first} or Tag.objects.get(pk=1)\ntag.name = name\ntag.save()`)).toMatch(/ `bulk_update\(\)`\. /);
  expect(await asked("tag = Tag.objects.get(pk=number)\ntag.name = name\ntag.save()\ntag.refresh_from_db()\nprint(tag.name)")).toMatch(
    /^possible: .* the row is used in the same round, which bulk_update\(\) delays$/,
  );
});

test("rows whose class the code asks for its fields may be of several models", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Tag\n\n\ndef rename(name, field):\n    for row in Tag.objects.all():\n        names = [one.name for one in row._meta.fields]\n        setattr(row, field, name)\n        row.save(update_fields=names)\n`,
  });
  expect(report.findings.filter(({ rule }) => rule === "save-in-loop").map(({ confidence }) => confidence)).toEqual(["possible"]);
});

test("one row that each round changes is no row of the loop", async () => {
  const asked = async (body: string): Promise<number> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Customer, Order\n\n\ndef work(pk, values):\n    order = Order.objects.get(pk=pk)\n    orders = list(Order.objects.all())\n    for index, value in enumerate(values):\n        ${body}\n`,
    });
    return report.findings.filter(({ rule }) => rule === "save-in-loop").length;
  };
  expect(await asked("order.total = value\n        order.save()")).toBe(0);
  expect(await asked("orders[index].total = value\n        orders[index].save()")).toBe(1);
  expect(await asked("order = Order.objects.get(pk=value)\n        order.total = index\n        order.save()")).toBe(1);
});

test("rows that are found by what the rounds set are taken into a list", async () => {
  const told = async (rows: string): Promise<readonly (string | undefined)[]> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order


def work(queue):
    for order in ${rows}:
        order.status = "sent"
        order.save()
        queue.enqueue(order.pk)
`,
    });
    return report.findings.filter(({ rule }) => rule === "save-in-loop").map(({ remedy }) => remedy);
  };
  expect(await told('Order.objects.filter(status="new")')).toEqual([
    'Take the rows into a list, which the queryset finds no more once they are written, and send one `filter(pk__in=[…]).update(status="sent")` before the loop.',
  ]);
  expect(await told("Order.objects.filter(paid=True)")).toEqual(['Write them with one `update(status="sent")` on the queryset.']);
});
