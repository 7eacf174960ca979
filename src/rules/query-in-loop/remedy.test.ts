/** What each kind of query in a loop wants instead. */
import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import Max\n\nfrom shop.models import Customer, Invoice, Line, Order, Product, Review, Tag\n\n\ndef work(request, keys):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence, message }) => `${confidence}: ${message}`);
}

const SAME = (model: string): string =>
  `certain: \`work\` sends the same \`${model}\` query in each round of a loop. Nothing in the query changes from round to round. Run it once before the loop.`;

test("a row that is read anew is no row to fetch with the others", async () => {
  expect(await told('for order in Order.objects.filter(status="new"):\n    order.refresh_from_db()\n    print(order.status)')).toEqual([
    "likely: Each round of the loop reads its `Order` row anew. `refresh_from_db()` queries for one row. " +
      "Leave it out for rows that were fetched just before; fetch them with `select_for_update()` where nobody else may change them meanwhile.",
  ]);
});

test("writes to other models leave a query as it is", async () => {
  expect(await told("for order in Order.objects.all():\n    order.customer = Customer.objects.first()\n    order.save()")).toEqual([SAME("Customer")]);
});

test("not a query that looks at other models, and not one whose rows go with theirs", async () => {
  expect(
    (await told('for order in Order.objects.all():\n    print(Customer.objects.filter(orders__status="x").count())\n    order.save()')).join(""),
  ).not.toContain("Run it once");
  expect((await told("for order in Order.objects.all():\n    print(Review.objects.count())\n    order.delete()")).join("")).not.toContain("Run it once");
});

test("a row that is found by its own columns is the same, whatever else the loop writes", async () => {
  const body = (query: string): string => `for product in Product.objects.all():\n    print(${query})\n    product.tags.remove(request.tag)`;
  expect(await told(body("Customer.objects.get(pk=request.user.owner.pk)"))).toEqual([SAME("Customer")]);
  expect(await told(body('Customer.objects.filter(vip=True).exclude(name="x").count()'))).toEqual([SAME("Customer")]);
  expect(await told(body('Tag.objects.get(name="x")'))).toEqual([SAME("Tag")]);
  expect((await told(body('Product.objects.filter(tags__name="x").count()'))).join("")).not.toContain("Run it once");
  expect((await told(body("Customer.objects.filter(pk__in=request.keys).count()"))).join("")).not.toContain("Run it once");
});

test("what a function asks without a look at the row is the same for all rows", async () => {
  const asked = async (query: string, more = ""): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/work.py": `from django.utils import timezone\nfrom shop.models import Customer, Order, Tag\n\n\ndef best(order):\n    return ${query}\n\n\ndef work():\n    for order in Order.objects.all():\n        print(best(order))${more}\n`,
    });
    return report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ message }) => message.split("would do. ")[1] ?? message);
  };
  expect(await asked('Tag.objects.get(name="new")')).toEqual(["Run it once before the loop. Hand what is found to `best`."]);
  expect(await asked('Tag.objects.filter(name="new").count()')).toEqual(["Run it once before the loop. Hand what is found to `best`."]);
  expect((await asked("Tag.objects.get(name=order.status)")).join("")).not.toContain("Run it once");
  expect((await asked("Tag.objects.exclude(name=order.status).count()")).join("")).not.toContain("Run it once");
  expect((await asked("Customer.objects.filter(joined__lt=timezone.now()).count()")).join("")).not.toContain("Run it once");
  expect((await asked('Tag.objects.filter(name="new").count()', '\n        Tag.objects.create(name="new")')).join("")).not.toContain("Run it once");
});

test("what the loop hands a function is the same where no round changes it", async () => {
  const asked = async (call: string, query = "Customer.objects.get(pk=key)"): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Customer, Order\n\n\ndef sync(key, other=None):\n    print(${query})\n\n\ndef work(key):\n    first = key\n    for order in Order.objects.all():\n        last = order.pk\n        ${call}\n`,
    });
    const told = report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ message }) => message.split("would do. ")[1] ?? message);
    return told.join("\n");
  };
  const once = "Run it once before the loop. Hand what is found to `sync`.";
  const bulk = "Fetch the rows of all rounds before the loop, with `in_bulk(…)`. Hand what is found to `sync`.";
  expect(await asked("sync(first)")).toBe(once);
  expect(await asked("sync(key=first)")).toBe(once);
  expect(await asked("sync(first, order)")).toBe(once);
  expect(await asked("sync(last)")).toBe(bulk);
  expect(await asked("sync(order.pk)")).toBe(bulk);
  expect(await asked("sync(*[first])")).toBe(bulk);
  expect(await asked("sync(order.pk, first)", "Customer.objects.get(pk=key, referrer=other)")).toBe(bulk);
});

test("what another function put into the query may differ, by whatever name", async () => {
  const asked = async (query: string): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from django.db.models import Q\nfrom shop.models import Customer, Order\n\n\ndef some(value):\n    key = Q(pk=value)\n    return ${query}\n\n\ndef work():\n    for order in Order.objects.all():\n        rows = some(order.customer_id)\n        print(rows.count())\n`,
    });
    return report.findings.map(({ rule, message }) => `${rule}: ${message}`).join("\n");
  };
  expect(await asked("Customer.objects.filter(key)")).not.toContain("Run it once");
  expect(await asked("Customer.objects.filter(pk=value)")).not.toContain("Run it once");
  expect(await asked("Customer.objects.filter(vip=True).filter(joined__lt=Clock.now())")).not.toContain("Run it once");
  expect(await asked("Customer.objects.filter(vip=True)")).toContain(
    "query-in-loop: `work` queries `Customer` in each round of a loop. One query for all rounds would do. Run it once before the loop.",
  );
});

