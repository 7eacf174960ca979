import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function remedies(body: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models import Count\nfrom shop.models import Order, Product\n\n\ndef work(request):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings
    .filter(({ rule }) => rule === "n-plus-one")
    .map(({ message }) => message.replace(/^.*? (?=(?:Add|Ask|Read|Fetch|Use|A raw|No queryset) )/, ""));
}

test("rows that are read whole are prefetched", async () => {
  expect(await remedies("return [[tag.name for tag in product.tags.all()] for product in Product.objects.all()]")).toEqual([
    'Add `prefetch_related("tags")` to the queryset.',
  ]);
});

test("a prefetch alone does not serve values()", async () => {
  expect(await remedies('return [list(product.tags.values_list("name", flat=True)) for product in Product.objects.all()]')).toEqual([
    'Add `prefetch_related("tags")` to the queryset, and build the values from `all()` in Python: `values()` would query again.',
  ]);
});

test("rows that a resource of django-import-export prefetches come in pages by OFFSET", async () => {
  const report = await analyseShop({
    "shop/resources.py": `from import_export import resources
from shop.models import Product


class ProductResource(resources.ModelResource):
    def get_queryset(self):
        return Product.objects.all()

    class Meta:
        model = Product
        fields = ["title", "tags"]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(found.map(({ remedy, fixes }) => [remedy, fixes.map(({ safety, edits }) => [safety, edits.length])])).toEqual([
    [
      'Add `prefetch_related("tags")` to the queryset, and a `chunk_size` of some thousands to the resource\'s Meta: rows that prefetch are exported in pages of 100 by OFFSET, each of which reads all rows before it.',
      [["advice", 0]],
    ],
  ]);
});

test("values of some rows are built from these", async () => {
  expect(await remedies('return [list(product.tags.filter(name="x").values_list("name", flat=True)) for product in Product.objects.all()]')).toEqual([
    'Add `Prefetch("tags", queryset=…, to_attr=…)` with the conditions of the chain to the queryset, and build the values from its list in Python: `values()` would query again.',
  ]);
});

test("groups are counted by the database, not from rows that are fetched", async () => {
  const body =
    'for order in Order.objects.all():\n    for row in order.lines.filter(price__gt=1).values("product").annotate(lines=Count("pk")):\n        print(row["lines"])';
  expect(await remedies(body)).toEqual([
    'Ask once before the loop: let the database group `Line.objects.filter(order__in=…)` with `"order"` added to `values()`, and look the groups of each row up in a dictionary.',
  ]);
});

test("a prefetch alone does not serve filter()", async () => {
  expect(await remedies("return [[line.price for line in order.lines.filter(quantity=1)] for order in Order.objects.all()]")).toEqual([
    'Add `Prefetch("lines", queryset=…, to_attr=…)` with these rows to the queryset, or prefetch all and choose among them in Python: `filter()` would query again.',
  ]);
});

test("an index of filtered rows asks again", async () => {
  const body = "for order in Order.objects.all():\n    rows = order.lines.filter(quantity=1)\n    print(rows[0].price, [line.price for line in rows])";
  expect((await remedies(body)).at(0)).toMatch(/choose among them in Python: an index would query again\.$/);
});

test("a raw query loads nothing", async () => {
  expect(await remedies('return [order.customer.name for order in Order.objects.raw("SELECT * FROM shop_order")]')).toEqual([
    'A raw query loads no relations: call `prefetch_related_objects(rows, "customer")` for its rows, or write the query with the ORM.',
  ]);
});

test("no queryset fetches what create() makes", async () => {
  const body = "for key in request.GET:\n    order = Order.objects.create(customer_id=key)\n    print(order.customer.referrer.name)";
  expect(await remedies(body)).toEqual(["No queryset fetches a row that `create()` makes: ask for what all rounds need at once, before the loop or after it."]);
});

test.each(["get_or_create", "update_or_create"])("a prefetch for the one row that %s() gives saves nothing", async (method) => {
  const body = `for key in request.GET:\n    product, _ = Product.objects.${method}(title=key)\n    print([tag.name for tag in product.tags.all()])`;
  expect(await remedies(body)).toEqual(['Fetch the rows of all rounds before the loop, in one query with `prefetch_related("tags")`.']);
});

test("a row that create() was given may have more in memory", async () => {
  const found = async (value: string) => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order\n\n\ndef work(customer, keys):\n    for key in keys:\n        order = Order.objects.create(${value})\n        print(order.customer.referrer.name)\n`,
    });
    return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ confidence, doubt }) => [confidence, doubt]);
  };
  expect(await found("customer=customer")).toEqual([["possible", "the row that it was made with may have more in memory"]]);
  expect(await found("customer_id=key")).toEqual([["likely", "a loop over one row saves one query"]]);
});

