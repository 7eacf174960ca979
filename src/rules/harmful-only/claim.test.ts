import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

test("the function that says only() is named, not the one that begins the queryset", async () => {
  const { findings } = await analyseShop({
    "shop/work.py": `from shop.models import Order


def paid():
    return Order.objects.filter(paid=True)


def states():
    return list(paid().only("status").values_list("status"))
`,
  });
  expect(findings.filter(({ rule }) => rule === "harmful-only").map(({ claim }) => claim)).toEqual([
    "`only()` in `states` does nothing: `values_list()` names the columns itself.",
  ]);
});
