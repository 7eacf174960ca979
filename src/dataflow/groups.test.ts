/** Rows that are grouped in Python: what is read of one row in each group is read of few. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(read: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from collections import defaultdict
from shop.models import Order


def work():
    groups = defaultdict(list)
    for order in Order.objects.all():
        groups[order.status].append(order)
    for status, group in groups.items():
        ${read}
`,
  });
  return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence, doubt }) => `${confidence} ${doubt}`);
}

test("one row of each group is not each row", async () => {
  expect(await told("print(group[0].customer.name)")).toEqual(["possible one row is read of each list, which may hold many"]);
});

test("each row of each group is", async () => {
  expect(await told("print([order.customer.name for order in group])")).toEqual([expect.stringMatching(/^(?:likely|certain) /)]);
});

test("a list that the round makes is of that round", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order


def work(statuses):
    for status in statuses:
        orders = [order for order in Order.objects.filter(status=status)]
        print(orders[0].customer.name)
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence }) => confidence)).toEqual(["likely"]);
});