test("a prefetch does not serve a filter field", async () => {
  const report = await analyseShop({
    "shop/schema.py": `import graphene
from graphene_django import DjangoConnectionField, DjangoObjectType
from graphene_django.filter import DjangoFilterConnectionField
from shop.models import Customer, Line, Order, Shipment


class LineType(DjangoObjectType):
    class Meta:
        model = Line
        fields = ["quantity"]
        filter_fields = ["quantity"]


class ShipmentType(DjangoObjectType):
    class Meta:
        model = Shipment
        fields = ["state"]


class OrderType(DjangoObjectType):
    lines = DjangoFilterConnectionField(LineType)
    shipments = DjangoConnectionField(ShipmentType)

    class Meta:
        model = Order
        fields = ["status"]

    def resolve_lines(self, info, **args):
        return self.lines.order_by("quantity")

    def resolve_shipments(self, info, **args):
        return self.shipments.all()


class Query(graphene.ObjectType):
    orders = DjangoFilterConnectionField(OrderType)

    def resolve_orders(self, info, **args):
        return Order.objects.all()


schema = graphene.Schema(query=Query)
`,
  });
  const remedy = (relation: string) => report.findings.find((one) => one.rule === "n-plus-one" && one.relation === relation)?.message ?? "";
  expect(remedy("lines")).toContain("Make the field a `DjangoConnectionField` and prefetch its rows");
  expect(remedy("shipments")).toContain('Add `prefetch_related("shipments")` to the queryset.');
});

test("the key tells whether there is a row, in a template too", async () => {
  const found = async (test: string) => {
    const report = await analyseShop({
      "shop/work.py": `from django.shortcuts import render\nfrom shop.models import Customer\n\n\ndef work(request):\n    return render(request, "work.html", {"rows": Customer.objects.all()})\n`,
      "shop/templates/work.html": `{% for row in rows %}{% if ${test} %}x{% endif %}{% endfor %}`,
    });
    return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ message }) => /Read .*|Compare .*|Add .*/.exec(message)?.[0]);
  };
  const tested = "Read `referrer_id`, which came with the row: where there is none it is None.";
  expect(await found("row.referrer and row.vip")).toEqual([tested]);
  expect(await found("row.vip or not row.referrer")).toEqual([tested]);
  expect(await found("row.referrer == request.customer")).toEqual(["Compare `referrer_id`, which came with the row, with the other one's key."]);
  expect(await found("row.referrer|length")).toEqual(['Add `select_related("referrer")` to the queryset.']);
});

test("the key is no answer for the rows before it", async () => {
  expect(await remedies("return [order.pk for order in Order.objects.all() if order.customer.referrer]")).toEqual([
    'Add `select_related("customer")` to the queryset. Beyond that, read `referrer_id`, which came with the row: where there is none it is None.',
  ]);
});

test("rows that are fetched one by one and read in part are fetched before, with the part", async () => {
  const body = "for key in request.GET:\n    order = Order.objects.get(pk=key)\n    print([line.price for line in order.lines.filter(quantity=1)])";
  expect(await remedies(body)).toEqual([
    'Fetch the rows of all rounds before the loop, in one query. Add `Prefetch("lines", queryset=…, to_attr=…)` with these rows to the queryset, or prefetch all and choose among them in Python: `filter()` would query again.',
  ]);
});