test("a method is handed all but the one that it is called on", async () => {
  const asked = async (call: string): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Customer, Order\n\n\nclass Client:\n    def __init__(self, order):\n        self.order = order\n\n    def sync(self, key, other=None):\n        print(Customer.objects.get(pk=key))\n\n\ndef work(key):\n    for order in Order.objects.all():\n        client = Client(order)\n        ${call}\n`,
    });
    return report.findings
      .filter(({ rule }) => rule === "query-in-loop")
      .map(({ message }) => message.split("would do. ")[1])
      .join("\n");
  };
  expect(await asked("client.sync(key)")).toBe("Run it once before the loop. Hand what is found to `Client.sync`.");
  expect(await asked("client.sync(key, order)")).toBe("Run it once before the loop. Hand what is found to `Client.sync`.");
  expect(await asked("client.sync(order.pk, key)")).toContain("in_bulk");
});

test("rows that point at no others go with none", async () => {
  expect(await told("for order in Order.objects.all():\n    print(Tag.objects.count())\n    order.delete()")).toEqual([SAME("Tag")]);
});

test("not a query that asks the clock", async () => {
  expect(
    (
      await told(
        "from django.utils import timezone\nfor order in Order.objects.all():\n    total = Customer.objects.filter(joined__lt=timezone.now()).count()\n    print(total)",
      )
    ).join(""),
  ).not.toContain("Run it once");
});

const remedy = async (body: string): Promise<string> => (await told(body)).map((one) => one.split("One query for all rounds would do. ")[1] ?? one).join("\n");

const CASES: readonly (readonly [string, string])[] = [
  ["Customer.objects.get(pk=key)", "Fetch the rows of all rounds before the loop, with `in_bulk(…)`."],
  ["Customer.objects.get(email=key)", 'Fetch the rows of all rounds before the loop, with `in_bulk(…, field_name="email")`.'],
  ["list(Customer.objects.filter(pk=key)[:1])", "Fetch the rows of all rounds before the loop, with `in_bulk(…)`."],
  ["list(Customer.objects.filter(email=key)[:1])", 'Fetch the rows of all rounds before the loop, with `in_bulk(…, field_name="email")`.'],
  [
    "Order.objects.filter(customer=key, total=key, status=key, paid=key).count()",
    "Where the loop's rows come from a queryset, annotate it with a subquery that counts, its conditions by `OuterRef()`; else fetch the columns that decide once before the loop, and work it out in Python.",
  ],
  ["Customer.objects.get(name=key)", "Fetch the rows of all rounds before the loop with one `filter(name__in=…)`, and keep each row in a dictionary."],
  [
    "list(Order.objects.filter(customer_id=key))",
    "Fetch the rows of all rounds with one `filter(customer_id__in=…)` before the loop, and a dictionary with a list of rows for each key.",
  ],
  [
    "Order.objects.filter(customer_id=key).count()",
    'One grouped query before the loop, `filter(customer_id__in=…).values("customer_id").annotate(n=Count("pk"))`, gives the answers by key, none for one without rows.',
  ],
  [
    "Order.objects.filter(customer_id=key, paid=True).exists()",
    'Fetch the keys that have rows once before the loop, `set(….filter(customer_id__in=…).values_list("customer_id", flat=True))`, and look there.',
  ],
  [
    "Order.objects.filter(customer_id=key).aggregate(most=Max('total'))",
    'One grouped query before the loop, `filter(customer_id__in=…).values("customer_id").annotate(…)`, gives the answers by key, none for one without rows.',
  ],
  [
    "Order.objects.filter(customer_id=key).last()",
    'Fetch the one row of each key before the loop, on PostgreSQL with one `filter(customer_id__in=…).order_by("customer_id", …).distinct("customer_id")` in the order that `last()` takes, and keep them in a dictionary.',
  ],
  [
    "list(Product.objects.filter(tags=key))",
    'Fetch the rows of all rounds with one `filter(tags__in=…).annotate(key=F("tags"))` before the loop, and a dictionary with a list of rows for each key.',
  ],
  [
    "Order.objects.filter(customer__name=key, customer__id=request.user.pk).first()",
    'Fetch the one row of each key before the loop, on PostgreSQL with one `filter(customer__name__in=…).annotate(key=F("customer__name")).order_by("customer__name", …).distinct("customer__name")` in the order that `first()` takes, and keep them in a dictionary.',
  ],
  [
    "Order.objects.get(customer__id=key)",
    "Fetch the rows of all rounds before the loop with one `filter(customer__id__in=…)`, and keep each row in a dictionary.",
  ],
  [
    "Order.objects.filter(placed_at__year=2024, placed_at__month=key).count()",
    'One grouped query before the loop, `filter(placed_at__month__in=…).values("placed_at__month").annotate(n=Count("pk"))`, gives the answers by key, none for one without rows.',
  ],
  [
    "list(Order.objects.filter(customer_id=key)[:5])",
    'Fetch the first rows of every key before the loop with one query that ranks them, `annotate(place=Window(RowNumber(), partition_by=["customer_id"], order_by=…)).filter(place__lte=…)`.',
  ],
  ["list(Order.objects.filter(total__lt=key))", "Fetch the rows that any round needs in one query before the loop, and choose among them in Python."],
];

test.each(CASES)("%s", async (query, wanted) => {
  expect(await remedy(`for key in keys:\n    print(${query})`)).toBe(wanted);
});

test("rows of a loop carry the answers", async () => {
  const each = (query: string): Promise<string> => remedy(`for row in Order.objects.all():\n    print(${query})`);
  expect(await each("Line.objects.filter(order=row).count()")).toMatch(/^Annotate the loop's queryset with a subquery that counts; or one grouped query/);
  expect(await each("Line.objects.filter(order=row, quantity__gt=1).exists()")).toMatch(/^Annotate the loop's queryset with `Exists\(…\)`; or fetch the keys/);
  expect(await each("list(Line.objects.filter(order=row.pk))")).toMatch(/^Load the rows with the loop's own, by `prefetch_related\("lines"\)`; or with one/);
  expect(await each("list(Line.objects.filter(order=row, quantity=1))")).toMatch(/by a `Prefetch\("lines", queryset=…, to_attr=…\)`;/);
  expect(await each("Invoice.objects.get(order=row)")).toBe(
    'Load the row with the loop\'s own, by `select_related("invoice")`; or fetch the rows of all rounds before the loop, with `in_bulk(…, field_name="order_id")`.',
  );
});

test("the row's own relation is asked for by its key", async () => {
  const each = (query: string): Promise<string> => remedy(`for row in Order.objects.all():\n    print(${query})`);
  expect(await each("Customer.objects.get(pk=row.customer_id)")).toBe(
    'Load the row with the loop\'s own, by `select_related("customer")`; or fetch the rows of all rounds before the loop, with `in_bulk(…)`.',
  );
  expect(await each("Customer.objects.get(pk=row.customer_id, vip=True)")).toMatch(/^Fetch the rows of all rounds/);
  expect(await each("Customer.objects.get(pk=row.pk)")).toMatch(/^Fetch the rows of all rounds/);
});

test("the first rows of the loop's own relation", async () => {
  expect(await remedy("for row in Customer.objects.all():\n    print(list(Order.objects.filter(customer=row)[:5]))")).toMatch(
    /^Load the rows with the loop's own, by a `Prefetch\("orders", queryset=….order_by\(…\)\[:n\], to_attr=…\)`; or with one query that ranks them/,
  );
});

test("a function that asks is handed the answers", async () => {
  const report = await analyseShop({
    "shop/work.py":
      "from shop.models import Order\n\n\ndef total(key):\n    return Order.objects.filter(customer_id=key).count()\n\n\ndef work(keys):\n    return [total(order.customer_id) for order in Order.objects.all()]\n",
  });
  expect(report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ message }) => message.split("would do. ")[1])).toEqual([
    'One grouped query before the loop, `filter(customer_id__in=…).values("customer_id").annotate(n=Count("pk"))`, gives the answers by key, none for one without rows. Hand what is found to `total`.',
  ]);
});

test("a receiver is handed nothing but the row", async () => {
  const report = await analyseShop({
    "shop/signals.py": `from django.db.models.signals import post_save
from django.dispatch import receiver
from shop.models import Customer, Order


@receiver(post_save, sender=Customer)
def count_orders(sender, instance, **kwargs):
    print(Order.objects.filter(customer_id=instance.pk, paid=True).count())
`,
    "shop/work.py":
      "from shop.models import Customer\n\n\ndef work():\n    for customer in Customer.objects.all():\n        customer.vip = True\n        customer.save()\n",
  });
  expect(report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ message }) => message.split("would do. ")[1])).toEqual([
    'One grouped query before the loop, `filter(customer_id__in=…).values("customer_id").annotate(n=Count("pk"))`, gives the answers by key, none for one without rows. ' +
      "Put what is found on the rows, where `count_orders` reads it.",
  ]);
});

test("what an earlier round wrote is no answer from before the loop", async () => {
  const feeding = "for key in keys:\n    number = Order.objects.filter(customer_id=key).count()\n    Order.objects.create(customer_id=key, total=number)";
  expect(await told(feeding)).toEqual([
    expect.stringMatching(
      /^possible: .*The loop writes rows of `Order`, so that an answer from before it may be old: leave it where rounds build on one another, or ask once after the loop\.$/,
    ),
  ]);
});

test("a count after the round's own write is another one than before it", async () => {
  const after = "for row in Customer.objects.all():\n    Order.objects.create(customer=row, total=1)\n    print(Order.objects.filter(customer=row).count())";
  expect(await told(after)).toEqual([expect.stringMatching(/^possible: .*The loop writes rows of `Order`/)]);
  const before = "for row in Customer.objects.all():\n    print(Order.objects.filter(customer=row).count())\n    Order.objects.create(customer=row, total=1)";
  expect(await told(before)).toEqual([expect.stringMatching(/^certain: .*Annotate the loop's queryset/)]);
});

test("keys that are there are kept in step with what the loop makes", async () => {
  const made = "for key in keys:\n    if not Order.objects.filter(customer_id=key).exists():\n        Order.objects.create(customer_id=key, total=1)";
  expect(await told(made)).toEqual([expect.stringMatching(/^likely: .* and look there\. Add the keys that the loop makes\.$/)]);
});

test("rounds that cannot ask the same are told nothing by one another", async () => {
  const own = (rows: string): string =>
    `for row in ${rows}:\n    print(Order.objects.filter(customer_id=row.customer_id, paid=True).exists())\n    Order.objects.filter(customer_id=row.customer_id).exclude(pk=row.pk).delete()`;
  expect(await told(own('Order.objects.order_by("customer_id").distinct("customer_id")'))).toEqual([expect.stringMatching(/^certain: .* and look there\.$/)]);
  expect(await told(own("Order.objects.all()"))).toEqual([expect.stringMatching(/^possible: .*may be old/)]);
});

test("links to rows leave the rows as they are", async () => {
  const linked = "for row in Product.objects.all():\n    print(Tag.objects.filter(name=row.title).count())\n    row.tags.clear()";
  expect(await told(linked)).toEqual([expect.stringMatching(/^certain: .*One grouped query/)]);
});

test("rows that are tested and then read are wanted themselves", async () => {
  const read = "for key in keys:\n    orders = Order.objects.filter(customer_id=key)\n    if orders:\n        print(list(orders))";
  expect(await remedy(read)).toContain("a dictionary with a list of rows for each key");
});

test("an aggregate of groups is not annotated", async () => {
  const body =
    'for order in Order.objects.all():\n    print(Line.objects.filter(order=order).values("product").annotate(most=Max("price")).aggregate(Max("most")))';
  expect((await told(body)).join("")).toMatch(/Fetch the annotated rows of all rounds in one query before the loop, and work it out in Python\.$/);
});

test("groups of all rounds are told apart by the group", async () => {
  const groups = (condition: string): string =>
    `for key in keys:\n    for row in Line.objects.filter(${condition}).values("product").annotate(most=Max("price")):\n        print(row)`;
  expect(await remedy(groups("order_id=key"))).toBe(
    'Fetch the groups of all rounds in one query before the loop: `filter(order_id__in=…)`, and "order_id" in its `values()` too.',
  );
  expect(await remedy(groups("order__placed_at__lt=key"))).toBe(
    "Group by what tells the rounds apart as well, in one query before the loop, and choose among the groups in Python.",
  );
});

test("rows are no groups because another chain of the queryset groups them", async () => {
  const beside =
    'lines = Line.objects.filter(price=1)\nfor row in lines.values("order_id").annotate(most=Max("price")):\n    for line in lines.filter(order_id=row["order_id"]):\n        print(line.price)';
  expect(await remedy(beside)).toMatch(/a dictionary with a list of rows for each key/);
  const sorted = 'for key in keys:\n    print(list(Line.objects.filter(order_id=key).values("price").order_by("price")))';
  expect(await remedy(sorted)).toMatch(/a dictionary with a list of rows for each key/);
});

test("a row is read anew to see what an update() wrote past it", async () => {
  const body =
    'for order in Order.objects.all():\n    Order.objects.filter(pk=order.pk).update(status="new")\n    order.refresh_from_db()\n    print(order.status)';
  expect(await told(body)).toContainEqual(
    "likely: Each round of the loop reads its `Order` row anew. `refresh_from_db()` queries for one row. " +
      "Set on the row what `update()` wrote; what the database works out there (`F()`), fetch for the rows of all rounds after the loop.",
  );
});

test("an update() from before the loop has nothing to do with its refreshes", async () => {
  const body = 'Order.objects.filter(paid=True).update(status="new")\nfor order in Order.objects.all():\n    order.refresh_from_db()\n    print(order.status)';
  expect(await told(body)).toEqual([expect.stringContaining("Leave it out for rows that were fetched just before")]);
});

test("columns and constants that a manager compares are no keys of the rounds", async () => {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Shelf(models.Model):
    name = models.CharField(max_length=20)

    def live_count(self):
        return Book.live.filter(shelf=self, state=self.OPEN).count()

    OPEN = "open"


class LiveBooks(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(id=models.F("first_of"))


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE)
    first_of = models.ForeignKey("self", models.CASCADE, null=True)
    state = models.CharField(max_length=20)
    objects = models.Manager()
    live = LiveBooks()
`,
    "shop/signals.py": "",
    "shop/work.py": "from shop.models import Shelf\n\n\ndef work():\n    return [shelf.live_count() for shelf in Shelf.objects.all()]\n",
  });
  expect(report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ message }) => message.split("would do. ")[1])).toEqual([
    'One grouped query before the loop, `filter(shelf__in=…).values("shelf").annotate(n=Count("pk"))`, gives the answers by key, none for one without rows. ' +
      "Put what is found on the rows, where `Shelf.live_count` reads it.",
  ]);
});

