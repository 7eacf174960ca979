/** `"order" in MODELS`, where a module writes the dictionary down: which of the models it is for this name is known. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(name: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/find.py": `from shop.models import Customer, Line, Order

MODELS = {"customer": Customer, "line": Line, "order": Order}
NAMES = {model: name for name, model in MODELS.items()}


def rows_of(name):
    if name not in MODELS:
        name = NAMES[name]
    return MODELS[name].objects.all()


def work():
    for row in rows_of(${name}):
        print(row.customer.name)
`,
  });
  return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence, model }) => `${confidence} ${model}`);
}

test("a name that is written there is no other", async () => {
  expect(await told('"order"')).toEqual(["certain shop.Order"]);
  expect(await told('"customer"')).toEqual([]);
});

test("another name may stand for any of them", async () => {
  expect(await told("Order")).toHaveLength(1);
});