test("no eager load outlasts a refresh", async () => {
  const remedy =
    /Read it before `refresh_from_db\(\)`, or (?:give that `from_queryset=….select_related\("\w+"\)`|leave that out): it throws away what the queryset loads/;
  const found = async (body: string) => {
    const report = await analyseShop({ "shop/work.py": `from shop.models import Order\n\n\ndef work():\n    for order in Order.objects.all():\n${body}` });
    return report.findings
      .filter(({ rule }) => rule === "n-plus-one")
      .map(({ message, fixes }) => [remedy.test(message), fixes.every(({ edits }) => edits.length === 0)]);
  };
  expect(await found("        order.refresh_from_db()\n        print(order.customer.referrer.name)\n")).toEqual([[true, true]]);
  expect(await found('        order.refresh_from_db(fields=["customer"])\n        print(order.customer.name)\n')).toEqual([[true, true]]);
  expect(await found("        order.refresh_from_db()\n        print([line.price for line in order.lines.all()])\n")).toEqual([[true, true]]);
  // A read before the refresh, one beside a refresh of other columns, and one of rows of which some are refreshed is loaded with them.
  expect(await found("        print(order.customer.name)\n        order.refresh_from_db()\n        print(order.customer.name)\n")).toEqual([[false, false]]);
  expect(await found('        order.refresh_from_db(fields=["status"])\n        print(order.customer.name)\n')).toEqual([[false, false]]);
  expect(await found("        if order.paid:\n            order.refresh_from_db()\n        print(order.customer.name)\n")).toEqual([[false, false]]);
});

test("rows that one loop fetches each by itself are prefetched by none of its queries", async () => {
  const body =
    "found = []\nfor key in request.GET:\n    found.append(Order.objects.filter(customer=key).first())\nfor order in found:\n    print(list(order.lines.all()))";
  expect(await remedies(body)).toEqual(['Fetch the rows of all rounds before the loop, in one query with `prefetch_related("lines")`.']);
});

test("where a key is read alone, the row that has it is loaded", async () => {
  expect(await remedies("return [order.customer.referrer.id for order in Order.objects.all()]")).toEqual([
    'Add `select_related("customer")` to the queryset. Beyond that, read `referrer_id`, which came with the row.',
  ]);
  expect(await remedies("return [order.customer.id for order in Order.objects.all()]")).toEqual(["Read `customer_id`, which came with the row."]);
});

test("its edit loads that row too, and reads the key", async () => {
  const found = async (read: string) => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Order\n\n\ndef work():\n    return [${read} for order in Order.objects.all()]\n`,
    });
    return report.findings
      .filter(({ rule }) => rule === "n-plus-one")
      .flatMap(({ fixes }) => fixes.map(({ title, edits }) => [title, edits.map(({ text }) => text.replaceAll(/\s+/g, ""))]));
  };
  expect(await found("order.customer.referrer.id")).toEqual([
    [
      "Load customer with the queryset. Read referrer_id, which came with the row: where there is none it is None",
      ['.select_related("customer")', "referrer_id"],
    ],
  ]);
  expect(await found("(order.customer.referrer.id, order.customer.referrer.name)")).toEqual([
    ["Load customer.referrer with the queryset", ['.select_related("customer__referrer")']],
  ]);
});

test("content types are kept in memory, where their keys find them", async () => {
  const report = await analyseShop({
    "shop/notes.py":
      "from django.contrib.contenttypes.models import ContentType\nfrom django.db import models\n\n\nclass Note(models.Model):\n    about = models.ForeignKey(ContentType, models.CASCADE)\n\n\ndef kinds():\n    return [note.about.model for note in Note.objects.all()]\n",
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /Add `select_related\("about"\)` to the queryset, or read `ContentType\.objects\.get_for_id\(….about_id\)`, which keeps the types in memory\.$/,
    ),
  ]);
});

test("a row that each serialized row asks for anew, though it is the user's, is asked for once", async () => {
  const asked = async (lines: string): Promise<string> => {
    const report = await analyseShop({
      "shop/work.py": `from rest_framework import serializers, viewsets
from shop.models import Customer, Order


class OrderSerializer(serializers.ModelSerializer):
    own = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = ["id", "own"]

    def get_own(self, obj):
${lines.replaceAll(/^(?=.)/gm, "        ")}


class OrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
`,
    });
    return report.findings
      .filter(({ rule }) => rule === "n-plus-one" || rule === "query-in-loop")
      .map(({ message }) => message)
      .join("\n");
  };
  const ask = (email: string): string => `account = Customer.objects.get(email=${email})\nreturn obj.pk in account.orders.values_list("id", flat=True)`;
  const once = "Each round fetches the same row: fetch it, and `orders` with it, once before the loop, for example for the serializer's context.";
  const own = await asked(ask('self.context["request"].user.email'));
  expect(own).toContain(once);
  expect(own).toContain("Run it once before the loop. Hand what is found to `OrderSerializer.get_own` in the serializer's context.");
  const named = 'user = None\nrequest = self.context.get("request")\nif request:\n    user = request.user\n';
  expect(await asked(`${named}${ask("user.email")}`)).toContain(once);
  expect(await asked(`${named}if obj.paid:\n    user = obj.customer\n${ask("user.email")}`)).not.toContain("same row");
  expect(await asked(ask("obj.status"))).not.toContain("same row");
  expect(await asked(ask("self.context[obj.pk].email"))).not.toContain("same row");
  expect(await asked(ask("self.other.email"))).not.toContain("same row");
});

test("no caller's eager load serves what asks again", async () => {
  const report = await analyseShop({
    "shop/windows.py": `from django.db import models
from shop.models import Product


class Window(models.Model):
    products = models.ManyToManyField(Product)

    def names(self):
        return [list(product.tags.values_list("name", flat=True)) for product in self.products.all()]

    def tags(self):
        return [list(product.tags.all()) for product in self.products.all()]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ doubt }) => doubt)).toEqual([
    "a loop over one row saves one query",
    "a caller that was not found may load it eagerly",
  ]);
});