test("an update by a key that several rows may have", async () => {
  const each = (update: string): Promise<string> => updated(`for row in Order.objects.all():\n    ${update}`);
  const updated = async (body: string): Promise<string> =>
    (await told(body)).map((one) => one.split("One statement can change the rows of all rounds. ")[1] ?? one).join("\n");
  expect(await each("Review.objects.filter(product_id=row.pk).update(stars=row.total)")).toBe(
    "Collect the keys by the value that their rows get, and send one `filter(product_id__in=…).update(…)` for each value after the loop; " +
      "where there are as many values as keys, one `update()` with `Case(When(product_id=…, then=…), …)`.",
  );
  expect(await each("Review.objects.filter(product_id=row.pk, stars=1).update(stars=5)")).toBe(
    "The line sets the same in every round: collect its keys in the loop, and send one `filter(product_id__in=…, …).update(…)` after it.",
  );
  expect(await each('Order.objects.filter(pk=row.pk, status="new").update(total=row.total + 1)')).toMatch(
    /one `filter\(pk__in=…, …\).update\(…\)` for each value/,
  );
  expect(await each("Order.objects.filter(pk=row.pk).update(total=row.total + 1)")).toMatch(/`bulk_update\(\)` where each gets a value of its own\.$/);
  expect(await each("Review.objects.filter(product_id=row.pk, stars=row.total).update(stars=5)")).toMatch(/^Send one `filter\(pk__in=…\)/);
  expect(
    await updated("def close(row):\n    Review.objects.filter(product_id=row.pk).update(stars=5)\nfor row in Order.objects.all():\n    close(row)"),
  ).toMatch(/one `filter\(product_id__in=…\).update\(…\)` for each value/);
});

test("a name that the round assigns is no constant, and values of rows are no rows to load more with", async () => {
  const once = /Run it once/;
  expect((await told("for key in keys:\n    Code = key.code\n    print(Product.objects.filter(title=Code).first())")).join("")).not.toMatch(once);
  expect((await told("Code = keys[0]\nfor key in keys:\n    print(Product.objects.filter(title=Code).first())")).join("")).toMatch(once);
  const lines = 'for key in Order.objects.values_list("id", flat=True):\n    print(list(Line.objects.filter(order_id=key)))';
  expect((await told(lines)).join("")).toMatch(/Fetch the rows of all rounds with one `filter\(order_id__in=…\)` .* a list of rows for each key/);
  const orders = "for key in keys:\n    for order in Order.objects.filter(pk=key, paid=True):\n        print(order.total)";
  expect((await told(orders)).join("")).toMatch(/`filter\(pk__in=…\)` before the loop, and a dictionary with the row for each key/);
});

test("a row is read anew to see what the database made of what was saved", async () => {
  const body =
    'for order in Order.objects.all():\n    order.status = request.GET["status"]\n    order.save()\n    order.refresh_from_db()\n    print(order.status)';
  expect((await told(body)).join("")).toContain(
    "Leave it out where the row holds what it saved; what the database works out or converts, fetch for the rows of all rounds after the loop.",
  );
});

test("rows that a round makes or takes along are no news to a query before the loop", async () => {
  const get = "for key in keys:\n    order = Order.objects.get(pk=key)\n";
  const others = await told(`${get}    if order.paid:\n        Order.objects.filter(customer=order.customer_id).delete()`);
  expect(others).toEqual([expect.stringMatching(/^possible: .* an answer from before it may be old/)]);
  for (const own of ["order.delete()", "Order.objects.filter(pk=key).delete()", "order.paid = True\n    order.save()"])
    expect(await told(`${get}    ${own}`)).toEqual([expect.stringMatching(/^likely: .* with `in_bulk\(…\)`\.$/)]);
  const made = "for key in keys:\n    try:\n        Order.objects.get(pk=key)\n    except Order.DoesNotExist:\n        Order.objects.create(pk=key)";
  expect(await told(made)).toEqual([expect.stringMatching(/^likely: .* with `in_bulk\(…\)`\. Add the rows that the loop makes\.$/)]);
});

test("a column that the loop's filter compares with one value is the same in every row", async () => {
  const each = (rows: string, query = "Product.objects.get(title=row.status)", more = ""): Promise<string> =>
    remedy(`for row in ${rows}:\n    print(${query})${more}`);
  const once = "Run it once before the loop.";
  const open = 'Order.objects.filter(status="open")';
  expect(await each(open)).toBe(once);
  expect(await each('Order.objects.filter(paid=True, status=request.status).order_by("total")')).toBe(once);
  expect(await each("Order.objects.filter(customer=request.owner)", "Customer.objects.get(pk=row.customer_id)")).toBe(once);
  expect(await remedy(`rows = ${open}\nrows = rows.exclude(paid=True)\nfor row in rows:\n    print(Product.objects.get(title=row.status))`)).not.toBe(once);
  expect(await remedy(`rows = ${open}\nfor row in rows.exclude(paid=True):\n    print(Product.objects.get(title=row.status))`)).toBe(once);
  expect(await each(open, undefined, "\n    row.paid = True")).toBe(once);
  expect(await each(open, undefined, "\n    row.status = 'closed'")).not.toBe(once);
  expect(await each(`${open}.union(Order.objects.all())`)).not.toBe(once);
  expect(await each('Order.objects.filter(status=Lower("customer__name"))')).not.toBe(once);
  expect(await each('Order.objects.filter(status__gt="open")')).not.toBe(once);
  expect(await each(open, "Product.objects.get(title=row.customer.name)")).not.toBe(once);
  expect(await each(open, "Product.objects.get(title=row.status, stock=row.total)")).toContain("`filter(stock__in=…)`");
});

test("a queryset from before the loop gives the same row in each round, whoever takes it", async () => {
  const once = /^Run it once before the loop\./;
  const rows = "rows = Order.objects.filter(status=request.status)\n";
  const helper = `def first(found):\n    return found[0]\n${rows}`;
  expect(await remedy(`${rows}print([rows[0].total for key in keys])`)).toMatch(once);
  expect(await remedy(`${rows}print([rows.filter(customer_id=key).first() for key in keys])`)).not.toMatch(once);
  expect(await remedy(`${helper}for key in keys:\n    print(first(rows), key)`)).toMatch(once);
  expect(await remedy(`${helper}for key in keys:\n    print(first(rows.filter(customer_id=key)))`)).not.toMatch(once);
  const several = "several = [Order.objects.filter(status=key) for key in keys]\nfor found in several:\n";
  expect(await remedy(`${several}    print(found.first())`)).not.toMatch(once);
  expect(await remedy(`${helper}${several}    print(first(found))`)).not.toMatch(once);
});

test("a loop whose rounds write what the query may look at is told so", async () => {
  const but = "The query is given the same in each round: where what the loop writes leaves its answer alone, run it once before the loop.";
  expect(await remedy('for row in Order.objects.all():\n    print(list(Customer.objects.filter(orders__status="x")))\n    row.save()')).toBe(but);
});

test("a receiver that asks for what has nothing to do with its row", async () => {
  const report = await analyseShop({
    "shop/signals.py": `from django.db.models.signals import pre_delete
from django.dispatch import receiver
from shop.models import Customer, Tag


@receiver(pre_delete, sender=Customer)
def forget(sender, instance, **kwargs):
    print(Tag.objects.get(name="new"))
    print(Tag.objects.get(name=instance.name))
`,
    "shop/work.py": "from shop.models import Customer\n\n\ndef work():\n    Customer.objects.filter(vip=False).delete()\n",
  });
  const found = report.findings.filter(({ rule }) => rule === "query-in-loop").map((one) => one.remedy);
  expect(found).toEqual([
    expect.stringMatching(/^The query is given nothing of the row: keep its answer/),
    expect.stringMatching(/^Let the receiver read keys alone/),
  ]);
});

test("a serializer's context is the same for all rows, also for whom it is handed to", async () => {
  const asked = async (value: string): Promise<string> => {
    const report = await analyseShop({
      "shop/lookups.py": `from shop.models import Customer


class Lookup:
    @staticmethod
    def by_name(name, vip):
        return Customer.objects.get(name=name, vip=vip)
`,
      "shop/api.py": `from rest_framework import serializers, viewsets
from shop.lookups import Lookup
from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    best = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["best"]

    def get_best(self, order):
        shop = self.context["view"].shop
        key = str(shop.id)
        return Lookup.by_name(${value}, vip=shop.vip).pk


class OrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
`,
    });
    return report.findings
      .filter(({ rule }) => rule === "query-in-loop")
      .map((one) => one.remedy)
      .join("\n");
  };
  expect(await asked('self.context["request"].session[key]')).toBe("Run it once before the loop. Hand what is found to the serializer in its context.");
  expect(await asked("order.status")).toBe(
    "Fetch the rows of all rounds before the loop with one `filter(name__in=…)`, and keep each row in a dictionary. Hand what is found to the serializer in its context.",
  );
});

test("what a row's method asks about the row, or a property, is the same for one row", async () => {
  const asked = async (read: string): Promise<string> => {
    const report = await analyseShop({
      "shop/people.py": `from django.db import models
from shop.models import Order


class Guest(models.Model):
    def total(self, row):
        return [one.total for one in Order.objects.filter(customer_id=self.pk)]

    @property
    def paid(self):
        return Order.objects.filter(customer_id=self.pk, paid=True).count()


def work(pk):
    guest = Guest.objects.get(pk=pk)
    for other in Guest.objects.all():
        print(${read})
`,
    });
    return report.findings
      .filter(({ rule }) => rule === "query-in-loop")
      .map((one) => one.remedy)
      .join("\n");
  };
  expect(await asked("guest.total(other)")).toMatch(/^Run it once before the loop\./);
  expect(await asked("guest.paid")).toMatch(/^Run it once before the loop\./);
  expect(await asked("other.paid")).not.toContain("Run it once");
});

test("a relation of one row is the same in each round, whatever function asks for it", async () => {
  const asked = async (who: string): Promise<readonly (string | undefined)[]> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Customer, Order


def number(customer):
    return customer.orders.count()


def shown(customer):
    return number(customer)


def work(pk):
    first = Customer.objects.get(pk=pk)
    for other in Order.objects.all():
        print(shown(${who}))
`,
    });
    return report.findings.filter(({ rule }) => rule === "query-in-loop").map((one) => one.remedy);
  };
  expect(await asked("first")).toEqual(["Run it once before the loop. Hand what is found to `number`."]);
  expect(await asked("other.customer")).toEqual([]);
});

