import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const RECEIVER = `from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from shop.models import Line, Order


@receiver(post_delete, sender=Line)
@receiver(post_save, sender=Line)
def touch(sender, instance, **kwargs):
    Order.objects.filter(pk=instance.order_id).update(status="changed")


def touch_all(lines):
`;

async function sure(body: string): Promise<readonly string[]> {
  const { findings } = await analyseShop({ "shop/work.py": `${RECEIVER}    ${body}\n` });
  return findings.filter(({ claim }) => claim.includes("sends an UPDATE of `Order`")).map(({ confidence }) => confidence);
}

test("an update that the write of a row sets off costs less than that write", async () => {
  expect(await sure("for line in Line.objects.all():\n        Order.objects.filter(pk=line.order_id).update(status='new')")).toEqual(["likely"]);
  expect(await sure("for line in Line.objects.all():\n        line.save()")).toEqual(["possible"]);
  expect(await sure("Line.objects.filter(quantity=0).delete()")).toEqual(["possible"]);
});

test("an update that is one of many writes of a function is a step of its job", async () => {
  const merged = async (writes: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from shop.models import Invoice, Line, Order, Shipment


def merge(order, other):
    Line.objects.filter(order=other).update(order=order)
    ${writes}


def merge_all(order):
    for other in Order.objects.exclude(pk=order.pk):
        merge(order, other)
`,
    });
    return findings.filter(({ claim }) => claim.includes("sends an UPDATE of `Line`")).map(({ confidence }) => confidence);
  };
  const more = "Shipment.objects.filter(order=other).update(order=order)\n    Invoice.objects.filter(order=other).delete()\n    other.delete()";
  expect(await merged("print(other)")).toEqual(["likely"]);
  expect(await merged(more)).toEqual(["possible"]);
});