test("what a model's own method narrows is chosen in that method, which is called for one row as well", async () => {
  const report = await analyseShop({
    "shop/racks.py": `from django.db import models
from shop.models import Product


class Rack(models.Model):
    products = models.ManyToManyField(Product)

    def empty(self):
        return [product.title for product in self.products.filter(stock=0)]


def all_empty():
    return [rack.empty() for rack in Rack.objects.all()]
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ remedy }) => remedy)).toEqual([
    'Add `prefetch_related("products")` to the queryset, and have `Rack.empty`, which others call for one row, choose among `all()` in Python: `filter()` would query again.',
  ]);
});

test("what a loop saves is not read ahead of it", async () => {
  const told = async (save: string) => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Category


def paths():
    for category in Category.objects.all():
        category.name = category.parent.name
        ${save}
`,
    });
    return report.findings.flatMap(({ rule, confidence, fixes }) => (rule === "n-plus-one" ? [[confidence, fixes[0]?.safety]] : []));
  };
  expect(await told("category.save()")).toEqual([["possible", "advice"]]);
  expect(await told("print(category.name)")).toEqual([["certain", "safe"]]);
});

test("a union() that another queryset is narrowed by puts no rows together", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order


def names():
    orders = Order.objects.all()
    keys = orders.filter(paid=True).union(orders.filter(total__gt=9)).values_list("pk", flat=True)
    return [order.customer.name for order in orders.filter(pk__in=keys)]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(found.map(({ remedy, fixes }) => [remedy, ...fixes.map(({ safety }) => safety)])).toEqual([
    ['Add `select_related("customer")` to the queryset.', "safe"],
  ]);
});

test("what goes into a union() is loaded by its parts, as the fix says too", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Order


def names():
    orders = Order.objects.filter(paid=True).union(Order.objects.filter(total__gt=9))
    return [(order.customer.name, len(order.lines.all())) for order in orders]
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(found.map(({ message, fixes }) => [message.replace(/^.*? (?=Add )/, ""), ...fixes.map(({ title }) => title)])).toEqual([
    [
      'Add `select_related("customer")` to each queryset before `union()`: all need the same columns, and after it nothing can be loaded.',
      "Load customer with the queryset: after union() nothing can be loaded: add select_related() to each queryset before it",
    ],
    [
      'Add `prefetch_related("lines")` to the first queryset before `union()`: it serves the rows of all, and after it nothing can be loaded.',
      "Load lines with the queryset: after union() nothing can be loaded: add prefetch_related() to the first queryset before it",
    ],
  ]);
});

