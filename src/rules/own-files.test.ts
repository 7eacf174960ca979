import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

/** How sure the report is of what a function does that has these lines, under `possible` too. */
async function surenessOf(rule: string, body: string, file = "shop/work.py"): Promise<readonly string[]> {
  const head = "import csv\nfrom pathlib import Path\n\nfrom shop.models import Order, Tag\n\n\ndef work(path):\n";
  const report = await analyseShop({ [file]: `${head}${body.replaceAll(/^(?=.)/gm, "    ")}\n` });
  return report.findings.filter((one) => one.rule === rule && one.places.some((place) => place.file === file)).map(({ confidence }) => confidence);
}

test("a file that came with the code has the rounds that its author wrote", async () => {
  const loops = { "query-in-loop": "print(Tag.objects.get(name=row[1]))", "save-in-loop": "Tag.objects.create(name=row[0])" };
  for (const [rule, round] of Object.entries(loops)) {
    const loop = `for row in csv.reader(FILE):\n    ${round}`;
    expect(await surenessOf(rule, loop.replace("FILE", 'open("tags.csv")')), rule).toEqual(["possible"]);
    expect(await surenessOf(rule, `with open(Path("data") / "tags.csv") as file:\n${loop.replace("FILE", "file").replaceAll(/^/gm, "    ")}`), rule).toEqual([
      "possible",
    ]);
    expect(await surenessOf(rule, loop.replace("FILE", "open(path)")), rule).not.toContain("possible");
  }
});

test("outside of a loop a command asks once a run", async () => {
  const body = "orders = Order.objects.all()\nif orders.exists():\n    for order in orders:\n        print(order.pk)";
  expect(await surenessOf("exists-then-iterate", body)).toEqual(["likely"]);
  expect(await surenessOf("exists-then-iterate", body, "shop/management/commands/work.py")).toEqual(["possible"]);
});

test("whoever takes all rows chooses none by chance", async () => {
  expect(await surenessOf("order-by-random", 'return list(Order.objects.order_by("?"))')).toEqual(["possible"]);
  expect(await surenessOf("order-by-random", 'return list(Order.objects.order_by("?")[:5])')).toEqual(["likely"]);
});

test("what only() leaves is all that distinct() compares", async () => {
  expect(await surenessOf("distinct-over-join", "return list(Order.objects.filter(lines__quantity__gt=3).distinct())")).toEqual(["likely"]);
  expect(await surenessOf("distinct-over-join", 'return list(Order.objects.filter(lines__quantity__gt=3).only("pk").distinct())')).toEqual(["possible"]);
});
