/** Where code has found the list of a `Prefetch(to_attr=…)` empty, few rows come to what it asks instead. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import Prefetch
from shop.models import Line, Order


def lines_of(order):
${body}


def work():
    for order in Order.objects.prefetch_related(Prefetch("lines", queryset=Line.objects.filter(quantity=1), to_attr="kept_lines")):
        for line in lines_of(order):
            print(line.price)
`,
  });
  return report.findings.filter(({ rule }) => rule === "defeated-prefetch").map(({ confidence, doubt }) => `${confidence} ${doubt}`);
}

test.each([
  '    if getattr(order, "kept_lines", None):\n        return order.kept_lines\n    return order.lines.filter(quantity=1)',
  "    kept = order.kept_lines\n    if not order.kept_lines:\n        return order.lines.filter(quantity=1)\n    return kept",
])("what is asked where the list is empty is only possible", async (body) => {
  expect(await told(body)).toEqual(["possible only rows whose `kept_lines` is empty come to it"]);
});

test("what is asked beside the list is asked for each row", async () => {
  expect(await told("    return order.lines.filter(quantity=1)")).toEqual(["certain a loop over one row saves one query"]);
});

test.each([
  ["order__kept_lines__product", []],
  ["order__customer", ['Add `prefetch_related("order__kept_lines__product")` to the queryset.']],
])("what a prefetch of %s loads beyond a list of a related row", async (path, remedies) => {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import Prefetch
from shop.models import Line


def work():
    for line in Line.objects.select_related("order").prefetch_related(Prefetch("order__lines", to_attr="kept_lines"), "${path}"):
        for other in line.order.kept_lines:
            print(other.product.title)
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one" || rule === "defeated-prefetch").map(({ remedy }) => remedy)).toEqual(remedies);
});
