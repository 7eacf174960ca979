import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function remedies(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from django.contrib.auth.models import User\nfrom shop.models import Customer, Line, Order\n\n\ndef work(request):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings
    .filter(({ rule }) => rule === "aggregate-in-loop")
    .map(({ message }) =>
      message.replace(
        /^.*? (?=(?:Annotate|In the queryset|In the view|On what|Where the|Each round|A raw|Load the rows|The loop writes|No queryset|Let) )/,
        "",
      ),
    );
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

test("rows that the loop reads as well answer what is asked of them", async () => {
  const told = async (body: string): Promise<string> =>
    (await remedies(`for order in Order.objects.all():\n    ${body.replaceAll("\n", "\n    ")}`)).join("\n");
  const loaded = 'Load the rows with `prefetch_related("lines")`: the loop reads them too, and they answer this without a query.';
  expect(await told("if order.lines.exists():\n    print([line.price for line in order.lines.all()])")).toBe(loaded);
  expect(await told("lines = order.lines.all()\nif lines.exists():\n    print(lines[0].price)")).toBe(loaded);
  expect(await told("print(order.lines.count(), [line.price for line in order.lines.filter(price=0)])")).toMatch(/^Annotate `Count/);
  expect(await told("print(order.lines.first(), [line.price for line in order.lines.all()])")).toMatch(/^Annotate a `Subquery`/);
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

test("an answer that decides what the round writes is not asked for after the loop", async () => {
  const body =
    "for order in Order.objects.all():\n    Line.objects.create(order_id=request.pk, quantity=1)\n    if order.lines.count() < 9:\n        Line.objects.create(order=order, quantity=2)";
  expect(await remedies(body)).toEqual([
    "The loop writes rows of `Line`, and the answer decides what a round writes: what is fetched before the loop has to be kept in step with that.",
  ]);
});

test("links of one relation say nothing of another's", async () => {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Word(models.Model):
    text = models.CharField(max_length=20)


class Event(models.Model):
    words = models.ManyToManyField(Word, related_name="+")
    readers = models.ManyToManyField(Word, related_name="+")
`,
    "shop/signals.py": "",
    "shop/work.py": `from shop.models import Event


def replace(old, new):
    for event in Event.objects.all():
        event.words.remove(old)
        event.words.add(new)
        if event.readers.exists():
            event.readers.remove(old)

`,
  });
  expect(report.findings.filter(({ rule }) => rule === "aggregate-in-loop").map(({ remedy }) => remedy)).toEqual([
    expect.stringMatching(/^Annotate `Exists\(…\)`, .* The answers stay right as long as/),
  ]);
});

test("what a round asks before it writes may be asked before the loop", async () => {
  const body = "for order in Order.objects.all():\n    if not order.lines.exists():\n        Line.objects.create(order=order, quantity=1)";
  expect(await remedies(body)).toEqual([
    'Annotate `Exists(…)`, or `prefetch_related("lines")` where the rows are needed too. The answers stay right as long as no round writes what another asks for.',
  ]);
  const inMethod =
    "def fill(order):\n    if order.lines.count() > 9:\n        raise ValueError\n    Line.objects.create(order=order, quantity=1)\n\nfor order in Order.objects.all():\n    fill(order)";
  expect((await remedies(inMethod)).at(0)).toMatch(/^Annotate `Count\(.*The answers stay right as long as no round writes what another asks for\.$/);
});

test("a row that is taken by its index is said to be", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order\n\n\ndef work():\n    return [order.lines.filter(quantity=1).values("price")[0]["price"] for order in Order.objects.all()]\n`,
  });
  expect(report.findings.map(({ claim }) => claim)).toContain("`work` takes a row by its index from `lines` for each `Order`: one query a row.");
});

test("rows that reach a serializer by a relation are annotated in its prefetch", async () => {
  const report = await analyseShop({
    "shop/work.py": `from rest_framework import serializers, viewsets
from shop.models import Customer, Order


class OrderSerializer(serializers.ModelSerializer):
    size = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["size"]

    def get_size(self, order):
        return order.lines.count()


class CustomerSerializer(serializers.ModelSerializer):
    orders = OrderSerializer(many=True)

    class Meta:
        model = Customer
        fields = ["orders"]


class CustomerViewSet(viewsets.ModelViewSet):
    serializer_class = CustomerSerializer
    queryset = Customer.objects.all()
`,
  });
  expect(report.findings.map(({ message }) => message).join("\n")).toContain(
    'Where the rows with `orders` are fetched, in the queryset of a `Prefetch("orders", …)`, annotate `Count("lines", distinct=True)`',
  );
});