test("no Prefetch holds a condition on the row that has it", async () => {
  const past = async (condition: string, rest: string): Promise<readonly string[]> =>
    remedies(`return [${rest.replace("ROWS", `product.reviews.${condition}`)} for product in Product.objects.all()]`);
  const chosen = "prefetch all";
  expect((await past("filter(rating=product.stock)", "[one.text for one in ROWS]"))[0]).toEqual(
    'Add `prefetch_related("reviews")` to the queryset, and choose among `all()` in Python by what the row says: no `Prefetch` can, and `filter()` would query again.',
  );
  expect((await past("filter(Q(rating=product.stock) | Q(text=''))", "[one.text for one in ROWS]"))[0]).toContain("by what the row says");
  expect((await past('exclude(rating=product.stock).values_list("text", flat=True)', "list(ROWS)"))[0]).toEqual(
    'Add `prefetch_related("reviews")` to the queryset, and choose and build the values from `all()` in Python: no `Prefetch` can have a condition on the row itself.',
  );
  expect((await past("filter(rating=request.user.pk)", "[one.text for one in ROWS]"))[0]).toContain(chosen);
});

test("beyond a generic foreign key a longer prefetch will do where the queryset has one of its own", async () => {
  const remedy = async (lookups: string): Promise<string | undefined> => {
    const report = await analyseShop({
      "shop/flags.py": `from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from shop.models import Customer


class Flag(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    about = GenericForeignKey("content_type", "object_id")


class Complaint(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    flags = GenericRelation(Flag)


def referrers():
    return [flag.about.customer.referrer.name for flag in Flag.objects.prefetch_related(${lookups})]
`,
    });
    return report.findings.find(({ rule, relation }) => rule === "n-plus-one" && relation === "about__customer__referrer")?.remedy;
  };
  expect(await remedy('"about"')).toContain("GenericPrefetch");
  expect(await remedy('"about", "about__customer"')).toBe('Add `prefetch_related("about__customer__referrer")` to the queryset.');
});

test("no prefetch is named for rows that are chosen by a filter, whatever asks for them", async () => {
  const told = await remedies(`for order in Order.objects.all():
        lines = order.lines.filter(quantity=2)
        if lines:
            print(list(lines))`);
  expect(told.join("\n")).toMatch(/to_attr/);
  expect(told.join("\n")).not.toContain('Add `prefetch_related("lines")` to the queryset');
});

test("what the code sets where it is missing is read further on, so that its key would not do", async () => {
  const body = (set: string) =>
    `for customer in Customer.objects.all():\n    if not customer.referrer:\n        ${set}\n    if customer.vip:\n        print(customer.referrer.name)`;
  const found = async (set: string) => {
    const report = await analyseShop({
      "shop/work.py": `from shop.models import Customer\n\n\ndef work(other):\n${body(set).replaceAll(/^(?=.)/gm, "    ")}\n`,
    });
    return report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ fixes }) => fixes.map(({ title }) => title));
  };
  expect(await found("customer.referrer = other.referrer")).toEqual([["Load referrer with the queryset"]]);
});

test("rows that are fetched one by one and kept in a list gain nothing by a prefetch", async () => {
  const body = "kept = [Order.objects.get(pk=key) for key in request.GET]\nfor order in kept:\n    print(list(order.customer.orders.all()))";
  expect(await remedies(body)).toContainEqual(expect.stringMatching(/^Fetch the rows of all rounds before the loop/));
});

test("rows of a serializer's field are loaded further with what the serializer is given", async () => {
  const report = await analyseShop({
    "shop/work.py": `from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView
from shop.models import Line, Order


class LineSerializer(serializers.ModelSerializer):
    product = serializers.CharField(source="product.title")

    class Meta:
        model = Line
        fields = ["product"]


class OrderSerializer(serializers.ModelSerializer):
    lines = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = ["lines"]


class OrderView(APIView):
    def get(self, request, order):
        return Response(OrderSerializer(Order.objects.get(pk=order)).data)
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(found.map(({ remedy }) => remedy)).toEqual(['Add `prefetch_related("lines__product")` to the queryset of what the serializer is given.']);
});

test("what the queryset loads is missing only for a key that is set", async () => {
  const body =
    'for order in Order.objects.select_related("customer"):\n    if order.paid:\n        order.customer_id = int(request.GET["customer"])\n        print(order.customer.name)';
  expect(await remedies(body)).toEqual([expect.stringMatching(/^Fetch the rows of the new keys before the loop/)]);
});

test("what is asked of the one row that the filter names is asked once", async () => {
  const body = (read: string) => `for order in Order.objects.filter(customer=request.customer):\n    print(${read})`;
  expect((await remedies(body("list(order.customer.orders.filter(paid=True))")))[0]).toMatch(
    /Every row has the `customer` that `filter\(\)` is given: ask that for `orders` once, before the loop\.$/,
  );
  expect(await remedies(body("order.customer.name"))).toEqual([
    'Add `select_related("customer")` to the queryset, or set `customer` on the rows: all have the one that `filter()` is given.',
  ]);
  expect(await remedies(body("order.customer.referrer.name"))).toEqual(['Add `select_related("customer__referrer")` to the queryset.']);
});

test("a row that each round finds by itself is fetched before the loop, whoever else goes through such rows", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product


def dear(price):
    return Product.objects.filter(price__gt=price)


def tags(product):
    return [tag.name for tag in product.tags.all()]


def show():
    return [product.title for product in dear(9)]


def work(prices):
    for price in prices:
        product = dear(price).first()
        print(tags(product))
`,
  });
  const found = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(found.map(({ remedy }) => remedy)).toEqual(['Fetch the rows of all rounds before the loop, in one query with `prefetch_related("tags")`.']);
});

