/** Receivers of a delete: of its own rows, and of those that go with them. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(deletes: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/signals.py": `from django.db.models.signals import post_delete
from django.dispatch import receiver
from shop.models import Order, Tag


@receiver(post_delete, sender=Order)
def count(sender, instance, **kwargs):
    print(instance.lines.count(), Tag.objects.get(name=instance.status))
`,
    "shop/work.py": `from shop.models import Customer, Order\n\n\ndef work(pk):\n    ${deletes}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "query-in-loop" || rule === "aggregate-in-loop").map(({ rule, confidence }) => `${rule} ${confidence}`);
}

test("rows that go with others are told as possible", async () => {
  expect(await told("Order.objects.filter(paid=False).delete()")).toEqual(["aggregate-in-loop likely", "query-in-loop certain"]);
  expect(await told("Customer.objects.get(pk=pk).delete()")).toEqual(["aggregate-in-loop possible", "query-in-loop possible"]);
  expect(await told("Customer.objects.filter(vip=False).delete()")).toEqual(["aggregate-in-loop possible", "query-in-loop possible"]);
});
