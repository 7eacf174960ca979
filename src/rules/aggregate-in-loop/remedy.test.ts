import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function remedies(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from django.contrib.auth.models import User\nfrom shop.models import Customer, Line, Order\n\n\ndef work(request):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings
    .filter(({ rule }) => rule === "aggregate-in-loop")
    .map(({ message }) => message.replace(/^.*? (?=(?:Annotate|In the queryset|Each round|A raw|The loop writes|No queryset|Let) )/, ""));
}

test("all rows of a relation are counted by the name that queries know it by", async () => {
  expect(await remedies("return [user.review_set.count() for user in User.objects.all()]")).toEqual([
    'Annotate `Count("review", distinct=True)`, or `prefetch_related("review_set")` where the rows are needed too.',
  ]);
  expect(await remedies("return [order.lines.count() for order in Order.objects.all()]")).toEqual([
    'Annotate `Count("lines", distinct=True)`, or `prefetch_related("lines")` where the rows are needed too.',
  ]);
});

test("a filter belongs into the annotation, and is not served by a prefetch", async () => {
  expect(await remedies("return [order.lines.filter(price=0).count() for order in Order.objects.all()]")).toEqual([
    'Annotate `Count("lines", filter=Q(…), distinct=True)`, or `prefetch_related("lines")` and choose in Python.',
  ]);
  expect(await remedies("return [order.lines.filter(price=0).exists() for order in Order.objects.all()]")).toEqual([
    'Annotate `Exists(…)`, or `prefetch_related("lines")` and choose in Python.',
  ]);
});

test("nothing is annotated on a raw query", async () => {
  expect(await remedies('return [order.lines.count() for order in Order.objects.raw("SELECT * FROM shop_order")]')).toEqual([
    'A raw query loads no relations: call `prefetch_related_objects(rows, "lines")` for its rows, or write the query with the ORM.',
  ]);
});

test("what the loop changes is not asked before it", async () => {
  expect(await remedies("for order in Order.objects.all():\n    Line.objects.create(order_id=order.pk, quantity=1)\n    print(order.lines.count())")).toEqual([
    "The loop writes rows of `Line`, so that an answer from before it may be old: ask for all rows at once, after the loop.",
  ]);
});

test("rows that are reached by a relation to many have answers of their own", async () => {
  const body = (question: string): string =>
    `for customer in Customer.objects.all():\n    for order in customer.orders.all():\n        print(order.lines.${question})`;
  expect(await remedies(body("count()"))).toEqual([
    'In the queryset of a `Prefetch("orders", …)` annotate `Count("lines", distinct=True)`, or `prefetch_related("orders__lines")` where the rows are needed too.',
  ]);
  expect(await remedies(body("filter(price=0).exists()"))).toEqual([
    'In the queryset of a `Prefetch("orders", …)` annotate `Exists(…)`, or `prefetch_related("orders__lines")` and choose in Python.',
  ]);
});

test("what a receiver asks for each row of a delete is not annotated", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models.signals import post_delete
from django.dispatch import receiver
from shop.models import Customer, Order


@receiver(post_delete, sender=Order)
def gone(sender, instance, **kwargs):
    print(instance.customer.orders.filter(status="new").exists())


def forget(pk):
    Customer.objects.filter(pk=pk).delete()
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "aggregate-in-loop");
  expect(found.map(({ message, fixes }) => [message.replace(/^.*(?=Let the receiver)/, ""), fixes])).toEqual([
    ["Let the receiver read keys alone and collect them; ask for all of them once, in `transaction.on_commit()` or after the delete.", []],
  ]);
});

test("values that are looked among are loaded, not tested for", async () => {
  const report = await analyseShop({
    "shop/work.py":
      'from shop.models import Product\n\n\ndef work(names):\n    for product in Product.objects.all():\n        tags = product.tags.values_list("name", flat=True)\n        print([name in tags for name in names])\n',
  });
  expect(report.findings.filter(({ rule }) => /n-plus-one|aggregate-in-loop/.test(rule)).map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^`work` loads `tags` separately for each `Product`.* Add `prefetch_related\("tags"\)` to the queryset, and build the values from `all\(\)`/,
    ),
  ]);
});