test("a row that is put among others is told with them", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Customer


def work(pk):
    first = Customer.objects.get(pk=pk)
    rows = list(Customer.objects.all())
    rows.insert(0, first)
    for row in rows:
        print(row.orders.filter(paid=True).exists())
`,
  });
  expect(report.findings.map(({ rule }) => rule).filter((rule) => rule.endsWith("in-loop"))).toEqual(["aggregate-in-loop"]);
});

test("the members of an enumeration, and a few tries of the same, are only possible", async () => {
  const counted = (rounds: string, asked = "place"): Promise<readonly string[]> =>
    told(`for place in ${rounds}:\n    print(Tag.objects.filter(name=request.key(${asked})).count())`);
  for (const rounds of ["request.Weekday", "Weekday", "Weekday.values"]) expect(await counted(rounds)).toEqual([expect.stringMatching(/^possible: /)]);
  for (const rounds of ["range(10)", "xrange(1, 6)"]) expect(await counted(rounds, "")).toEqual([expect.stringMatching(/^possible: /)]);
  for (const rounds of ["range(10)", "range(1000)", "range(request.size)"]) expect(await counted(rounds)).toEqual([expect.stringMatching(/^likely: /)]);
});

test("a count that is only tested asks whether there are rows", async () => {
  const each = (test: string): Promise<string> => remedy(`for key in keys:\n    ${test}\n        print(key)`);
  for (const one of [
    "if Order.objects.filter(status=key).count():",
    "if not Order.objects.filter(status=key).count():",
    "if Order.objects.filter(status=key).count() > 0:",
  ])
    expect(await each(one)).toBe(
      'Fetch the keys that have rows once before the loop, `set(….filter(status__in=…).values_list("status", flat=True))`, and look there.',
    );
  expect(await each("if Order.objects.filter(status=key).count() > 2:")).toContain('annotate(n=Count("pk"))');
});

test("what a coroutine asks before the loop is awaited", async () => {
  const asked = async (body: string): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Product, Tag\n\n\nasync def work(keys):\n    for key in keys:\n        ${body}\n`,
    });
    return report.findings
      .filter(({ rule }) => rule === "query-in-loop")
      .map((one) => one.remedy)
      .join("\n");
  };
  expect(await asked("print(await Product.objects.aget(pk=key))")).toContain("with `await ….ain_bulk(…)`");
  expect(await asked("print(await Tag.objects.filter(name=key).aexists())")).toContain(
    '`{key async for key in ….filter(name__in=…).values_list("name", flat=True)}`',
  );
});

