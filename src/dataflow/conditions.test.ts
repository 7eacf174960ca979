/** Ways that a condition tells apart: what one loads is read on that way alone. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("the same condition, asked again, has the same answer: in the function, in a helper, in a template", async () => {
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order


def in_the_loop(flag):
    rows = Order.objects.all()
    if flag:
        rows = rows.prefetch_related("lines")
    return [[line.price for line in row.lines.all()] if flag else row.total for row in rows]


def twice(flag, other):
    rows = Order.objects.all()
    if flag and not other:
        rows = rows.select_related("customer")
    if flag and not other:
        return [row.customer.name for row in rows]
    return [row.total for row in rows]


def remembered(request):
    rows, joined = Order.objects.all(), False
    if request.GET.get("names"):
        rows = rows.select_related("customer")
        joined = True
    return [row.customer.name if joined else row.total for row in rows]


def prices(row, detailed):
    if detailed:
        return [line.price for line in row.lines.all()]
    return []


def handed_on(detailed):
    rows = Order.objects.all()
    if detailed:
        rows = rows.prefetch_related("lines")
    return [prices(row, detailed) for row in rows]


def page(request):
    detailed = request.GET.get("detailed")
    rows = Order.objects.all()
    if detailed:
        rows = rows.prefetch_related("lines")
    return render(request, "shop/orders.html", {"rows": rows, "detailed": detailed})


class Report:
    def write(self):
        rows = Order.objects.all()
        if self.detailed:
            rows = rows.prefetch_related("lines")
        for row in rows:
            if self.detailed:
                print([line.price for line in row.lines.all()])


def opposite(flag):
    rows = Order.objects.all()
    if not flag:
        rows = rows.select_related("customer")
    return [row.customer.name if flag else "" for row in rows]  # expect: customer


def bound_anew(flag):
    rows = Order.objects.all()
    if flag:
        rows = rows.select_related("customer")
    flag = bool(rows)
    return [row.customer.name if flag else "" for row in rows]  # expect: customer


def in_rounds(flag):
    rows = Order.objects.all()
    if flag:
        rows = rows.select_related("customer")
    for row in rows:
        if flag:
            print(row.customer.name)  # expect: customer
        flag = not row.paid
`,
    "shop/templates/shop/orders.html":
      "{% for row in rows %}{% if detailed %}{% for line in row.lines.all %}{{ line.price }}{% endfor %}{% endif %}{% endfor %}\n",
  });
});

test("an answer that a function gives with its rows tells which rows they are", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


def load(pk):
    try:
        rows = Order.objects.select_related("customer").filter(pk__gt=pk)
    except ValueError:
        return False, Order.objects.all()
    return True, rows


def raises(pk):
    ok, rows = load(pk)
    if not ok:
        raise ValueError
    return [row.customer.name for row in rows]


def returns(pk):
    ok, rows = load(pk)
    if not ok:
        return [row.total for row in rows]
    return [row.customer.name for row in rows]


def ignores(pk):
    ok, rows = load(pk)
    return [row.customer.name for row in rows], ok  # expect: customer
`,
  });
});

test("classes are told apart by == and in, numbers by <, and a match takes the case of its literal", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Line, Order, Review


def names():
    for model in (Order, Line):
        rows = model.objects.all()
        if model == Order:
            rows = rows.select_related("customer")
        for row in rows:
            if model in (Order, Review):
                print(row.customer.name)


def text(order, depth):
    return order.customer.name if depth > 1 else order.status


def shallow():
    return [text(order, 1) for order in Order.objects.all()]


def mode(order, how):
    match how:
        case "names":
            return order.customer.name
        case "short" | "plain":
            return order.status


def short():
    return [mode(order, "short") for order in Order.objects.all()]
`,
  });
});

test("which value it was answers other questions for values: with elif, in, !=, not in and the members of a class", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


class Kind:
    NAMES = "names"
    TOTALS = "totals"


def not_the_others(kind):
    rows = Order.objects.all()
    if kind == "names":
        rows = rows.select_related("customer")
    if kind in ("totals", "dates"):
        return [row.total for row in rows]
    if kind == "names":
        return [row.customer.name for row in rows]
    return []


def by_elif(kind):
    if kind == "names":
        rows = Order.objects.select_related("customer")
    elif kind == "totals":
        rows = Order.objects.all()
    else:
        rows = []
    if kind != "totals":
        return [row.customer.name for row in rows]
    return []


def one_of(kind):
    if kind in ("names", "titles"):
        rows = Order.objects.select_related("customer")
    else:
        rows = Order.objects.all()
    return [row.customer.name if kind == "names" else row.total for row in rows]


def members(kind):
    if kind == Kind.NAMES:
        rows = Order.objects.select_related("customer")
    else:
        rows = Order.objects.all()
    if kind in (Kind.NAMES, Kind.TOTALS) and kind != Kind.TOTALS:
        return [row.customer.name for row in rows]
    return []


def never():
    for row in Order.objects.all():
        if row.status == "new":
            if row.status != "new" or row.status in ("paid", "sent"):
                print(row.customer.name)


def none_of_them(kind):
    for row in Order.objects.all():
        if kind not in ("names", "titles"):
            if kind == "names":
                print(row.customer.name)


def may_be(kind, other):
    rows = Order.objects.all()
    if kind in ("names", "titles"):
        rows = rows.select_related("customer")
    if kind in ("names", "totals"):
        print([row.customer.name for row in rows])  # expect: customer
    if kind == other:
        print([row.customer.email for row in rows])  # expect: customer


def changed():
    for row in Order.objects.all():
        if row.status == "new":
            row.confirm()
            if row.status == "paid":
                print(row.customer.name)  # expect: customer


def set_anew():
    for row in Order.objects.all():
        if row.status == "new":
            if row.paid:
                row.status = "paid"
            if row.status == "paid":
                print(row.customer.name)  # expect: customer


def in_later_rounds(kind):
    for row in Order.objects.all():
        if kind == "first":
            kind = "next"
        if kind == "next":
            print(row.customer.name)  # expect: customer
`,
  });
});

test("an account that was fetched has signed in", async () => {
  await expectMarked({
    "shop/models.py": `from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class Account(AbstractUser):
    pass


class Profile(models.Model):
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="profile")


class Post(models.Model):
    author = models.ForeignKey(Account, on_delete=models.CASCADE)
`,
    "bookshop/settings.py": `INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
AUTH_USER_MODEL = "shop.Account"
`,
    "shop/views.py": `from django.http import JsonResponse
from shop.models import Account, Post


def name_of(account):
    if not account.is_authenticated:
        account = Account.objects.get(username="nobody")
    return account.username


def names(request):
    return JsonResponse([name_of(post.author) for post in Post.objects.select_related("author")], safe=False)


def own(request):
    if request.user.is_anonymous:
        return JsonResponse([post.author.username for post in Post.objects.all()], safe=False)  # expect: author
    return JsonResponse([])
`,
  });
});

test("answers of more than two kinds tell their rows apart", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


def fill(row, how):
    if how == "new":
        row.customer_id = 1
    else:
        print(row.customer.name)


def take(key, other):
    rows = Order.objects.filter(pk=key)
    if other:
        rows, how = rows.select_related("customer"), "found"
    else:
        how = "new"
    for row in rows:
        fill(row, how)


def compare(key, other):
    rows, how = Order.objects.filter(status=key), "plain"
    if other:
        rows, how = rows.select_related("customer"), "joined"
    return [row.customer.name if how == "joined" else row.total for row in rows]


def otherwise(key, other):
    rows, how = Order.objects.filter(status=key), "plain"
    if other:
        rows, how = rows.select_related("customer"), "joined"
    return [row.customer.name if how == "plain" else row.total for row in rows]  # expect: customer
`,
  });
});

test("a row that was fetched tells its class", async () => {
  await expectMarked({
    "shop/rows.py": `from shop.models import Order


def serialize(rows):
    kind = "order" if rows[0].__class__.__name__ == "Order" else "product"
    found = []
    for row in rows:
        if kind == "order":
            found.append(list(row.shipments.all()))  # expect: shipments
        else:
            found.append(list(row.lines.all()))
    return found


def orders():
    return serialize(Order.objects.prefetch_related("shipments"))


def listed():
    return serialize(list(Order.objects.all()))
`,
  });
});

test("what a template asks for in the first round alone, or in the last, is asked once", async () => {
  const html = `{% for row in rows %}
{% if forloop.first %}{{ row.customer.name }}{% endif %}
{% if forloop.last and not row.lines.all.exists %}-{% endif %}
{% if row.paid and forloop.first and row.total and row.customer.email %}-{% endif %}
{% if forloop.first %}-{% else %}{{ row.customer.referrer_id }}{% endif %} <!-- expect: customer -->
{% for line in row.lines.all %} <!-- expect: lines.product -->
{% if forloop.first %}{{ line.product.title }}{% endif %} <!-- expect: lines.product -->
{% endfor %}
{% endfor %}
{% for row in others %}{% if forloop.first or row.paid %}{{ row.customer.name }}{% endif %}{% endfor %} <!-- expect: customer -->
`;
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from django.template.loader import render_to_string
from shop.models import Order


def page(request):
    return render(request, "shop/page.html", {"rows": Order.objects.all(), "others": Order.objects.filter(paid=True)})


def texts():
    return [render_to_string("shop/text.html", {"row": row}) for row in Order.objects.all()]
`,
    "shop/templates/shop/page.html": html,
    "shop/templates/shop/text.html": "{% if forloop.last %}{{ row.customer.name }}{% endif %} <!-- expect: customer -->\n",
  });
});

test("what a loop asks for in one of the rounds that it counts is asked once", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Customer, Order


def numbered():
    for index, row in enumerate(Order.objects.all()):
        if index == 0 and row.total:
            print(row.customer.name)
        if not index:
            print(row.lines.count())
        if index == 2:
            continue
        else:
            print(row.customer.email)  # expect: customer


def within():
    for row in Order.objects.all():
        for number in range(3):
            if number == 0:
                print(row.customer.name)  # expect: customer


def others(numbers):
    for number, row in zip(numbers, Order.objects.all()):
        if number == 0:
            print(row.customer.name)  # expect: customer


def reset():
    for index, row in enumerate(Order.objects.all()):
        if row.paid:
            index = 0
        if index == 0:
            print(row.customer.name)  # expect: customer


def many(found):
    for index, row in enumerate(Order.objects.all()):
        found[index] = 1
        if index == row.total or index > 0:
            print(row.customer.name)  # expect: customer
`,
  });
});

test("a key that a test names is met in one round", async () => {
  await expectMarked({
    "shop/views.py": `from django.shortcuts import render
from shop.models import Order, Product


def by_keys(sent):
    for key in sorted(sent):
        if key == "order":
            print(Order.objects.get(pk=sent[key]))


def by_items(sent):
    for key, value in sent.items():
        if key == "order" and value:
            print(Order.objects.get(pk=value))


def by_words(words):
    order = Order.objects.get(pk=1)
    for word in words:
        if word == "lines":
            print(order.lines.count())  # expect: lines


def by_slug():
    for product in Product.objects.all():
        if product.slug == "tea":
            print(product.category.name)


def by_status():
    for order in Order.objects.all():
        if order.status == "new":
            print(order.customer.name)  # expect: customer


def of_status():
    for order in Order.objects.all():
        customer = order.customer  # expect: customer
        if customer.slug == "new":
            print(list(order.lines.all()))  # expect: lines


def show(request, tabs, pk):
    return render(request, "shop/tabs.html", {"tabs": tabs, "order": Order.objects.get(pk=pk)})
`,
    "shop/templates/shop/tabs.html": `{% for tab in tabs %}
{% if tab.slug == "lines" %}{% for line in order.lines.all %}{{ line.pk }}{% endfor %}{% endif %}
{% if tab.kind == "lines" %}{% for line in order.lines.all %}{{ line.pk }}{% endfor %}{% endif %} <!-- expect: lines -->
{% endfor %}
`,
  });
});

test("what is given where one object would be put in its place is there", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


def greeting(order, customer=None):
    if not customer:
        customer = order.customer
    return customer.name


def farewell(order, customer=None):
    customer = customer or order.customer
    return customer.name


def thanks(order, customer=None):
    customer = customer or order.customer  # expect: customer
    return customer.name


def lines_of(order, lines=None):
    if not lines:
        lines = order.lines.all()
    return [line.pk for line in lines]  # expect: lines


def given(request, customer, lines):
    return [(greeting(order, customer), farewell(order, customer)) for order in Order.objects.all()]


def within(request, customer):
    def greet(order):
        return greeting(order, customer)

    return [greet(order) for order in Order.objects.all()]


def maybe_empty(request, customer, lines):
    return [lines_of(order, lines) for order in Order.objects.all()]


def left_out(request):
    return [thanks(order) for order in Order.objects.all()]
`,
  });
});

test("what is given where the default is None is not None", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


def total(order, lines=None, since=None):
    if lines is None:
        lines = order.lines.all()
    return sum(line.price for line in lines)


def paid(order, since=None):
    if since is not None:
        return 0
    return order.lines.count()


def given(load):
    return [(total(order, load(order)), paid(order, since=load(order))) for order in Order.objects.all()]


def by_name(request, load):
    found = load(request)
    return [total(order, lines=found) for order in Order.objects.all()]


def price(order, customer=None):
    if customer is None:
        customer = order.customer  # expect: customer
    return customer


def looked_for(found):
    return [price(order, found.get(order.pk)) for order in Order.objects.all()]


def handed_on(customer=None):
    return [price(order, customer) for order in Order.objects.all()]


def left_out():
    return [price(order) for order in Order.objects.all()]


def named(order, customer=None):
    if customer is None:
        customer = order.customer
    return customer


def from_a_table(table):
    return [named(order, table[order.pk]) for order in Order.objects.all()]
`,
  });
});

test("whether a call gives a keyword decides what asks for it among the others", async () => {
  await expectMarked({
    "shop/views.py": `from shop.models import Order


def show(order, **kwargs):
    if "customer" in kwargs:
        return kwargs["customer"]
    return order.customer.name


def known(names):
    return [show(order, customer=names[order.customer_id]) for order in Order.objects.all()]


def count(order, **kwargs):
    if "lines" not in kwargs:
        return 0
    return order.lines.count()


def none_given():
    return [count(order) for order in Order.objects.all()]


def total(order, **kwargs):
    kwargs.pop("paid", None)
    if "paid" in kwargs:
        return 0
    if "rebate" in kwargs:
        return 0
    return order.customer.email  # expect: customer


def taken_out():
    return [total(order, paid=True) for order in Order.objects.all()]


def mail(order, **kwargs):
    if "to" in kwargs:
        return kwargs["to"]
    return order.customer.email  # expect: customer


def perhaps(to):
    given = {}
    if to:
        given["to"] = to
    return [mail(order, **given) for order in Order.objects.all()]


def passed_on(**kwargs):
    return [mail(order, **kwargs) for order in Order.objects.all()]
`,
  });
});

test("a row is of no class of the standard library, and one that was made here is of its model's", async () => {
  await expectMarked({
    "shop/found.py": `from uuid import UUID
from shop.models import Category, Tag


def products_of(category, chosen=None):
    if not chosen:
        chosen = category.parent
    elif isinstance(chosen, UUID):
        chosen = Category.objects.get(pk=chosen)
    elif isinstance(chosen, (str, bytes)):
        chosen = Category.objects.get(name=chosen)
    return list(chosen.products.all())  # expect: parent.products


def tagged(category, tag):
    if isinstance(tag, Tag):
        return tag
    if isinstance(tag, UUID):
        return category.products.get(tags=tag)
    return category.products.get(tags__name=tag)


def products():
    return [products_of(category, category.parent) for category in Category.objects.select_related("parent")]


def tags():
    return [tagged(category, Tag(name="new")) for category in Category.objects.all()]
`,
  });
});

test("None has no names of its own", async () => {
  await expectMarked({
    "shop/slots.py": `from shop.models import Product


def slot(rows, name, template=None):
    if hasattr(template, "render"):
        return rows.get(name=name)
    return None


def slots():
    return [slot(product.tags, "x") for product in Product.objects.all()]
`,
  });
});

test("a member of Django's choices is its value, whatever its label", async () => {
  await expectMarked({
    "shop/views.py": `from django.db import models
from django.utils.translation import gettext_lazy as _
from shop.models import Order


class Report(models.IntegerChoices):
    TOTALS = 1, _("totals")
    LINES = 2, _("lines")
    NAMES = 3, _("names")


def title(row, report):
    if report == Report.LINES:
        return [line.price for line in row.lines.all()]
    if report in (Report.NAMES, Report.LINES):
        return row.customer.name  # expect: customer
    return row.total


def totals():
    return [title(row, Report.TOTALS) for row in Order.objects.all()]


def names():
    return [title(row, Report.NAMES) for row in Order.objects.all()]
`,
  });
});

test("a number that is added to in a dictionary, or on an object, is no longer the one it began with", async () => {
  await expectMarked({
    "shop/sums.py": `from shop.models import Order


def sums(order):
    found = {"paid": 0, "open": 0}
    for line in order.lines.all():
        found["paid"] += line.price
        found["open"] += line.quantity
    return found


class Count:
    def __init__(self):
        self.paid = 0

    def add(self, order):
        self.paid += order.total


def names():
    for order in Order.objects.prefetch_related("lines"):
        if sums(order)["paid"] != sums(order)["open"]:
            print(order.customer.name)  # expect: customer


def mails():
    count = Count()
    for order in Order.objects.all():
        count.add(order)
        if count.paid != 0:
            print(order.customer.email)  # expect: customer
`,
  });
});

test("a template's variable that an `if` has ruled out on one way is what it was after the `if`", async () => {
  await expectMarked({
    "shop/views.py": `from django.core.paginator import Paginator
from django.shortcuts import render
from shop.models import Order


def orders(request):
    page = Paginator(Order.objects.order_by("placed_at"), 20).get_page(1)
    return render(request, "orders.html", {"page": page})
`,
    "shop/templates/orders.html": `{% if page %}{% if page.has_other_pages %}more{% endif %}{% endif %}
{% if page %}
{% for order in page %}
{{ order.customer.name }}{# expect: customer #}
{% endfor %}
{% endif %}
`,
  });
});
