/** Where the order goes. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(work: string): Promise<readonly string[]> {
  const report = await analyseShop({ "shop/work.py": work });
  return report.findings.filter(({ rule }) => rule === "needless-ordering").map(({ message }) => message);
}

test("an order that others read is taken away where it is lost", async () => {
  expect(
    await told(`from shop.models import Customer


def work(vip):
    customers = Customer.objects.filter(vip=vip).order_by("name")
    keys = set(customers.values_list("pk", flat=True))
    return keys, [customer.name for customer in customers]
`),
  ).toEqual([expect.stringMatching(/Take the order away here, by `order_by\(\)`; drop `order_by\(…\)` where nothing else needs it\.$/)]);
});

test("one that is written there is dropped", async () => {
  expect(
    await told(`from shop.models import Customer


def work():
    return set(Customer.objects.order_by("name").values_list("name", flat=True))
`),
  ).toEqual([expect.stringMatching(/Drop `order_by\(…\)`; write/)]);
});