test("stretches of time and parts of texts are no keys to fetch all rows by", async () => {
  const sure = async (query: string): Promise<string | undefined> => (await told(`for key in keys:\n    print(${query})`)).join("").split(":")[0];
  expect(await sure("list(Order.objects.filter(customer_id=key.owner, placed_at__lt=key.day))")).toBe("possible");
  expect(await sure("Product.objects.filter(title__icontains=key).first()")).toBe("possible");
  expect(await sure("list(Order.objects.filter(total__gt=key))")).toBe("possible");
  expect(await sure("list(Product.objects.annotate(far=Abs(key)).filter(title=key))")).toBe("possible");
  // These are few, or one annotation answers for all rows.
  expect(await sure("list(Order.objects.filter(customer_id=key.owner, total__gt=key.least))")).toBe("likely");
  expect(await sure("Order.objects.filter(placed_at__lt=key).count()")).toBe("likely");
});

test("what a round leaves out is a condition as well", async () => {
  const without = "Order.objects.filter(customer_id=key.owner).exclude(pk__in=key.known)";
  expect(await remedy(`for key in keys:\n    print(${without}.exists())`)).toBe(
    "Where the loop's rows come from a queryset, annotate it with `Exists(…)`, its conditions by `OuterRef()`; else fetch the columns that decide once before the loop, and look among them.",
  );
  expect(await remedy(`for key in keys:\n    rest = ${without}\n    print(rest.exists())`)).toMatch(/look among them\.$/);
  expect(await remedy(`for key in keys:\n    print(list(${without}))`)).toBe(
    "Fetch the rows that any round needs in one query before the loop, and choose among them in Python.",
  );
});

