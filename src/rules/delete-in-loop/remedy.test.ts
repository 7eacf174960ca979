import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function messages(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Line, Order\n\n\ndef made(order):\n    Line.objects.create(order=order)\n\n\ndef work(orders, products):\n    for order in orders:\n${body.replaceAll(/^(?=.)/gm, "        ")}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "delete-in-loop").map(({ message }) => message.slice(message.indexOf("Delete them")));
}

test("what the loop makes in place of the deleted rows has to stay", async () => {
  const before = "Delete them all with one `filter(…__in=…).delete()` before the loop: what it makes has to stay.";
  expect(await messages("Line.objects.filter(order=order).delete()\nLine.objects.create(order=order, product=products[0])")).toEqual([before]);
  expect(await messages("Line.objects.filter(order=order).delete()\nfor product in products:\n    Line.objects.create(order=order, product=product)")).toEqual([
    before,
  ]);
  expect(await messages("Line.objects.filter(order=order).delete()\nmade(order)")).toEqual([before]);
  expect(await messages("Line.objects.filter(order=order).delete()\nOrder.objects.create(status='new')")).toEqual([
    "Delete them all with one `filter(…__in=…).delete()`.",
  ]);
});

test("rows that two keys name go by pairs of them", async () => {
  const pairs = ["Delete them all with one `filter(Q(order=…, product=…) | …).delete()`. Lists by `__in` would take other pairs too."];
  expect(await messages("product = products[order]\nLine.objects.filter(order=order, product=product).delete()")).toEqual(pairs);
  expect(await messages("product = products[order]\nLine.objects.filter(order=order).filter(quantity=1, product=product).delete()")).toEqual([
    "Delete them all with one `filter(Q(product=…, order=…) | …).delete()`. Lists by `__in` would take other pairs too.",
  ]);
  expect(await messages("Line.objects.filter(order=order, product=products).delete()")).toEqual(["Delete them all with one `filter(…__in=…).delete()`."]);
});

test("what depends on the rows is spoken of where something does", async () => {
  const told = async (model: string): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order, Stamped\n\n\ndef work():\n    for row in ${model}.objects.all():\n        row.delete()\n`,
    });
    return report.findings
      .filter(({ rule }) => rule === "delete-in-loop")
      .map(({ message }) => message)
      .join("\n");
  };
  expect(await told("Order")).toMatch(/Each round looks for what depends on its row, .* it sends the same signals and follows the same relations\.$/);
  expect(await told("Stamped")).toMatch(/Nothing depends on these rows, and each waits for a DELETE of its own\. .* it sends the same signals\.$/);
});

test("a polymorphic queryset holds rows of several tables: its delete() may break a constraint", async () => {
  const told = async (below: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from django.db import models
from polymorphic.models import PolymorphicModel


class Device(PolymorphicModel):
    name = models.CharField(max_length=20)


class Sensor(${below}):
    unit = models.CharField(max_length=20)


def work():
    for device in Device.objects.filter(name="old"):
        device.delete()
`,
    });
    return findings.filter(({ rule }) => rule === "delete-in-loop").map(({ confidence, fixes }) => `${confidence} ${fixes.length}`);
  };
  expect(await told("Device")).toEqual(["possible 0"]);
  expect(await told("models.Model")).toEqual(["likely 1"]);
});

async function toldOf(rows: string, round: string, more = ""): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `import time\n\nfrom shop.models import Stamped\n\n\n${more}def work(limit):\n    for row in ${rows}:\n        ${round.replaceAll("\n", "\n        ")}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "delete-in-loop").map(({ confidence, message }) => `${confidence}: ${message.split("of its own. ")[1]}`);
}

test("a slice is deleted by its keys: Django refuses to delete it as it is", async () => {
  const byKeys = "Collect the keys of the rows to go, and delete them with one `filter(pk__in=…).delete()`: it sends the same signals.";
  expect(await toldOf("Stamped.objects.all()", "row.delete()")).toEqual(["likely: Call `delete()` on the queryset: it sends the same signals."]);
  expect(await toldOf("Stamped.objects.all()[:limit]", "row.delete()")).toEqual([`likely: ${byKeys}`]);
  expect(await toldOf("Stamped.objects.distinct()", "row.delete()")).toEqual([`likely: ${byKeys}`]);
});

test("rows that go slowly on purpose are no loop to hurry", async () => {
  const rest = "def rest():\n    if time.time() > 5:\n        time.sleep(1)\n\n\n";
  expect((await toldOf("Stamped.objects.all()", "row.delete()\nrest()", rest)).map((one) => one.split(":")[0])).toEqual(["possible"]);
});

test("a coroutine awaits the delete that it is told of", async () => {
  const told = async (loop: string): Promise<readonly string[]> => {
    const report = await analyseShop({ "shop/work.py": `from shop.models import Stamped\n\n\nasync def work(keys):\n    ${loop}\n` });
    return report.findings.filter(({ rule }) => rule === "delete-in-loop").map(({ remedy, fixes }) => `${remedy} ${fixes.length}`);
  };
  expect(await told("async for row in Stamped.objects.all():\n        await row.adelete()")).toEqual([
    "Call `await ….adelete()` on the queryset: it sends the same signals. 0",
  ]);
  expect(await told("for key in keys:\n        await Stamped.objects.filter(pk=key).adelete()")).toEqual([
    "Delete them all with one `await ….filter(…__in=…).adelete()`. 0",
  ]);
});

test("one loop that deletes at two places is told once", async () => {
  const { findings } = await analyseShop({
    "shop/work.py":
      "from shop.models import Order\n\n\ndef work():\n    for row in Order.objects.all():\n        if row.paid:\n            row.delete()\n        elif row.total == 0:\n            row.delete()\n",
  });
  const told = findings.filter(({ rule }) => rule === "delete-in-loop");
  expect(told.map(({ places }) => places.map(({ line }) => line))).toEqual([[5, 7, 9]]);
});

test("what the round makes after the delete, by whatever it calls, has to stay", async () => {
  const remedy = async (rows: string, rest: string): Promise<string | undefined> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from shop.models import Line, Order\n\n\ndef work(judge):\n    for order in ${rows}:\n        Line.objects.filter(order=order).delete()\n        ${rest}\n`,
    });
    return findings.find(({ rule }) => rule === "delete-in-loop")?.remedy;
  };
  const all = "Delete them all with one `filter(…__in=…).delete()`";
  expect(await remedy("Order.objects.all()", "judge.of(order)")).toBe(`${all} before the loop: what it makes has to stay.`);
  expect(await remedy("Order.objects.filter(lines__quantity=1)", "judge.of(order)")).toBe(
    `${all} before the loop: what it makes has to stay. Take the loop's rows into a list first: its queryset asks for what is deleted.`,
  );
  expect(await remedy("Order.objects.all()", "pass")).toBe(`${all}.`);
});