test("a manager's own method annotates what it takes from the manager", async () => {
  const report = await analyseShop({
    "shop/posts.py": `from django.db import models


class PostManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(live=True)

    def ranked(self):
        return sorted(self.get_queryset(), key=lambda post: post.notes.count())


class Blog(models.Model):
    title = models.CharField(max_length=20)


class Post(models.Model):
    live = models.BooleanField()
    blog = models.ForeignKey(Blog, models.CASCADE, related_name="posts")
    objects = PostManager()


class Note(models.Model):
    post = models.ForeignKey(Post, models.CASCADE, related_name="notes")


def blogs():
    return [blog.posts.count() for blog in Blog.objects.all()]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "aggregate-in-loop");
  expect(found.map(({ message, fixes }) => [/On what .*? annotate/.exec(message)?.[0], fixes.flatMap(({ edits }) => edits)])).toEqual([
    ["On what the method takes from `self`, not in a `get_queryset()` that all queries pass, annotate", []],
    // The manager of the relation filters, which a Count does not know.
    [undefined, []],
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

test("what receivers of several models ask at one place is told once", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models.signals import post_delete
from django.dispatch import receiver
from shop.models import Invoice, Line, Order, Shipment


def look(row):
    print(row.order.lines.filter(price=0).exists())


@receiver(post_delete, sender=Invoice)
def invoice_gone(sender, instance, **kwargs):
    look(instance)


@receiver(post_delete, sender=Shipment)
def shipment_gone(sender, instance, **kwargs):
    look(instance)


def forget():
    Shipment.objects.filter(state="new").delete()
    Invoice.objects.filter(sent=True).delete()
`,
  });
  const claims = report.findings.filter(({ rule }) => rule === "aggregate-in-loop" || rule === "n-plus-one").map(({ claim }) => claim);
  expect(claims.filter((claim) => claim.includes("order.lines"))).toEqual([expect.stringMatching(/ and row of 1 other model: one query a row\.$/)]);
});

test("two relations that are counted in one query multiply each other's rows", async () => {
  const report = await analyseShop({
    "shop/work.py":
      "from shop.models import Product\n\n\ndef work():\n    for product in Product.objects.all():\n        print(product.lines.count(), product.reviews.count())\n",
  });
  const found = report.findings.filter(({ rule }) => rule === "aggregate-in-loop");
  const why = "the same rows are asked for a second relation too, and two joins in one query multiply their rows";
  expect(found.map(({ message, fixes }) => [message.slice(message.indexOf("Annotate")), ...fixes.map(({ safety }) => safety)])).toEqual(
    ["lines", "reviews"].map((path) => [
      `Annotate a \`Subquery\` that counts them, or \`prefetch_related("${path}")\` where the rows are needed too: ${why}.`,
      "advice",
    ]),
  );
});

test("rows that are fetched one by one bring the rows that are asked of them", async () => {
  const each = (question: string): string => `for key in keys:\n    order = Order.objects.get(pk=key)\n    print(order.lines.${question})`;
  const all = "Each round fetches its row alone: fetch the rows of all rounds before the loop,";
  expect(await remedies(each("count()"))).toEqual([`${all} with this answer annotated.`]);
  const made = `${each("filter(quantity=1).exists()").replace("print(", "if not ").replace(/\)$/, "")}:\n        order.lines.create(quantity=1)`;
  expect(await remedies(made)).toEqual([`${all} with this answer annotated. Rounds may have the same row: keep its answer in step with what they write.`]);
  expect(await remedies(each("get(quantity=1)"))).toEqual([`${all} with \`prefetch_related("lines")\`, and choose in Python.`]);
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

test("one row that each round fetches anew is asked once", async () => {
  const asked = (key: string, count = "count()"): Promise<readonly string[]> =>
    remedies(`for line in Line.objects.all():\n    print(Customer.objects.get(pk=${key}).orders.${count})`);
  expect(await asked("request.owner.pk")).toEqual(["Each round fetches the same row: fetch it, and `orders` with it, once before the loop."]);
  expect(await asked("request.owner.pk", "filter(status=line.price).exists()")).toEqual([
    "Each round fetches the same row: fetch it, and `orders` with it, once before the loop, and look among them.",
  ]);
  expect(await asked("line.order_id")).toEqual([expect.stringMatching(/^Each round fetches its row alone: /)]);
});

test("what the write of a row asks is no question of the loop's", async () => {
  const sureness = async (loop: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/models.py": `from django.db import models


class Basket(models.Model):
    total = models.IntegerField(default=0)

    def save(self, *args, **kwargs):
        self.total = self.items.count()
        super().save(*args, **kwargs)

    def close(self):
        self.save(update_fields=["total"])


class Item(models.Model):
    basket = models.ForeignKey(Basket, models.CASCADE, related_name="items")
`,
      "shop/signals.py": "",
      "shop/work.py": `from shop.models import Basket\n\n\ndef work():\n    for basket in Basket.objects.all():\n        ${loop}\n`,
    });
    return report.findings.filter(({ rule }) => rule === "aggregate-in-loop").map(({ confidence }) => confidence);
  };
  expect(await sureness("basket.save()")).toEqual(["possible"]);
  expect(await sureness("basket.close()")).toEqual(["possible"]);
  expect(await sureness("print(basket.items.count())")).toEqual(["certain"]);
});

test("what rounds write before they ask makes a query of their own likely to be needed", async () => {
  const sure = async (round: string): Promise<string | undefined> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Line, Order\n\n\ndef work():\n    for order in Order.objects.all():\n        ${round.replaceAll("\n", "\n        ")}\n`,
    });
    return report.findings.find(({ rule }) => rule === "aggregate-in-loop")?.confidence;
  };
  expect(await sure("Line.objects.create(order_id=order.pk)\norder.total = order.lines.count()\norder.save()")).toBe("possible");
  expect(await sure("order.total = order.lines.count()\norder.save()\nLine.objects.create(order_id=order.pk)")).toBe("certain");
  // A row that is saved again stays where it is.
  expect(await sure("Line.objects.get(pk=order.pk).save()\nprint(order.lines.count())")).toBe("certain");
  expect(await sure("Line.objects.get(pk=order.pk).save()\nprint(order.lines.filter(quantity=1).count())")).toBe("possible");
});