test("a row that the round has fetched is not fetched again", async () => {
  const get = "Customer.objects.get(email=key)";
  const bulk = 'Fetch the rows of all rounds before the loop, with `in_bulk(…, field_name="email")`.';
  const atHand = "The round has fetched this row already: use that one.";
  const each = async (round: string): Promise<readonly string[]> => (await remedy(`for key in keys:\n    ${round.replaceAll("\n", "\n    ")}`)).split("\n");
  expect(await each(`one = ${get}\nif one.vip:\n    print(${get})`)).toEqual([bulk, atHand]);
  expect(await each(`one = ${get}\nkey = one.name\nprint(${get})`)).toEqual([bulk]);
  expect(await each(`if key:\n    print(${get})\nprint(${get})`)).toEqual([bulk]);
  expect(await each(`if key:\n    print(${get})\nelse:\n    print(${get})`)).toEqual([bulk]);
});

test("a number that rows hold as a text is looked for as a number", async () => {
  const each = (query: string): Promise<string> => remedy(`for row in Order.objects.all():\n    print(${query})`);
  expect(await each("Customer.objects.get(pk=row.status)")).toBe(
    "Fetch the rows of all rounds before the loop, with `in_bulk(…)`. Its keys are numbers: look among them by `int(…)` of what the rows hold as text.",
  );
  expect(await each("Customer.objects.get(pk=row.total)")).toBe("Fetch the rows of all rounds before the loop, with `in_bulk(…)`.");
  expect(await each("Customer.objects.get(email=row.status)")).toBe('Fetch the rows of all rounds before the loop, with `in_bulk(…, field_name="email")`.');
});

test("what the client sent is the same in each round", async () => {
  expect(await told('for order in Order.objects.all():\n    print(Customer.objects.get(pk=request.POST.get("customer")))')).toEqual([SAME("Customer")]);
  const body = (value: string): string =>
    `def chosen(asked, row):\n    return Customer.objects.get(pk=${value})\nfor order in Order.objects.all():\n    print(chosen(request, order))`;
  expect(await remedy(body('asked.GET.get("customer")'))).toMatch(/^Run it once before the loop\./);
  expect(await remedy(body("asked.GET.get(row.status)"))).not.toContain("Run it once");
  expect(await remedy(body('row.state.get("customer")'))).not.toContain("Run it once");
});

test("one row whose relation rounds ask for different things is no row to annotate", async () => {
  const asked = (who: string): Promise<string> =>
    remedy(
      `def has(customer, status):\n    return customer.orders.filter(status=status).exists()\nfirst = Customer.objects.get(pk=1)\nfor key in keys:\n    print(has(${who}, key))`,
    );
  expect(await asked("first")).toMatch(/^Fetch the keys that have rows once before the loop, `set\(….filter\(status__in=…\)/);
});

test("a key that may be None is found by no list", async () => {
  const asked = (query: string): Promise<string> => remedy(`for row in Product.objects.all():\n    print(${query})`);
  const none = "`__in` finds no NULL: rounds whose key is None need the rows with `discount__isnull=True` as well.";
  expect(await asked("Product.objects.filter(discount=row.discount).count()")).toContain(none);
  expect(await asked("Product.objects.filter(discount=row.stock).count()")).not.toContain("NULL");
  expect(await asked("Product.objects.filter(stock=row.discount).count()")).not.toContain("NULL");
  expect(await asked('Product.objects.filter(discount=row.discount["rate"]).count()')).not.toContain("NULL");
});

test("rows that are counted and then gone through are loaded", async () => {
  const body = (rows: string): string =>
    `for customer in Customer.objects.all():\n    rows = Order.objects.filter(customer=customer)\n    if rows.count() < 2:\n        continue\n    for row in ${rows}:\n        print(row.pk)`;
  expect(await told(body("rows"))).toEqual([expect.stringContaining('by `prefetch_related("orders")`')]);
  expect((await told(body("rows.filter(paid=True)"))).join("\n")).toContain("gives the answers by key");
});

test("what rounds add to rows that others meet as well is added up", async () => {
  const each = async (update: string): Promise<string> => (await told(`for row in Line.objects.all():\n    ${update}`)).join("\n");
  expect(await each('Product.objects.filter(category=row.kind).update(stock=F("stock") - row.quantity)')).toMatch(
    /Add up in the loop what the rounds change, by key, and send one `update\(\)` for each key/,
  );
  expect(await each('Product.objects.filter(pk=row.product_id).update(stock=F("stock") - row.quantity)')).toContain("Add up");
  expect(await each('Product.objects.filter(**row.found()).update(stock=F("stock") - row.quantity)')).toContain("Add up");
  expect(await each('Review.objects.filter(product=row).update(rating=F("rating") + 1)')).not.toContain("Add up");
  expect(await each('Line.objects.filter(pk=row.pk).update(quantity=F("quantity") + 1)')).not.toContain("Add up");
});

test("what a function makes of constants and settings is the same, whatever it is handed", async () => {
  const asked = (made: string): Promise<string> =>
    remedy(
      `def known(order):\n    found = []\n${made.replaceAll(/^/gm, "    ")}\n    return Customer.objects.filter(referrer__in=found).exists()\nfor order in Order.objects.all():\n    print(known(order))`,
    );
  expect(await asked("for name in settings.NAMES:\n    found.append(Customer.objects.get(name=name))")).toMatch(/^Run it once before the loop\./m);
  expect(await asked("for name in settings.NAMES:\n    if name == order.status:\n        found.append(Customer.objects.get(name=name))")).not.toContain(
    "Run it once",
  );
  expect(await asked("for name in settings.NAMES:\n    if name == order.status:\n        continue\n    found.append(name)")).not.toContain("Run it once");
  expect(await asked("found.append(order.customer_id)")).not.toContain("Run it once");
  expect(await asked("found.append(pick())")).not.toContain("Run it once");
});

test("a form beside the rows of a loop is no form of a set", async () => {
  const sure = async (loop: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/forms.py": `from django import forms

from shop.models import Order


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["customer"]


OrderFormSet = forms.modelformset_factory(Order, form=OrderForm, extra=0)
`,
      "shop/views.py": `from django.shortcuts import render

from shop.forms import OrderForm, OrderFormSet
from shop.models import Order, Tag


def edit(request):
    return render(request, "shop/edit.html", {"form": OrderForm(), "forms": OrderFormSet(queryset=Order.objects.all()), "tags": Tag.objects.all()})
`,
      "shop/templates/shop/edit.html": `{% for ${loop} %}{{ form.customer }}{% endfor %}`,
    });
    return report.findings.flatMap(({ rule, confidence }) => (rule === "query-in-loop" ? [confidence] : []));
  };
  expect(await sure("form in forms")).toEqual(["likely"]);
  expect(await sure("tag in tags")).toEqual(["possible"]);
});

test("the way from a serializer's field to its method is no call of the project's", async () => {
  const report = await analyseShop({
    "shop/api.py": `from rest_framework import serializers, viewsets
from shop.models import Line, Order


def count(order):
    return total(order)


def total(order):
    return Line.objects.filter(order=order).count()


class OrderSerializer(serializers.ModelSerializer):
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["lines"]

    def get_lines(self, order):
        return count(order)


class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence)).toEqual(["likely"]);
});