test("batches that a loop asks for until none is left need their queries", async () => {
  const body =
    "for order in Order.objects.all():\n    while True:\n        batch = list(order.lines.all()[:100])\n        if not batch:\n            break\n        request.use(batch)";
  expect(await remedies(body)).toEqual([]);
});

test("what points to a row that is deleted is asked for before the delete", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.db.models.signals import pre_delete
from django.dispatch import receiver
from shop.models import Order


@receiver(pre_delete, sender=Order)
def gone(sender, instance, **kwargs):
    print(instance.invoice.number)


def forget(statuses):
    Order.objects.filter(status__in=statuses).delete()
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ remedy }) => remedy)).toEqual([
    "Ask for these rows of all that are deleted once, before the delete, and let the receiver look among them: after it they are gone.",
  ]);
});

test("what is only ordered or joined is prefetched so", async () => {
  const joined = 'Add `Prefetch("lines", queryset=…)` with what is chained to the queryset, and read `all()`: a chained method would query again.';
  expect((await remedies('return [[line.price for line in order.lines.order_by("price")] for order in Order.objects.all()]')).at(0)).toBe(joined);
  expect((await remedies('return [[line.price for line in order.lines.all().select_related("product")] for order in Order.objects.all()]')).at(0)).toBe(joined);
});

test("rows of one row need no prefetch where their keys would do", async () => {
  const body = `for key in request.GET:
    [order] = Order.objects.filter(pk=key)
    for line in order.lines.all():
        if line.product.pk == 3:
            print(line)`;
  expect((await remedies(body)).at(-1)).toBe("Read `product_id`, which came with the row.");
});

test("rows of a polymorphic model are prefetched: a join gives rows of the base class", async () => {
  const report = await analyseShop({
    "shop/work.py": `from django.db import models
from polymorphic.models import PolymorphicModel
from shop.models import Customer


class Device(PolymorphicModel):
    owner = models.ForeignKey(Customer, models.CASCADE)


class Reading(models.Model):
    device = models.ForeignKey(Device, models.CASCADE)


def work():
    return [(reading.device.owner.name) for reading in Reading.objects.all()]
`,
  });
  const told = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(told.map(({ remedy }) => remedy)).toEqual(['Add `prefetch_related("device__owner")` to the queryset.']);
});

test("what a loop adds to rows that it saves has to add up", async () => {
  const SHARED =
    'Add `prefetch_related("customer")` to the queryset: rows that lead to the same row share it then, and what the loop adds to it adds up. By `select_related()` each would have a copy of its own.';
  const loop = (round: string): string => `for order in Order.objects.all():\n    ${round.replaceAll("\n", "\n    ")}`;
  expect(await remedies(loop("order.customer.visits += 1\norder.customer.save()"))).toEqual([SHARED]);
  expect(await remedies(loop("customer = order.customer\ncustomer.visits += order.total\ncustomer.save()"))).toEqual([SHARED]);
  const JOINED = 'Add `select_related("customer")` to the queryset.';
  expect(await remedies(loop("order.customer.name = order.note\norder.customer.save()"))).toEqual([JOINED]);
  expect(await remedies(loop("customer = order.customer\ntotal += order.total\nprint(customer.name)"))).toEqual([JOINED]);
});