test("what an inner loop goes through is in no annotation", async () => {
  expect(
    await remedies(
      "for pk in request.keys:\n    order = Order.objects.get(pk=pk)\n    for key in request.products:\n        print(order.lines.filter(product=key).exists())",
    ),
  ).toEqual(['Each round fetches its row alone: fetch the rows of all rounds before the loop, with `prefetch_related("lines")`, and choose in Python.']);
  const each = (asked: string): Promise<readonly string[]> =>
    remedies(`for order in Order.objects.all():\n    for product in request.products:\n        print(${asked})`);
  const inPython = [
    'Load the rows with `prefetch_related("lines")`, and look among them in Python: an annotation cannot know what the inner loop goes through.',
  ];
  expect(await each("order.lines.get(product=product)")).toEqual(inPython);
  expect(await each("order.lines.filter(product=product).exists()")).toEqual(inPython);
  expect(await each("order.lines.filter(product=request.product).exists()")).toEqual([
    'Annotate `Exists(…)`, or `prefetch_related("lines")` and choose in Python.',
  ]);
  expect(await remedies("print([order.lines.filter(product=key).count() for order in Order.objects.all() for key in request.keys])")).toEqual(inPython);
  for (const asked of [
    "for order in Order.objects.all():\n    print(order.lines.filter(price=order.total).exists())",
    "return [order.lines.filter(price=order.total).exists() for order in Order.objects.all()]",
  ])
    expect(await remedies(asked)).toEqual(['Annotate `Exists(…)`, or `prefetch_related("lines")` and choose in Python.']);
});

test("a question far down in a job that writes is a small part of it", async () => {
  const sure = async (round: string): Promise<string | undefined> => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order, Tag


def total(order):
    return order.lines.count()


def shown(order):
    return total(order)


def text(order):
    return shown(order)


def letter(order):
    return text(order)


def work():
    for order in Order.objects.all():
        ${round.replaceAll("\n", "\n        ")}
`,
    });
    return report.findings.find(({ rule }) => rule === "aggregate-in-loop")?.confidence;
  };
  expect(await sure("print(letter(order))")).toBe("certain");
  expect(await sure("print(letter(order))\norder.save()")).toBe("possible");
  expect(await sure("print(text(order))\norder.save()")).toBe("certain");
});

test("a function that keeps its answers asks for the first row alone", async () => {
  const sure = async (decorator: string): Promise<string | undefined> => {
    const report = await analyseShop({
      "shop/work.py": `from functools import lru_cache

from shop.models import Line


${decorator}
def first_line(product):
    return product.lines.first()


def work():
    for line in Line.objects.select_related("product"):
        print(first_line(line.product))
`,
    });
    return report.findings.find(({ rule }) => rule === "aggregate-in-loop")?.confidence;
  };
  expect(await sure("@lru_cache()")).toBe("possible");
  expect(await sure("")).toBe("certain");
});

test("a manager that finds a row, and else makes it, is asked of the row that it found", async () => {
  const report = await analyseShop({
    "shop/albums.py": `from django.db import models


class AlbumManager(models.Manager):
    def fill_or_create(self, title, name):
        albums = self.get_queryset().filter(title=title)
        if albums.exists():
            albums.first().fill(name)
            return
        self.create(title=title)


class Album(models.Model):
    title = models.CharField(max_length=20)
    objects = AlbumManager()

    def fill(self, name):
        if self.pictures.filter(name=name).exists():
            print(name)


class Picture(models.Model):
    album = models.ForeignKey(Album, models.CASCADE, related_name="pictures")
    name = models.CharField(max_length=20)
`,
    "shop/work.py": `from shop.albums import Album


def work(keys, name):
    for key in keys:
        Album.objects.fill_or_create(key, name)
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "aggregate-in-loop").map(({ remedy }) => remedy)).toEqual([
    'Each round fetches its row alone: fetch the rows of all rounds before the loop, with `prefetch_related("pictures")`, and choose in Python.',
  ]);
});