test("a loop that asks one model the same kind of thing several times is told once", async () => {
  const both =
    "for key in keys:\n    print(Order.objects.filter(customer_id=key).count())\n    print(Order.objects.filter(customer_id=key, paid=True).count())";
  expect(await told(both)).toHaveLength(1);
  expect(await told(both.replace("filter(customer_id=key, paid=True).count()", "get(pk=key)"))).toHaveLength(2);
  expect(await told(both.replace("Order.objects.filter(customer_id=key, paid=True)", "Review.objects.filter(product_id=key)"))).toHaveLength(2);
});

test("the first rows of a list of keys that each round has are in no query for all", async () => {
  const sure = async (query: string): Promise<string> =>
    (await told(`for customer in Customer.objects.all():\n    print(list(${query}))`)).join("").split(":")[0] ?? "";
  expect(await sure("Order.objects.filter(pk__in=customer.keys())[:10]")).toBe("possible");
  expect(await sure("Order.objects.filter(pk__in=customer.keys())")).toBe("certain");
});

test("rows that a constant chooses are as many as the table has; parts of a path are few", async () => {
  const sure = async (rows: string): Promise<string> =>
    (await told(`for row in ${rows}:\n    print(Customer.objects.get(name=row.status))`)).join("").split(":")[0] ?? "";
  expect(await sure("Order.objects.filter(status=Order.OPEN)")).toBe("certain");
  expect(await sure("Order.objects.filter(status=settings.OPEN)")).toBe("certain");
  expect(await sure("settings.NAMES.items()")).toBe("possible");
  expect(await sure("Order.STATES")).toBe("possible");
  expect(await sure('request.path.split("/")')).toBe("possible");
  expect(await sure('request.path.split(",")')).toBe("likely");
  expect(await sure('set(request.path.strip().split(" "))')).toBe("possible");
  expect(await sure("sorted(request.path.split())")).toBe("possible");
});

test("a module that makes rows to test with has as many as a test wants", async () => {
  const sure = async (head: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/rows.py": `${head}
from shop.models import Customer, Order


def fill():
    for order in Order.objects.all():
        print(Customer.objects.get(name=order.status))
`,
    });
    return report.findings.flatMap(({ rule, confidence }) => (rule === "query-in-loop" ? [confidence] : []));
  };
  expect(await sure("import json")).toEqual(["certain"]);
  expect(await sure("import factory")).toEqual(["possible"]);
  expect(await sure("from factory.django import DjangoModelFactory")).toEqual(["possible"]);
  expect(await sure("from factory_rows import rows")).toEqual(["certain"]);
  expect(await sure("from django.test import TransactionTestCase\nclass ShopTest(TransactionTestCase):\n    pass\n")).toEqual(["possible"]);
});

test("a class's constant is the same in each round of a loop that calls the class", async () => {
  const asked = async (call: string): Promise<string> => {
    const report = await analyseShop({
      "shop/mails.py": `from django.db import models
from shop.models import Order


class Template(models.Model):
    REMINDER = "reminder"
    name = models.CharField(max_length=20, unique=True)

    @classmethod
    def remind(cls, order):
        print(cls.objects.get(name=cls.REMINDER), order)


def work(kinds):
    for order in Order.objects.all():
        ${call}
`,
    });
    return report.findings.flatMap(({ rule, remedy }) => (rule === "query-in-loop" ? [remedy ?? ""] : [])).join("");
  };
  expect(await asked("Template.remind(order)")).toContain("once before the loop");
  expect(await asked("kinds[order.pk].remind(order)")).not.toContain("Run it once");
});

test("a short column that is split has few parts", async () => {
  const sure = async (field: string, loop: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/models.py": `from django.db import models


class Group(models.Model):
    name = models.CharField(max_length=20)


class Audit(models.Model):
    group_keys = models.${field}
`,
      "shop/signals.py": "",
      "shop/work.py": `from shop.models import Audit, Group


def work(request, pk):
    audit = Audit.objects.get(pk=pk)
    keys = audit.group_keys.split(",")
    ${loop}
`,
    });
    return findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence);
  };
  const named = "return [Group.objects.get(pk=key).name for key in keys]";
  expect(await sure("CharField(max_length=255)", named)).toEqual(["possible"]);
  expect(await sure("TextField()", named)).toEqual(["likely"]);
  expect(await sure("CharField(max_length=255)", 'return [Group.objects.get(pk=key).name for key in audit.group_keys.split(",")]')).toEqual(["possible"]);
});

test("a loop over what the settings say, by a name, has a few rounds; what they help to fetch may be long", async () => {
  const sure = async (rows: string): Promise<string> =>
    (await told(`rows = ${rows}\nfor row in rows:\n    print(Customer.objects.get(name=row["name"]))`)).join("").split(":")[0] ?? "";
  expect(await sure("settings.ROLES.get(request.provider, [])")).toBe("possible");
  expect(await sure("set(settings.ROLES)")).toBe("possible");
  expect(await sure("set(request.roles)")).toBe("likely");
  expect(await sure("ROLES[request.provider]")).toBe("possible");
  expect(await sure("fetched(settings.ADDRESS)")).toBe("likely");
});

test("a generator hands out one row after the other", async () => {
  const each = async (body: string): Promise<string> => (await told(`for key in keys:\n    ${body}`)).join("").split(":")[0] ?? "";
  expect(await each("yield Customer.objects.get(pk=key)")).toBe("possible");
  expect(await each("print(Customer.objects.get(pk=key))")).toBe("likely");
});

test("a command whose rounds work through rows of their own, with files or in transactions, holds one round's rows at a time", async () => {
  const sure = async (file: string, body: string, decorator = ""): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      [file]: `from django.db import transaction

from shop.models import Line, Order


${decorator}def one(order, path):
${body.replaceAll(/^(?=.)/gm, "    ")}


def work(path):
    for order in Order.objects.all():
        one(order, path)
`,
    });
    return findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence);
  };
  const command = "shop/management/commands/work.py";
  const rows = "lines = Line.objects.filter(order=order)\nprint(len(lines))\nfor line in lines:\n    ";
  expect(await sure(command, `${rows}path.write_text(line.pk)`)).toEqual(["possible"]);
  expect(await sure(command, `${rows}print(line)`, "@transaction.atomic\n")).toEqual(["possible"]);
  expect(await sure(command, `${rows}print(line)`)).toEqual(["likely"]);
  expect(await sure("shop/work.py", `${rows}path.write_text(line.pk)`)).toEqual(["likely"]);
});

test("a method that classes override asks for each of them something else", async () => {
  const asked = async (other: string): Promise<string> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from shop.models import Order


class Report:
    def rows(self, customer):
        return list(Order.objects.filter(placed_at__gt=customer.joined, total__lt=customer.pk))


class LongReport(Report):
    def ${other}(self, customer):
        return []


def work(customers):
    report = Report()
    for customer in customers:
        print(report.rows(customer))
`,
    });
    return findings.map(({ rule, remedy }) => (rule === "query-in-loop" ? (remedy ?? "") : "")).join("");
  };
  expect(await asked("rows")).toBe("Have the method that asks answer for the rows of all rounds at once, in each of the classes that have one of their own.");
  expect(await asked("name")).toContain("choose among them in Python");
});

test("a function on the way to the query that keeps its answer asks once", async () => {
  const told = async (decorator: string): Promise<number> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from functools import lru_cache

from shop.models import Order


def paid():
    return Order.objects.filter(paid=True)


${decorator}
def paid_set():
    return set(paid())


def work(orders):
    return [order for order in orders if order in paid_set()]
`,
    });
    return findings.filter(({ rule }) => rule === "query-in-loop").length;
  };
  expect(await told("")).toBe(1);
  expect(await told("@lru_cache")).toBe(0);
});

test("a column of a changelist is annotated where the admin fetches its rows", async () => {
  const { findings } = await analyseShop({
    "shop/admin.py": `from django.contrib import admin

from shop.models import Customer, Order


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ["name", "ordered"]

    def ordered(self, customer):
        return Order.objects.filter(customer=customer).count()
`,
  });
  expect(findings.flatMap(({ rule, remedy }) => (rule === "query-in-loop" ? [remedy] : [])).join("")).toMatch(
    /^Annotate the loop's queryset with a subquery that counts; or one grouped query/,
  );
});

test("what a cache keeps for all rounds is asked once", async () => {
  const asked = async (key: string): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from django.core.cache import cache
from shop.models import Customer, Tag


def names(customer):
    found = cache.get(${key})
    if found is None:
        found = list(Tag.objects.${key === '"tags"' ? "all()" : "filter(name=customer.name)"})
        cache.set(${key}, found)
    return found


def work():
    for customer in Customer.objects.all():
        print(names(customer))
`,
    });
    return findings.filter(({ rule }) => rule === "query-in-loop").map(({ confidence }) => confidence);
  };
  expect(await asked('"tags"')).toEqual(["possible"]);
  expect(await asked('f"tags {customer.pk}"')).toEqual(["likely"]);
});

test("what others narrow that get the queryset from the same place is no key of the loop's", async () => {
  const { findings } = await analyseShop({
    "shop/clubs.py": `from django.db import models
from shop.models import Customer


class Club(models.Model):
    name = models.CharField(max_length=20)

    @property
    def active(self):
        return Membership.objects.filter(club=self, status="active")


class Membership(models.Model):
    club = models.ForeignKey(Club, models.CASCADE)
    customer = models.ForeignKey(Customer, models.CASCADE)
    status = models.CharField(max_length=20)
`,
    "shop/work.py": `from shop.clubs import Club


def show(request, pk):
    club = Club.objects.get(pk=pk)
    return club.active.filter(customer=request.user.customer).first()


def work():
    return [club.active.count() for club in Club.objects.all()]
`,
  });
  const remedies = findings.filter(({ rule }) => rule === "query-in-loop").map(({ remedy }) => remedy ?? "");
  expect(remedies).toEqual([expect.stringContaining("annotate it with a subquery that counts")]);
});

test("a row that the round itself makes gives no key to ask by before the loop", async () => {
  const asked = async (get: string): Promise<readonly string[]> =>
    (await told(`for key in keys:\n    ${get}\n    print(Invoice.objects.filter(order__customer=customer).first())`))
      .filter((one) => one.includes("queries `Invoice`"))
      .map((one) => one.split(":")[0] ?? "");
  expect(await asked("customer, _ = Customer.objects.get_or_create(name=key)")).toEqual(["possible"]);
  expect(await asked("customer = Customer.objects.create(name=key)")).toEqual(["possible"]);
  expect(await asked("customer = request.customers[key]")).toEqual(["likely"]);
});

test("one query for the parts of texts that all rounds look for fetches far more, also where it is asked first whether there are rows", async () => {
  const asked = "found = Customer.objects.filter(name__contains=key)\n    if found:\n        print(found[0].pk)";
  expect((await told(`for key in keys:\n    ${asked}`)).map((one) => one.split(":")[0])).toEqual(["possible"]);
});

test.each(["items", "iteritems"])("a dictionary of which the source lists the entries is gone through in a few rounds, by `%s()` too", async (method) => {
  const loop = `for name, key in given.${method}():\n    print(Customer.objects.get(name=name), key)`;
  expect(await told(`given = {"a": 1, "b": 2}\n${loop}`)).toEqual([]);
  expect((await told(`given = dict(request.rows)\n${loop}`)).map((one) => one.split(":")[0])).toEqual(["possible"]);
});
